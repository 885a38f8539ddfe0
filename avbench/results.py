"""Results on disk: `results.csv`, run by run, its `summary.csv`, `statistics.json` and `provenance.json`.

One folder may hold several evaluations of the same two sets (another seed, another N, other weights). Each row names
its evaluation, a digest of all that decides its value, and what is told of each stands in `provenance.json`. No file
holds a time of day, so that the same evaluation writes the same bytes.
"""

import csv
import dataclasses
import hashlib
import io
import json
import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from scipy import stats

from avbench import workspace
from avbench.scoring import GROUND_TRUTH
from avbench.statistics.estimate import Estimate

logger = logging.getLogger(__name__)

# What rows must agree in to be averaged over their runs.
_SAME = (
    "dataset", "method", "metric", "n_reference", "n_generated", "scale",
    "features", "protocol", "protocol_hash", "evaluation",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One value of one metric in one run."""

    dataset: str
    method: str
    metric: str
    run: int
    seed: int
    value: float  # the metric times `scale`
    scale: float
    n_reference: int
    n_generated: int
    features: str
    weights_sha256: str
    protocol: str
    protocol_hash: str
    resampled: str  # which sets this run drew anew: "reference", "reference+generated" or "none"
    note: str
    avbench_version: str
    evaluation: str

    def cells(self) -> list[str]:
        """The row as CSV cells; the last one is the SHA-256 of the others."""
        cells = [str(value) for value in dataclasses.astuple(self)]
        return [*cells, _digest(cells)]


# What the estimates add to a line of `summary.csv`.
ERROR_COLUMNS = ("se", "interval_low", "interval_high", "interval_method", "interval_note", "limit", "limit_se")

COLUMNS = (*(field.name for field in dataclasses.fields(Row)), "row_sha256")


class Results:
    """The results folder of two sets under one protocol."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path = folder / "results.csv"
        self._statistics_path = folder / "statistics.json"

    def append(self, rows: Iterable[Row]) -> None:
        """Adds the rows of one metric of one run, all of them or none, in place of any that stood there."""
        added = [row.cells() for row in rows]
        place = [COLUMNS.index(name) for name in ("evaluation", "run", "metric")]
        places = {tuple(line[index] for index in place) for line in added}
        kept = [line for line in self._intact_lines() if tuple(line[index] for index in place) not in places]
        workspace.atomic_write(self._path, _csv([list(COLUMNS), *kept, *added]))

    def counts(self, evaluation: str, run: int) -> dict[str, int]:
        """How many rows a run of an evaluation has, by metric."""
        rows = self.rows(evaluation)
        return dict(Counter(rows[rows["run"] == run]["metric"]))

    def rows(self, evaluation: str) -> pd.DataFrame:
        """The rows of one evaluation, in the order of runs."""
        frame = pd.DataFrame(self._intact_lines(), columns=list(COLUMNS))
        frame = frame[frame["evaluation"] == evaluation].reset_index(drop=True)
        return frame.astype(
            {"run": int, "seed": int, "value": float, "scale": float, "n_reference": int, "n_generated": int}
        )

    def remove(self, evaluation: str) -> None:
        """Forgets the rows of one evaluation."""
        column = COLUMNS.index("evaluation")
        lines = [line for line in self._intact_lines() if line[column] != evaluation]
        workspace.atomic_write(self._path, _csv([list(COLUMNS), *lines]))

    def write_summary(self, evaluations: Iterable[str]) -> None:
        """Writes `summary.csv` of the given evaluations."""
        parts = [summarise(self.rows(evaluation), self.estimates(evaluation)) for evaluation in evaluations]
        workspace.atomic_write(self.folder / "summary.csv", pd.concat(parts).to_csv(index=False))

    def write_estimates(self, evaluation: str, estimates: Iterable[Estimate]) -> None:
        """Writes what is known of the errors of an evaluation's lines to `statistics.json`."""
        everything = self._statistics()
        lines = [estimate.as_dict() for estimate in estimates]
        everything[evaluation] = {"lines": lines, "sha256": _digest([json.dumps(lines, sort_keys=True)])}
        text = json.dumps({"schema_version": 1, "evaluations": everything}, indent=1, sort_keys=True)
        workspace.atomic_write(self._statistics_path, text + "\n")

    def estimates(self, evaluation: str) -> list[Estimate]:
        """What is known of the errors of an evaluation's lines; nothing where it was changed after it was written."""
        told = self._statistics().get(evaluation)
        if told is None:
            return []
        if told.get("sha256") != _digest([json.dumps(told.get("lines"), sort_keys=True)]):
            logger.warning("%s: evaluation %s was changed and is left out", self._statistics_path, evaluation)
            return []
        return [Estimate.from_dict(line) for line in told["lines"]]

    def _statistics(self) -> dict[str, Any]:
        try:
            told = json.loads(self._statistics_path.read_bytes())
            return dict(told["evaluations"]) if told["schema_version"] == 1 else {}
        except FileNotFoundError:
            return {}
        except (ValueError, KeyError, TypeError):
            logger.warning("%s: damaged; its errors are computed again", self._statistics_path)
            return {}

    def write_provenance(self, evaluation: str, told: Mapping[str, Any]) -> list[str]:
        """Adds what is told of an evaluation to `provenance.json`, and returns the evaluations that stand there."""
        path = self.folder / "provenance.json"
        everything = json.loads(path.read_text()) if path.exists() else {"evaluations": {}}
        everything["evaluations"][evaluation] = told
        workspace.atomic_write(path, json.dumps(everything, indent=1, sort_keys=True) + "\n")
        return sorted(everything["evaluations"])

    def write_table(self, name: str, table: pd.DataFrame | None) -> None:
        """Writes the CSV `name` of the last evaluation; None takes away that of an earlier one."""
        if table is None:
            (self.folder / name).unlink(missing_ok=True)
        else:
            workspace.atomic_write(self.folder / name, table.to_csv(index=False))

    def write_clips(self, table: pd.DataFrame) -> None:
        """Writes `clips.parquet`, one row per generated clip."""
        with workspace.atomic_file(self.folder / "clips.parquet") as temporary:
            table.to_parquet(temporary, index=False)

    def _intact_lines(self) -> list[list[str]]:
        if not self._path.exists():
            return []
        with self._path.open(newline="") as file:
            _header, *lines = list(csv.reader(file)) or [[]]
        intact = [line for line in lines if is_intact(line)]
        if len(intact) < len(lines):
            logger.warning(
                "%s: %d row(s) were changed after they were written and are left out",
                self._path,
                len(lines) - len(intact),
            )
        return intact


def is_intact(cells: Sequence[str]) -> bool:
    """Whether a line of `results.csv` is as it was written; `cells` are all of its cells, its hash the last."""
    return len(cells) == len(COLUMNS) and cells[-1] == _digest(list(cells[:-1]))


def summarise(rows: pd.DataFrame, estimates: Iterable[Estimate] = ()) -> pd.DataFrame:
    """One line per method, metric and N: mean, sd and 95 % interval over runs, and how far the mean can be trusted.

    `sd` (ddof=1) and `ci_low` to `ci_high` (Student's t) tell how much the draws move the number. They are not its
    error: runs share their videos. That is `se`, from leaving out source videos; `limit` is the value for infinite N,
    and `interval_low` to `interval_high` are about it. `floor` is what real clips get against real clips at this N.

    Args:
        rows: of `results.csv`.
        estimates: of the same evaluation; lines without one have empty columns.
    """
    known = {_line_of(estimate.as_dict()): estimate.columns() for estimate in estimates}
    lines = []
    for same, group in rows.groupby(list(_SAME), sort=False):
        runs, mean = len(group), float(group["value"].mean())
        sd = float(group["value"].std(ddof=1)) if runs > 1 else float("nan")
        half = float(stats.t.ppf(0.975, runs - 1)) * sd / runs**0.5 if runs > 1 else float("nan")
        line = dict(zip(_SAME, same, strict=True))
        line |= {"mean": mean, "sd": sd, "ci_low": mean - half, "ci_high": mean + half, "runs": runs}
        unknown = {"interval_method": "", "interval_note": f"not estimated; evaluate with --runs {runs}"}
        line |= known.get(_line_of(line), unknown)
        lines.append(line | {"resampled": group["resampled"].iloc[0], "note": group["note"].iloc[0]})
    over_runs = ["mean", "sd", "ci_low", "ci_high", "runs"]
    summary = pd.DataFrame(lines, columns=[*_SAME, *over_runs, "resampled", "note", *ERROR_COLUMNS])
    return summary.assign(floor=_floors(summary))


def _line_of(values: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(values[name] for name in ("dataset", "method", "metric", "n_reference", "n_generated", "runs"))


def _floors(summary: pd.DataFrame) -> pd.Series:
    """The ground truth's mean that belongs to each line; NaN for the ground truth itself."""
    by = [name for name in _SAME if name != "method"]
    truth = summary[summary["method"] == GROUND_TRUTH].drop_duplicates(by)
    floors = summary[by].merge(truth[[*by, "mean"]], on=by, how="left")["mean"].astype(float)
    return floors.where((summary["method"] != GROUND_TRUTH).to_numpy())


def _csv(lines: list[list[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue()


def _digest(cells: list[str]) -> str:
    return hashlib.sha256("\x1f".join(cells).encode()).hexdigest()[:16]
