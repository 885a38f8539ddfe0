"""Reading pickles that others wrote: tensors and plain containers come back, and nothing foreign is imported or called.

A pickle is a program that may name any class or function and have it called. Here the names of tensors, of storages and
of ordered dictionaries stand for code of this module; every other name stands for a class of `Record`, which notes what
was done to it and does nothing. So a network that was pickled as an object, with the path of a class that is not
installed, or is a trap, comes back as a tree of records, out of which `module_weights` takes its tensors.

`read_foreign` knows the three forms in which networks are published: what `torch.save` writes today (a zip archive),
what it wrote before version 1.6, and a plain pickle, in which each tensor's numbers are a file of the second kind.
"""

import io
import os
import pickle
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import torch
from torch import Tensor

from avbench.errors import DataError
from models.storages import LaterStorages, Storage, StorageReader, ZipStorages, storage_dtype

_MAGIC = 0x1950A86A20F9469CFC6C  # a file that torch.save wrote before version 1.6 begins with it, pickled
_DEEPEST = 100  # parts within parts of a network


def read_foreign(path: Path) -> Any:
    """The content of a published file: plain values, containers, tensors (on the CPU), and a `Record` for all else.

    Raises:
        DataError: the file is damaged, or asks for what a file of weights does not need.
    """
    try:
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                return _from_zip(archive)
        with path.open("rb") as file:
            return _from_stream(file)
    except FileNotFoundError:
        raise DataError(f"{path}: there is no such checkpoint") from None
    # Whatever a broken or hostile file makes the reader stumble over.
    except Exception as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise DataError(f"{path}: damaged, or not a checkpoint ({reason})") from error


class _Named(type):
    """The class of classes of records: their attributes cannot be changed."""

    def __setattr__(cls, name: str, value: object) -> None:
        raise pickle.UnpicklingError(f"the file changes the class {cls.__name__}")


class Record(metaclass=_Named):
    """What a pickle did with a class or function that is not known here, or an instance of such a class.

    Attributes:
        kind: its full name in the file, such as "training.networks.Generator".
        arguments: what it was called with, or its instance was made with.
        state: what was then made its state: as a rule a dict of attributes; None if nothing.
        items: what was put in by key, for kinds of dicts.
        elements: what was appended, for kinds of lists.
    """

    kind = ""

    def __new__(cls, *arguments: Any, **named: Any) -> "Record":
        record = super().__new__(cls)
        for name, value in (("arguments", arguments), ("state", None), ("items", {}), ("elements", [])):
            object.__setattr__(record, name, value)
        return record

    def __init__(self, *arguments: Any, **named: Any) -> None:
        pass

    arguments: tuple[Any, ...]
    state: Any
    items: dict[Any, Any]
    elements: list[Any]

    def __setstate__(self, state: Any) -> None:
        object.__setattr__(self, "state", state)

    def __setattr__(self, name: str, value: object) -> None:
        raise pickle.UnpicklingError(f"the file sets attributes of {self.kind}")

    def __setitem__(self, key: Any, value: Any) -> None:
        self.items[key] = value

    def append(self, element: Any) -> None:
        self.elements.append(element)

    def extend(self, elements: Any) -> None:
        self.elements.extend(elements)

    def add(self, element: Any) -> None:
        self.elements.append(element)

    def __repr__(self) -> str:
        return f"<{self.kind}, not loaded>"


class _Ordered(dict[Any, Any]):
    """Stands for an ordered dictionary; the attributes that a network's state dict has besides are left out."""

    def __setstate__(self, state: Any) -> None:
        pass


class _Function:
    """A function that pickles may call; it has nothing that they could change."""

    __slots__ = ("_call",)
    _call: Callable[..., Any]

    def __init__(self, call: Callable[..., Any]) -> None:
        object.__setattr__(self, "_call", call)

    def __call__(self, *arguments: Any) -> Any:
        return self._call(*arguments)

    def __setstate__(self, state: Any) -> None:
        raise pickle.UnpicklingError("the file changes a function")

    def __setattr__(self, name: str, value: object) -> None:
        raise pickle.UnpicklingError("the file changes a function")


class InertUnpickler(pickle.Unpickler):
    """An unpickler whose names are those above.

    Args:
        storage: gives the numbers that a file keeps outside of its pickle, by what the pickle calls them.
    """

    def __init__(self, file: BinaryIO, storage: StorageReader | None = None) -> None:
        super().__init__(file)
        self._storage = storage

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return _Ordered
        if (dtype := storage_dtype(module, name)) is not None:
            return dtype
        if call := _FUNCTIONS.get((module, name)):
            return _Function(call)
        return _Named(name.rpartition(".")[2] or "nameless", (Record,), {"kind": f"{module}.{name}"})

    def persistent_load(self, pid: Any) -> Any:
        match pid:
            case ("module", kind, _, _):  # with the source code of the class, in torch's older files
                return kind
            case ("storage", torch.dtype() as dtype, str(key), _, int(count), *view) if self._storage and view in (
                [],
                [None],
            ):
                return self._storage(key, dtype, count)
        raise pickle.UnpicklingError(f"the file refers to something unknown: {str(pid)[:80]}")


