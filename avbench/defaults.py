"""What commands work on when they are not told: the only data set; the newest run, and what it was trained on."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from avbench.errors import UsageError

_PREPARE = (
    "make one with `avbench prepare landscape`, `avbench prepare synthetic` (rendered here, nothing to download) or "
    "`avbench prepare folder PATH`"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sets:
    """The two sets of an evaluation."""

    reference: Path
    generated: Path | None  # None: samples of `run`, of which some may have to be made
    method: str  # "" = the generated set's own name
    run: Path | None = None  # which generates


def choose_sets(reference: Path | None, generated: Path | None) -> Sets:
    """Fills in what was not given, from `data/` and `runs/` in the current folder.

    Raises:
        UsageError: there is nothing to choose, or several things to choose from.
    """
    if generated is not None:
        return Sets(reference=reference or only_data_set(), generated=generated, method="")
    run = newest_run()
    if reference is None:
        with (run / "config.toml").open("rb") as file:
            trained_on = tomllib.load(file).get("data")
        reference = Path(trained_on) if trained_on else only_data_set()
    # Of a run whose checkpoints were removed, the samples that it left are scored.
    generated = None if _checkpoints(run) else max(_sample_sets(run), key=_age)
    return Sets(reference=reference, generated=generated, method=run.name, run=run)


def newest_run() -> Path:
    """The run in `runs/` that was trained or sampled last.

    Raises:
        UsageError: no run has a checkpoint or samples.
    """
    made = {
        config.parent: _checkpoints(config.parent) + _sample_sets(config.parent)
        for config in Path("runs").glob("*/config.toml")
    }
    runs = [run for run in made if made[run]]
    if not runs:
        raise UsageError(
            "there is no run with a checkpoint in runs/; train one with `avbench train`, or name the videos to score "
            "with --generated PATH"
        )
    return max(runs, key=lambda run: max(map(_age, made[run])))


def only_data_set(option: str = "--reference", *, with_clips: bool = False) -> Path:
    """The only data set in `data/`, or `landscape` if there are several.

    Args:
        option: how the command's user would name one.
        with_clips: features alone will not do.

    Raises:
        UsageError: there is none, or several.
    """
    kinds = ("clipset.json",) if with_clips else ("clipset.json", "features.npz")
    prepared = sorted({file.parent for kind in kinds for file in Path("data").glob(f"*/{kind}")})
    if not prepared:
        raise UsageError(f"there is no data set in data/; {_PREPARE}, or name real videos with {option} PATH")
    landscape = Path("data/landscape")
    if len(prepared) > 1 and landscape not in prepared:
        names = ", ".join(path.name for path in prepared)
        raise UsageError(f"data/ holds several data sets ({names}); name one with {option} data/NAME")
    return landscape if landscape in prepared else prepared[0]


def _checkpoints(run: Path) -> list[Path]:
    return list((run / "checkpoints").glob("[!.]*.pt"))


def _sample_sets(run: Path) -> list[Path]:
    return [path for path in (run / "samples").glob("*") if path.is_dir() and not path.name.startswith(".")]


def _age(path: Path) -> int:
    return path.stat().st_mtime_ns
