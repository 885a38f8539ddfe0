"""What `avbench eval` evaluates when it is not told: the newest run against the data set it was trained on."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from avbench.errors import UsageError

_PREPARE = "make one with `avbench prepare folder PATH` or `avbench prepare synthetic`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sets:
    """The two sets of an evaluation."""

    reference: Path
    generated: Path
    method: str  # "" = the generated set's own name


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
    return Sets(reference=reference, generated=max(_sample_sets(run), key=_age), method=run.name)


def newest_run() -> Path:
    """The run in `runs/` whose samples are the newest."""
    runs = [config.parent for config in Path("runs").glob("*/config.toml") if _sample_sets(config.parent)]
    if not runs:
        raise UsageError("there is no run with samples in runs/; name the videos to score with --generated PATH")
    return max(runs, key=lambda run: max(map(_age, _sample_sets(run))))


def only_data_set() -> Path:
    """The only data set in `data/`, or `landscape` if there are several."""
    found = [*Path("data").glob("*/clipset.json"), *Path("data").glob("*/features.npz")]
    prepared = sorted({file.parent for file in found})
    if not prepared:
        raise UsageError(f"there is no data set in data/; {_PREPARE}, or name real videos with --reference PATH")
    landscape = Path("data/landscape")
    if len(prepared) > 1 and landscape not in prepared:
        names = ", ".join(path.name for path in prepared)
        raise UsageError(f"data/ holds several data sets ({names}); name one with --reference data/NAME")
    return landscape if landscape in prepared else prepared[0]


def _sample_sets(run: Path) -> list[Path]:
    return [path for path in (run / "samples").glob("*") if path.is_dir() and not path.name.startswith(".")]


def _age(path: Path) -> int:
    return path.stat().st_mtime_ns
