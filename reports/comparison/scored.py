"""Results folders as they are read for tables: whole ones only, and what somebody changed is told.

A folder counts when it holds `results.csv`, `summary.csv` and `provenance.json`. Every line of `results.csv` bears a
hash of itself, and every mean of `summary.csv` can be had again from the lines that it was taken of; a value for which
either does not hold is marked as edited by hand and never wins a comparison.
"""

import contextlib
import csv
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from avbench import results as results_folder
from avbench.errors import DataError, UsageError
from avbench.results import COLUMNS, is_intact
from avbench.scoring import GROUND_TRUTH
from avbench.statistics.estimate import Estimate
from avbench.workspace import sha256_file
from reports.comparison.making import Making, making_of

STAMP = "reproduced.json"  # in a results folder: which rows of the paper it was made for
ABLATION = "ablation.json"  # the same of `avbench ablate`; of it only counts whether it was a trial
REPORT = "report"  # the folder under results/ that reports are written to

_SUMMARY = (
    *("dataset", "method", "metric", "n_reference", "n_generated", "scale", "features"),
    *("protocol", "protocol_hash", "evaluation", "mean", "sd", "runs", "note"),
)
_LINE = ("evaluation", "method", "metric", "n_reference", "n_generated")  # what a summary's line is known by
_TOLERANCE = 1e-9  # of a mean that went through text


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a paired comparison takes: how a value moves without some of the source videos, and how it was made."""

    estimate: Estimate
    told: Mapping[str, Any]  # the evaluation's part of provenance.json

    @property
    def clips(self) -> tuple[int, int]:
        return self.estimate.n_reference, self.estimate.n_generated


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """One metric's value. Numbers that there are not are NaN."""

    metric: str  # "FVD", or "FVD[transnetv2]" for other features than the published ones
    value: float
    low: float  # the interval's ends
    high: float
    se: float  # standard error
    sd: float  # between runs
    runs: int
    features: str
    weights_sha256: str
    note: str
    edited: bool  # by hand, after it was written
    evidence: Evidence | None = None

    @property
    def name(self) -> str:
        """The metric without its features: "FVD"."""
        return self.metric.partition("[")[0]

    @property
    def counts(self) -> bool:
        """Whether the value can be compared with others."""
        return math.isfinite(self.value) and not self.edited


@dataclass(frozen=True, slots=True)
class Stamp:
    """A row of the paper that results were made for by `avbench reproduce`."""

    table: int
    row: int
    steps: int | None  # the column of table 4
    preset: str
    complete: bool  # False while its evaluation is under way


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """What one evaluation says of one method at one N."""

    folder: Path
    evaluation: str
    dataset: str
    method: str
    protocol: str
    protocol_hash: str
    size: int  # pixels
    n_reference: int
    n_generated: int
    made: Making | None
    stamps: tuple[Stamp, ...]
    smoke: bool  # a trial of the machinery, whose numbers mean nothing
    scores: Mapping[str, Score]  # by metric
    provenance: Mapping[str, Any]

    @property
    def is_ground_truth(self) -> bool:
        return self.method == GROUND_TRUTH

    @property
    def clips(self) -> tuple[int, int]:
        return self.n_reference, self.n_generated

    @property
    def n(self) -> int:
        return min(self.clips)

    @property
    def unverified(self) -> str:
        """The note of weights that are not the registry's; "" where all are."""
        notes = (part for score in self.scores.values() for part in score.note.split("; "))
        return next((part for part in notes if part.startswith("weights=unverified")), "")


@dataclass(frozen=True, slots=True)
class Results:
    """All that was found under a folder."""

    scored: tuple[Scored, ...]
    warnings: tuple[str, ...]  # what is left out or was changed, in whole sentences
    files: Mapping[str, str]  # every file that was read, and its SHA-256