def module_weights(module: Any) -> dict[str, Tensor]:
    """Parameters and buffers of a network that was pickled as an object, by the names in its state dict.

    Args:
        module: a `Record` of a torch module, or of StyleGAN's persistent classes, which carry their source code along.

    Raises:
        DataError: it is something else.
    """
    weights: dict[str, Tensor] = {}
    _gather(module, "", weights)
    return weights


def _gather(module: Any, prefix: str, weights: dict[str, Tensor]) -> None:
    state = _attributes(module)
    if not isinstance(state, Mapping) or not isinstance(state.get("_parameters"), Mapping):
        raise DataError(f"{prefix.rstrip('.') or 'the network'} is {module!r}, and no network of parts")
    if prefix.count(".") > _DEEPEST:
        raise DataError("the network is a part of itself")
    transient = state.get("_non_persistent_buffers_set") or ()
    for kind in ("_parameters", "_buffers"):
        for name, tensor in (state.get(kind) or {}).items():
            if isinstance(tensor, Tensor) and not (kind == "_buffers" and name in transient):
                weights[f"{prefix}{name}"] = tensor
    for name, part in (state.get("_modules") or {}).items():
        if part is not None:
            _gather(part, f"{prefix}{name}.", weights)


def _attributes(module: Any) -> Any:
    """The attributes of a pickled object."""
    if not isinstance(module, Record):
        return None
    if module.state is not None:
        return module.state
    # StyleGAN's: a function is called with a dict that describes the class, and the state in it.
    described = module.arguments[0] if module.arguments else None
    described = described.items if isinstance(described, Record) else described
    return described.get("state") if isinstance(described, Mapping) else None


def _from_zip(archive: zipfile.ZipFile) -> Any:
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
        raise zipfile.BadZipFile("it is compressed, which torch's files are not")
    if (damaged := archive.testzip()) is not None:
        raise zipfile.BadZipFile(f"{damaged} has another sum than when it was written")
    (main,) = [name for name in archive.namelist() if name.count("/") == 1 and name.endswith("/data.pkl")]
    storages = ZipStorages(archive, main.removesuffix("data.pkl"))
    return InertUnpickler(io.BytesIO(archive.read(main)), storages).load()


def _from_stream(file: BinaryIO) -> Any:
    """A plain pickle, or a file of torch's older form."""
    first = InertUnpickler(file).load()
    return _from_legacy(file) if first == _MAGIC else first


def _from_legacy(file: BinaryIO) -> Any:
    """Behind the magic number: version, system, content, keys of the storages, and their numbers, one by one."""
    InertUnpickler(file).load()
    system = InertUnpickler(file).load()
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise pickle.UnpicklingError("numbers of another byte order")
    here = file.tell()
    storages = LaterStorages(file.seek(0, os.SEEK_END) - here)
    file.seek(here)
    content = InertUnpickler(file, storages).load()
    storages.fill(file, InertUnpickler(file).load())
    return content


def _embedded_storage(data: Any) -> Storage:
    """The numbers of a tensor in a plain pickle: the bytes of a file of torch's older form that holds one storage."""
    if not isinstance(data, bytes):
        raise pickle.UnpicklingError("a storage that is not bytes")
    file = io.BytesIO(data)
    if InertUnpickler(file).load() != _MAGIC:
        raise pickle.UnpicklingError("a storage of unknown form")
    storage = _from_legacy(file)
    if not isinstance(storage, Storage):
        raise pickle.UnpicklingError("a storage that is something else")
    return storage


def _tensor(storage: Any, offset: int, size: tuple[int, ...], stride: tuple[int, ...], *rest: Any) -> Tensor:
    """A tensor from its storage; what `rest` holds (gradients, hooks) is left out."""
    if not isinstance(storage, Storage):
        raise pickle.UnpicklingError("a tensor without numbers")
    return storage.tensor(int(offset), tuple(map(int, size)), tuple(map(int, stride)))


def _parameter(data: Any, *rest: Any) -> Tensor:
    if not isinstance(data, Tensor):
        raise pickle.UnpicklingError("a parameter without a tensor")
    return data


def _bytes(text: str, encoding: str) -> bytes:
    """How protocol 2 writes bytes."""
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"bytes in {encoding}")
    return text.encode("latin1")


_FUNCTIONS: dict[tuple[str, str], Callable[..., Any]] = {
    ("torch._utils", "_rebuild_tensor"): _tensor,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _parameter,
    ("torch._utils", "_rebuild_parameter_with_state"): _parameter,
    ("torch.storage", "_load_from_bytes"): _embedded_storage,
    ("torch", "Size"): tuple,
    ("_codecs", "encode"): _bytes,
    **{(module, kind.__name__): kind for module in ("builtins", "__builtin__") for kind in (set, frozenset)},
}
