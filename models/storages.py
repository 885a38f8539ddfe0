"""The numbers of tensors in files that torch wrote, taken by their bytes alone."""

import struct
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, BinaryIO

import torch
from torch import Tensor

_DTYPES = {
    "DoubleStorage": torch.float64,
    "FloatStorage": torch.float32,
    "HalfStorage": torch.float16,
    "BFloat16Storage": torch.bfloat16,
    "LongStorage": torch.int64,
    "IntStorage": torch.int32,
    "ShortStorage": torch.int16,
    "CharStorage": torch.int8,
    "ByteStorage": torch.uint8,
    "BoolStorage": torch.bool,
}


@dataclass(frozen=True, slots=True, eq=False)
class Storage:
    """Numbers that tensors are views of."""

    numbers: Tensor  # one-dimensional

    def tensor(self, offset: int, size: tuple[int, ...], stride: tuple[int, ...]) -> Tensor:
        """A tensor of these numbers, without copying them.

        Raises:
            ValueError: it reaches beyond them.
        """
        try:
            return self.numbers.as_strided(size, stride, offset)
        except RuntimeError as error:
            raise ValueError("a tensor reaches beyond its numbers") from error


StorageReader = Callable[[str, torch.dtype, int], Storage]
"""(key, dtype, count) -> the numbers that a file knows by that key."""


def storage_dtype(module: str, name: str) -> torch.dtype | None:
    """What the numbers of a torch storage class are; None for any other name."""
    return _DTYPES.get(name) if module in ("torch", "torch.cuda") else None


class ZipStorages:
    """The storages in an archive, which lie uncompressed in a file each.

    Args:
        folder: in the archive, with a slash at the end.
    """

    def __init__(self, archive: zipfile.ZipFile, folder: str) -> None:
        self._archive = archive
        self._folder = folder
        self._read: dict[str, Storage] = {}

    def __call__(self, key: str, dtype: torch.dtype, count: int) -> Storage:
        """The storage of that key, always the same one.

        Raises:
            ValueError: there are fewer or more numbers.
        """
        if key not in self._read:
            name = f"{self._folder}data/{key}"
            _check_length(key, self._archive.getinfo(name).file_size, dtype, count)
            data = bytearray(self._archive.read(name))
            self._read[key] = Storage(torch.frombuffer(data, dtype=dtype) if count else torch.empty(0, dtype=dtype))
        return self._read[key]


class LaterStorages:
    """The storages of torch's older files, whose numbers come behind the content that is made of them.

    Args:
        most: bytes that the file can hold.
    """

    def __init__(self, most: int) -> None:
        self._left = most
        self._made: dict[str, Storage] = {}

    def __call__(self, key: str, dtype: torch.dtype, count: int) -> Storage:
        """The storage of that key, always the same one; `fill` puts the numbers in.

        Raises:
            ValueError: the file cannot hold so many.
        """
        if key not in self._made:
            self._left -= max(0, count) * dtype.itemsize
            if count < 0 or self._left < 0:
                raise ValueError(f"{count} numbers are more than the file holds")
            self._made[key] = Storage(torch.zeros(count, dtype=dtype))
        return self._made[key]

    def fill(self, file: BinaryIO, keys: Any) -> None:
        """Reads the numbers of the storages, which follow each other in the order of `keys`.

        Raises:
            ValueError: the file ends too early, or holds other storages.
        """
        if not isinstance(keys, Iterable) or sorted(map(str, keys)) != sorted(self._made):
            raise ValueError("the file holds other numbers than its tensors are made of")
        for key in map(str, keys):
            numbers = self._made[key].numbers
            (count,) = struct.unpack("<q", _exactly(file, 8))
            _check_length(key, count * numbers.itemsize, numbers.dtype, len(numbers))
            if count:
                data = bytearray(_exactly(file, count * numbers.itemsize))
                numbers.copy_(torch.frombuffer(data, dtype=numbers.dtype))


def _check_length(key: str, length: int, dtype: torch.dtype, count: int) -> None:
    if length != count * dtype.itemsize:
        raise ValueError(f"storage {key} has {length} bytes for {count} numbers of {dtype}")


def _exactly(file: BinaryIO, length: int) -> bytes:
    data = file.read(length)
    if len(data) != length:
        raise ValueError("the file ends in the middle of its numbers")
    return data
