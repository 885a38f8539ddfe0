"""A run on disk: `config.toml`, `checkpoints/`, `metrics.csv`, `tensorboard/`, `previews/`, `samples/`, `eval/`."""

import re
from pathlib import Path

from avbench.defaults import newest_run
from avbench.errors import UsageError
from models.config import RunConfig

RUNS = Path("runs")  # in the current folder
_CHECKPOINT = re.compile(r"\d{8}\.pt")


class Run:
    """The folder of a run, which exists and has settings.

    Raises:
        UsageError: it is not a run, or its settings cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config = RunConfig.load(path / "config.toml")

    @classmethod
    def create(cls, path: Path, config: RunConfig) -> "Run":
        """Makes the folder and writes the settings into it.

        Raises:
            UsageError: there is a run already.
            MachineError: the folder cannot be written.
        """
        if (path / "config.toml").exists():
            raise UsageError(f"{path}: there is a run already; go on with --resume, or choose another --name")
        config.save(path / "config.toml")
        return cls(path)

    @property
    def name(self) -> str:
        return self.path.resolve().name

    @property
    def metrics_file(self) -> Path:
        return self.path / "metrics.csv"

    @property
    def samples_folder(self) -> Path:
        return self.path / "samples"

    def checkpoint_file(self, step: int) -> Path:
        return self.path / "checkpoints" / f"{step:08d}.pt"

    def checkpoints(self) -> list[Path]:
        """The checkpoints, oldest first."""
        folder = self.path / "checkpoints"
        return sorted(file for file in folder.glob("*.pt") if _CHECKPOINT.fullmatch(file.name))


def find_run(named: str | None = None) -> tuple[Run, Path | None]:
    """The run that somebody named, and the checkpoint if they named that.

    Args:
        named: the folder of a run, the name of one in `runs/`, or a checkpoint file of a run; None for the newest run.

    Raises:
        UsageError: there is no such run, or the file belongs to none.
    """
    if named is None:
        return Run(newest_run()), None
    path = Path(named)
    if path.is_file():
        folder = path.resolve().parent
        if folder.name != "checkpoints" or not _CHECKPOINT.fullmatch(path.name):
            raise UsageError(
                f"{path} belongs to no run; make one of a published checkpoint with `avbench import {path} --as MODEL`"
            )
        return Run(folder.parent), path
    for folder in (path, RUNS / named):
        if (folder / "config.toml").is_file():
            return Run(folder), None
    known = ", ".join(sorted(file.parent.name for file in RUNS.glob("*/config.toml")))
    raise UsageError(
        f"{named}: there is no such run; in runs/ are {known}" if known else f"{named}: there is no such run"
    )


def new_name(config: RunConfig) -> str:
    """The next free `<model>-<data>-<preset>-<number>` in `runs/`."""
    stem = f"{config.model}-{config.data.resolve().name}-{config.preset}"
    taken = [
        int(path.name.rpartition("-")[2]) for path in RUNS.glob(f"{stem}-*") if path.name[len(stem) + 1 :].isdigit()
    ]
    return f"{stem}-{max(taken, default=0) + 1}"