def read_results(root: Path) -> Results:
    """All evaluations in the folders under `root`, but for those of reports.

    Raises:
        UsageError: there are none; the message says what to run.
        DataError: a file lacks a column or holds a row twice; the message names it.
    """
    scored: list[Scored] = []
    warnings: list[str] = []
    hashes: dict[str, str] = {}
    for table in sorted(root.rglob("results.csv")):
        folder = table.parent
        if REPORT in folder.relative_to(root).parts:
            continue
        lacking = [name for name in ("summary.csv", "provenance.json") if not (folder / name).is_file()]
        if lacking:
            warnings.append(f"{folder}: there is no {lacking[0]}, so its evaluation is unfinished; it is left out")
            continue
        found, told = _read_folder(folder)
        scored += found
        warnings += told
        kept = ("results.csv", "summary.csv", "statistics.json", "provenance.json", STAMP, ABLATION)
        names = [name for name in kept if (folder / name).is_file()]
        hashes |= {str(folder / name): sha256_file(folder / name) for name in names}
    if not scored:
        why = f" ({'; '.join(warnings)})" if warnings else ""
        raise UsageError(
            f"{root}: there are no results yet{why}; make some with `avbench eval --reference REAL --generated MADE`, "
            "with `avbench demo`, or with `avbench reproduce table1 --preset tiny`"
        )
    return Results(tuple(scored), tuple(warnings), hashes)


def _read_folder(folder: Path) -> tuple[list[Scored], list[str]]:
    lines, warnings, edited = _read_lines(folder / "results.csv")
    summary = _read_summary(folder / "summary.csv")
    try:
        evaluations = json.loads((folder / "provenance.json").read_bytes())["evaluations"]
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{folder / 'provenance.json'}: it is damaged; evaluate again") from error
    means = lines.groupby(list(_LINE))["value"].mean() if len(lines) else pd.Series(dtype=float)
    weights = {tuple(line[name] for name in _LINE): line["weights_sha256"] for line in lines.to_dict("records")}
    stamped, ablated = _json_objects(folder / STAMP), _json_objects(folder / ABLATION)
    stamps = _stamps(folder / STAMP, stamped)
    smoke = any(one.get("smoke") for one in (*stamped, *ablated))
    evidence = _evidence(folder, evaluations)
    found = []
    for _, group in summary.groupby(["evaluation", "method", "n_reference", "n_generated"], sort=False):
        scores = {}
        for line in group.to_dict("records"):
            place = tuple(line[name] for name in _LINE)
            mean = float(means.get(place, math.nan))
            if place not in edited and not _same(mean, line["mean"]):
                warnings.append(
                    f"{folder / 'summary.csv'}: {line['method']} {line['metric']} is {line['mean']:g}, but the runs in "
                    f"results.csv have a mean of {mean:g}: one of them was changed after it was written"
                )
                edited.add(place)
            if not math.isfinite(line["mean"]):
                warnings.append(f"{folder}: {line['metric']} of {line['method']} is not a number")
            scores[line["metric"]] = _score(
                line, weights.get(place, ""), edited=place in edited, evidence=evidence.get(place)
            )
        found.append(_scored(folder, group.iloc[0], scores, evaluations, stamps, smoke=smoke))
    return found, warnings


def _read_lines(path: Path) -> tuple[pd.DataFrame, list[str], set[tuple[Any, ...]]]:
    """The lines of `results.csv`, a warning for each that was changed, and which lines of the summary these belong to.

    A changed line stays among the lines: what it says of itself names the value that it spoils.
    """
    with path.open(newline="") as file:
        header, *cells = list(csv.reader(file)) or [[]]
    _refuse_missing(path, header, COLUMNS)
    frame = pd.read_csv(path, dtype={"note": str, "weights_sha256": str, "evaluation": str, "protocol_hash": str})
    frame = frame.fillna({"weights_sha256": ""})  # of extractors that have none
    changed = [number for number, line in enumerate(cells) if not is_intact(line)]
    warnings = [f"{path}: line {number + 2} was changed after it was written" for number in changed]
    _refuse_repeated(path, frame, ["run", *_LINE])
    return frame, warnings, {tuple(frame.loc[number, name] for name in _LINE) for number in changed}


