"""Verification: whether what lies on this disk still gives the numbers in a results folder, and if not, from where on.

An evaluation is done again from its provenance: the clip sets are read and hashed, the weights too, some features are
computed anew beside those in the cache, and then every row and the summary, into a folder that is thrown away.
"""

import csv
import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from avbench import weights
from avbench.clipset import open_clipset
from avbench.clipset.rehash import changed_files
from avbench.config import EvaluateConfig
from avbench.errors import AvbenchError, DataError, MissingError, UsageError
from avbench.evaluation import prepare_evaluation, run_evaluation
from avbench.features.extractor import EXTRACTORS
from avbench.progress import Progress, silent
from avbench.protocol import Protocol
from avbench.ranks import Ranks
from avbench.results import COLUMNS, Results, is_intact, summarise
from avbench.scoring import Scorer, Side

Step = Literal["clips", "weights", "features", "rows", "summary"]
Outcome = Literal["same", "different", "not checked"]

# Another thread count or batch size moves values by up to 1e-5; kernel distances may lie near zero.
_RELATIVE, _ABSOLUTE = 1e-5, 1e-8
_FEATURES_RELATIVE = 1e-3  # of a row's largest feature, where single ones are near zero
_ROW = ["method", "metric", "run", "n_reference", "n_generated"]  # what names a row of an evaluation
_LINE = ["method", "metric", "n_reference", "n_generated"]


@dataclass(frozen=True, slots=True)
class Check:
    """What was found at one step of one evaluation."""

    evaluation: str
    step: Step
    outcome: Outcome
    told: str


def verify_results(
    folder: Path, *, overrides: Mapping[str, Path] | None = None, windows: int = 8, progress: Progress = silent
) -> list[Check]:
    """Checks all evaluations of a results folder.

    Args:
        overrides: files in place of registered weights, by name, as the evaluation was given them.
        windows: how many windows of each set have their features computed anew; 0 for none.

    Raises:
        UsageError: it is no results folder.
        DataError: a file of it is damaged.
    """
    told = _provenance(folder)
    lines = _lines(folder)
    checks: list[Check] = []
    for name in sorted(told):
        checks += _verify(folder, name, told[name], overrides or {}, windows, progress)
    strangers = sorted({line[COLUMNS.index("evaluation")] for line in lines if len(line) == len(COLUMNS)} - set(told))
    edited = [number for number, line in enumerate(lines, start=2) if not is_intact(line)]
    if edited:
        text = f"results.csv: {len(edited)} row(s) were changed after they were written, the first in line {edited[0]}"
        checks.append(Check("", "rows", "different", text))
    checks += [
        Check(name, "rows", "different", "results.csv has rows of it, and provenance.json does not know it")
        for name in strangers
    ]
    return checks


def _verify(
    folder: Path,
    name: str,
    told: Mapping[str, Any],
    overrides: Mapping[str, Path],
    windows: int,
    progress: Progress,
) -> Iterator[Check]:
    """The steps of one evaluation, up to the first after which nothing can be compared."""
    clips = list(_clips(told, progress))
    yield from (Check(name, "clips", outcome, text) for outcome, text in clips)
    networks = list(_weights(told, overrides))
    yield from (Check(name, "weights", outcome, text) for outcome, text in networks)
    results = Results(folder)
    rows = results.rows(name)
    if any(outcome != "same" for outcome, _ in clips) or any(outcome == "different" for outcome, _ in networks):
        yield Check(name, "rows", "not checked", "its inputs are not here as they were")
        summed = summarise(rows, results.estimates(name))
        yield Check(name, "summary", *_compared(_summary(folder, name), summed, _LINE, "summary.csv"))
        return
    try:
        config = _config(told, overrides)
        yield from (Check(name, "features", *found) for found in _features(config, windows, progress))
        with tempfile.TemporaryDirectory() as scratch:
            again = run_evaluation(replace(config, out=Path(scratch) / "results"), progress)
            found = str(again.results["evaluation"].iloc[0])
            fresh = _summary(again.folder, found)
    except MissingError as error:
        yield Check(name, "features", "not checked", str(error))
        return
    if found != name:
        yield Check(name, "rows", "different", f"done again, it is another evaluation, {found}")
        return
    summary = _summary(folder, name)
    # Rows of metrics that only an earlier command named, in the same folder, are not done again.
    if unnamed := sorted(set(rows["metric"]) - set(again.results["metric"])):
        yield Check(name, "rows", "not checked", f"{', '.join(unnamed)}: named by another command than the last one")
        rows, summary = (frame[~frame["metric"].isin(unnamed)] for frame in (rows, summary))
    # A row's hash follows from its digits, which rounding moves; whether it fits them was checked before.
    values = again.results.drop(columns="row_sha256")
    yield Check(name, "rows", *_compared(rows, values, _ROW, "results.csv"))
    yield Check(name, "summary", *_compared(summary, fresh, _LINE, "summary.csv"))


