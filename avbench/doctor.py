"""What stands in the way of avbench on this machine, each finding with what to do about it."""

import importlib.metadata
import os
import platform
import shutil
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement

from avbench import weights, workspace
from avbench.errors import AvbenchError

State = Literal["ok", "warning", "problem"]

_SPACE_WANTED = 10e9  # bytes: features, weights and a prepared data set of some hundred clips
_SPACE_NEEDED = 1e9


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. A warning costs speed or comfort, a problem makes commands fail."""

    name: str
    state: State
    found: str
    advice: str = ""  # what to do; empty where nothing is wrong


def examine(folder: Path) -> Iterator[Check]:
    """Looks at everything, with `folder` as the workspace. Yields each finding as soon as it is known."""
    yield Check("python", "ok", f"{platform.python_version()} on {platform.platform()}")
    yield from _packages()
    family = _torch_family()
    yield family
    if family.state == "ok":  # nothing that computes can be tried without it
        yield _device()
        yield from _codecs()
    yield _compiler()
    yield from _weights()
    yield _space("cache folder", workspace.home(), "set AVBENCH_HOME to a folder with more room")
    yield _space("workspace", folder, "work in a folder with more room")


def _packages() -> Iterator[Check]:
    """The packages that avbench depends on, each against the versions it asks for."""
    for text in importlib.metadata.requires("avbench") or []:
        wanted = Requirement(text)
        if wanted.marker and not wanted.marker.evaluate({"extra": ""}):
            continue
        advice = f'install it with: pip install "{wanted}"'
        try:
            found = importlib.metadata.version(wanted.name)
        except importlib.metadata.PackageNotFoundError:
            yield Check(wanted.name, "problem", "not installed", advice)
            continue
        if wanted.specifier.contains(found, prereleases=True):
            yield Check(wanted.name, "ok", found)
        else:
            yield Check(wanted.name, "problem", f"{found}, wanted is {wanted.specifier}", advice)


def _torch_family() -> Check:
    """Whether torch, torchvision and torchaudio are of one build: unlike ones import, and fail when used."""
    name = "torch family"
    advice = "install torch, torchvision and torchaudio together, in the versions that the README names"
    try:
        import torch
        import torchaudio
        import torchvision

        torchvision.ops.nms(torch.tensor([[0.0, 0, 1, 1]]), torch.ones(1), 0.5)
        torchaudio.functional.resample(torch.zeros(441), 44_100, 16_000)
    except Exception as error:  # a build that does not fit fails in any way
        return Check(name, "problem", f"they do not work together: {error}", advice)
    builds = {module.__version__.partition("+")[2] for module in (torch, torchvision, torchaudio)}
    if len(builds) > 1:
        return Check(name, "problem", f"they are of different builds: {', '.join(sorted(builds))}", advice)
    return Check(name, "ok", f"one build ({builds.pop() or 'default'})")


def _device() -> Check:
    """The fastest device that really computes."""
    import torch

    threads = f"CPU with {torch.get_num_threads()} threads"
    if not torch.cuda.is_available():
        if shutil.which("nvidia-smi"):
            return Check(
                "device",
                "warning",
                f"{threads}; there is an NVIDIA driver, but this torch ({torch.__version__}) cannot use its GPU",
                "install a torch built for the driver's CUDA version; the README says how",
            )
        return Check("device", "ok", threads)
    names = ", ".join(
        f"{torch.cuda.get_device_name(index)} ({torch.cuda.mem_get_info(index)[1] / 1e9:.0f} GB)"
        for index in range(torch.cuda.device_count())
    )
    try:
        torch.ones(8, 8, device="cuda").matmul(torch.ones(8, 8, device="cuda")).sum().item()
    except RuntimeError as error:
        return Check("device", "problem", f"{names}: {error}", "use --device cpu, or install a torch for this GPU")
    return Check("device", "ok", f"{names}; {threads}")


def _codecs() -> Iterator[Check]:
    """Whether the codecs that avbench writes come with PyAV, by writing and reading."""
    from avbench.media.trial import CODEC_TRIALS

    advice = "install PyAV as a wheel, which has this codec in it: pip install --force-reinstall --only-binary=av av"
    for name, attempt in CODEC_TRIALS.items():
        try:
            attempt()
        except Exception as error:  # PyAV raises many kinds; all mean that the codec cannot be used
            yield Check(f"codec {name}", "problem", f"writing and reading fails: {error}", advice)
        else:
            yield Check(f"codec {name}", "ok", "writes and reads")


def _compiler() -> Check:
    """What `torch.compile` needs. Without it everything works, more slowly."""
    name = "torch.compile"
    chosen = os.environ.get("CXX")
    compiler = shutil.which(chosen) if chosen else shutil.which("g++") or shutil.which("clang++")
    header = Path(sysconfig.get_path("include")) / "Python.h"
    if compiler is None:
        advice = "for about 1.3 times the speed install a C++ compiler (Debian: apt install g++)"
        return Check(name, "warning", f"there is no C++ compiler {chosen or ''}".rstrip(), advice)
    if not header.is_file():
        advice = "for about 1.3 times the speed install Python's headers (Debian: apt install python3-dev)"
        return Check(name, "warning", f"{compiler}, but {header} is missing", advice)
    return Check(name, "ok", compiler)


def _weights() -> Iterator[Check]:
    """Weights in the cache, by their hash; of those that are missing, the ones that --features suites need."""
    for name in weights.names():
        known = weights.get(name)
        try:
            if weights.path_of(name).is_file():
                yield Check(f"weights {name}", "ok", f"sha256 {weights.verify(name).sha256[:12]}")
            elif known.used_for in ("published", "embedded"):
                found = f"not here; --features {known.used_for} fetches them ({known.size})"
                yield Check(f"weights {name}", "warning", found, f"fetch them now: avbench weights fetch {name}")
        except AvbenchError as error:
            yield Check(f"weights {name}", "problem", str(error), f"run: avbench weights fetch {name}")


def _space(name: str, folder: Path, advice: str) -> Check:
    """Whether `folder`, or the one it would be made in, can be written and has room."""
    there = next(place for place in (folder.absolute(), *folder.absolute().parents) if place.exists())
    try:
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(b"avbench")
    except OSError as error:
        return Check(name, "problem", f"{there} cannot be written: {error.strerror}", advice)
    free = shutil.disk_usage(there).free
    state: State = "ok" if free >= _SPACE_WANTED else "warning" if free >= _SPACE_NEEDED else "problem"
    return Check(name, state, f"{folder}, {free / 1e9:.1f} GB free", "" if state == "ok" else advice)