def _read_summary(path: Path) -> pd.DataFrame:
    frame = pd.read_csv(path, dtype={"note": str, "evaluation": str, "protocol_hash": str})
    _refuse_missing(path, list(frame.columns), _SUMMARY)
    _refuse_repeated(path, frame, list(_LINE))
    return frame


def _refuse_missing(path: Path, header: Sequence[str], wanted: Sequence[str]) -> None:
    if missing := [name for name in wanted if name not in header]:
        raise DataError(f"{path}: the column {missing[0]} is missing; evaluate again, or take the folder away")


def _refuse_repeated(path: Path, frame: pd.DataFrame, columns: list[str]) -> None:
    repeated = frame[frame.duplicated(columns)]
    if len(repeated):
        line = repeated.iloc[0]
        named = ", ".join(f"{name} {line[name]}" for name in columns)
        raise DataError(f"{path}: line {int(repeated.index[0]) + 2} repeats a row ({named}); remove one of them")


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=_TOLERANCE) or (math.isnan(one) and math.isnan(other))


def _evidence(folder: Path, evaluations: Mapping[str, Any]) -> dict[tuple[Any, ...], Evidence]:
    """What `statistics.json` knows of each line; nothing where it is absent, damaged or of another version."""
    found = {}
    results = results_folder.Results(folder)
    for evaluation, told in evaluations.items():
        with contextlib.suppress(TypeError):
            for one in results.estimates(evaluation):
                place = (evaluation, one.method, one.metric, one.n_reference, one.n_generated)
                found[place] = Evidence(one, told)
    return found


def _score(line: Mapping[Any, Any], weights_sha256: str, *, edited: bool, evidence: Evidence | None) -> Score:
    def number(name: str) -> float:
        return float(line.get(name, math.nan))  # summaries of older versions have no intervals

    return Score(
        metric=line["metric"],
        value=number("mean"),
        low=number("interval_low"),
        high=number("interval_high"),
        se=number("se"),
        sd=number("sd"),
        runs=int(line["runs"]),
        features=line["features"],
        weights_sha256=weights_sha256,
        note=line["note"] if isinstance(line["note"], str) else "",
        edited=edited,
        evidence=evidence,
    )


def _scored(
    folder: Path,
    line: pd.Series,
    scores: Mapping[str, Score],
    evaluations: Mapping[str, Any],
    stamps: tuple[Stamp, ...],
    *,
    smoke: bool,
) -> Scored:
    told = evaluations.get(line["evaluation"])
    if told is None:
        raise DataError(
            f"{folder / 'provenance.json'}: it does not tell of the evaluation {line['evaluation']}, which summary.csv "
            "holds; evaluate again"
        )
    return Scored(
        folder=folder,
        evaluation=line["evaluation"],
        dataset=line["dataset"],
        method=line["method"],
        protocol=line["protocol"],
        protocol_hash=line["protocol_hash"],
        size=int(told["protocol"]["size"]),
        n_reference=int(line["n_reference"]),
        n_generated=int(line["n_generated"]),
        made=None if line["method"] == GROUND_TRUTH else making_of(told["generated"]),
        stamps=stamps,
        smoke=smoke,
        scores=scores,
        provenance=told,
    )


def _json_objects(path: Path) -> list[dict[str, Any]]:
    """The object in a file, or the objects of its list; none where there is no file."""
    if not path.is_file():
        return []
    try:
        content = json.loads(path.read_bytes())
    except ValueError as error:
        raise DataError(f"{path}: it is damaged; give the `avbench` command that made it again") from error
    return content if isinstance(content, list) else [content]


def _stamps(path: Path, objects: Sequence[Mapping[str, Any]]) -> tuple[Stamp, ...]:
    try:
        return tuple(
            Stamp(
                table=int(one["table"]),
                row=int(one["row"]),
                steps=one.get("steps"),
                preset=str(one["preset"]),
                complete=bool(one.get("complete", True)),
            )
            for one in objects
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        again = "give the `avbench reproduce` command again"
        raise DataError(f"{path}: it does not name rows of the paper; {again}") from error