def _clips(told: Mapping[str, Any], progress: Progress) -> Iterator[tuple[Outcome, str]]:
    for side in ("reference", "generated"):
        was = told[side]
        try:
            clipset = open_clipset(Path(was["path"]))
        except UsageError:
            yield "not checked", f"{was['path']} is not here"
            continue
        except AvbenchError as error:
            yield "different", str(error)
            continue
        changed = list(changed_files(clipset, progress))
        if changed:
            yield "different", f"{was['path']}: {len(changed)} file(s) have changed, the first is {changed[0]}"
        elif clipset.fingerprint != was["fingerprint"]:
            clips = f"{was['clips']} clips then, {len(clipset)} now"
            yield "different", f"{was['path']}: another clip set than the one that was scored ({clips})"
        else:
            yield "same", f"{was['path']}: {len(clipset)} clips, fingerprint {clipset.fingerprint[:12]}"


def _weights(told: Mapping[str, Any], overrides: Mapping[str, Path]) -> Iterator[tuple[Outcome, str]]:
    for name, was in told["networks"].items():
        extractor = was["identity"].split()[0]
        wanted = EXTRACTORS[extractor].weights if extractor in EXTRACTORS else ""
        if not wanted:
            continue
        sha256, file = was["weights_sha256"], overrides.get(wanted, weights.path_of(wanted))
        if not file.is_file():
            yield "not checked", f"{name}: {file} is not here; features come from the cache"
            continue
        found = weights.resolve(wanted, overrides, offline=True).sha256
        if found == sha256:
            yield "same", f"{name}: sha256 {found[:12]}"
        else:
            text = f"{name}: sha256 {sha256[:12]} then, {found[:12]} now; give the file with --weights {wanted}=FILE"
            yield "different", text


def _features(config: EvaluateConfig, windows: int, progress: Progress) -> Iterator[tuple[Outcome, str]]:
    """Some windows of both sets once more through the networks, beside what the cache has of them."""
    if windows < 1:
        return
    scorer = prepare_evaluation(config, Ranks(), progress).scorer
    comparison = scorer.comparisons(0)[0]
    for modality, network in scorer.networks.items():
        for side, drawn in ((scorer.reference, comparison.reference), (scorer.generated, comparison.generated)):
            if modality not in side.extractions:
                continue
            what = f"{network.extractor.name} of {side.clipset.name}"
            difference = _difference(scorer, side, modality, drawn.batches, windows)
            text = f"{what}: computed anew, rows differ by {difference:.1g} of the largest feature"
            yield ("same" if difference <= _FEATURES_RELATIVE else "different"), text


