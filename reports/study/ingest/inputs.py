"""The files of answers that a study was given: kept as they came, in `private/`, so that nothing is ever lost.

Everything ingestion writes is made from them anew each time, so that a file given twice changes nothing.
"""

from dataclasses import dataclass
from pathlib import Path

from avbench.workspace import atomic_write, sha256_file
from reports.study.keyed import PRIVATE
from reports.study.server.answers import FOLDER as ANSWERS

#: Files that our server writes beside its votes.
_BESIDE = ("raters.jsonl", "comments.jsonl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One file of answers. Its own name may hold a rater's id; `number` is its name in what others may read."""

    number: int
    path: Path
    sha256: str


def server_file(study: Path) -> Path:
    """The file to which the study's own server appends; it is read where it lies."""
    return study / ANSWERS / "votes.jsonl"


def kept_inputs(study: Path) -> list[Input]:
    """What was ingested before, in that order."""
    kept = []
    for folder in sorted(_folder(study).glob("[0-9]*")):
        # A folder without its file is the trace of an interruption: the command was not done, and comes again.
        files = [path for path in folder.iterdir() if path.name not in _BESIDE and not path.name.startswith(".")]
        kept += [Input(number=int(folder.name), path=path, sha256=sha256_file(path)) for path in files]
    return kept


def keep(study: Path, path: Path) -> Input:
    """Copy a file of answers, and what lies beside it if it is a server's, into the study."""
    taken = [int(folder.name) for folder in _folder(study).glob("[0-9]*")]
    number = max(taken, default=0) + 1
    folder = _folder(study) / f"{number:04d}"
    if path.suffix == ".jsonl":
        for name in _BESIDE:
            if path.with_name(name).is_file():
                atomic_write(folder / name, path.with_name(name).read_bytes())
    atomic_write(folder / path.name, path.read_bytes())
    return Input(number=number, path=folder / path.name, sha256=sha256_file(path))


def _folder(study: Path) -> Path:
    return study / PRIVATE / "inputs"