def _difference(scorer: Scorer, side: Side, modality: str, batches: Sequence[tuple[Any, ...]], windows: int) -> float:
    """The largest difference between cached features and those computed anew, relative to the largest feature."""
    extraction = side.extractions[modality]
    if scorer.networks[modality].sees_the_batch:
        some = list(batches[: max(1, windows // max(1, len(batches[0])))])
        cached = extraction.rows_in_batches(some)
    else:
        chosen = list(dict.fromkeys(window for batch in batches for window in batch))[:windows]
        some = [(window,) for window in chosen]
        cached = extraction.rows(chosen)
    fresh = extraction.computed_anew(some)
    return float(np.abs(cached - fresh).max() / max(float(np.abs(fresh).max()), 1e-12))


def _config(told: Mapping[str, Any], overrides: Mapping[str, Path]) -> EvaluateConfig:
    """The settings of an evaluation, from what provenance tells of it."""
    try:
        protocol = Protocol.from_dict({name: value for name, value in told["protocol"].items() if name != "hash"})
        return EvaluateConfig(
            reference=Path(told["reference"]["path"]),
            generated=Path(told["generated"]["path"]),
            protocol=protocol,
            features=told["features"],
            metrics=tuple(told["metrics"]),
            runs=told["runs"],
            seed=told["seed"],
            method=told["method"],
            weights=overrides,
            fresh_samples=told["fresh_samples"],
            bfloat16=told["bfloat16"],
            max_failures=1.0,
        )
    except KeyError as error:
        raise DataError(f"provenance.json lacks {error}; an older avbench wrote it, evaluate again") from error


def _compared(stood: pd.DataFrame, again: pd.DataFrame, keys: list[str], file: str) -> tuple[Outcome, str]:
    """Whether two tables have the same lines with the same values; of the first that differs, what it says."""
    one, other = (frame.set_index(keys).sort_index() for frame in (stood, again))
    for absent, text in ((other.index.difference(one.index), "lacks"), (one.index.difference(other.index), "also has")):
        if len(absent):
            return "different", f"{file} {text} {_told(keys, absent[0])}"
    for column in (name for name in other.columns if name in one.columns):
        unlike = ~_alike(one[column], other[column])
        if unlike.any():
            place = other.index[int(np.argmax(unlike))]
            was, now = one[column].to_numpy()[unlike][0], other[column].to_numpy()[unlike][0]
            return "different", f"{file}: {column} of {_told(keys, place)} is {was} there and {now} done again"
    return "same", f"{file}: {len(other)} lines"


def _alike(one: pd.Series, other: pd.Series) -> Any:
    """(N,) bool; text must be equal, numbers up to rounding."""
    if pd.api.types.is_numeric_dtype(one) and pd.api.types.is_numeric_dtype(other):
        return np.isclose(one.to_numpy(float), other.to_numpy(float), rtol=_RELATIVE, atol=_ABSOLUTE, equal_nan=True)
    texts = [column.astype(object).where(column.notna(), "").astype(str).to_numpy() for column in (one, other)]
    return texts[0] == texts[1]


def _told(keys: list[str], place: Any) -> str:
    return ", ".join(f"{key} {value}" for key, value in zip(keys, place, strict=True))


def _provenance(folder: Path) -> Mapping[str, Mapping[str, Any]]:
    path = folder / "provenance.json"
    if not path.is_file():
        raise UsageError(f"{folder} is no results folder: it has no provenance.json; `avbench ls results` lists them")
    try:
        evaluations: Mapping[str, Mapping[str, Any]] = json.loads(path.read_bytes())["evaluations"]
        return dict(evaluations)
    except (ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path}: it is damaged; evaluate again") from error


def _lines(folder: Path) -> list[list[str]]:
    """The lines of results.csv without the heading."""
    path = folder / "results.csv"
    try:
        with path.open(newline="") as file:
            heading, *lines = list(csv.reader(file)) or [[]]
    except OSError as error:
        raise DataError(f"{path}: it cannot be read ({error.strerror}); evaluate again") from error
    if tuple(heading) != COLUMNS:
        lacking = [name for name in COLUMNS if name not in heading]
        what = f"lacks the column {lacking[0]}" if lacking else "has other columns"
        raise DataError(f"{path}: it {what}; evaluate again, or remove it")
    return lines


def _summary(folder: Path, evaluation: str) -> pd.DataFrame:
    path = folder / "summary.csv"
    try:
        summary = pd.read_csv(path)
        return summary[summary["evaluation"] == evaluation].reset_index(drop=True)
    except (OSError, ValueError, KeyError) as error:
        raise DataError(f"{path}: it is missing or damaged; `avbench eval` writes it again") from error
