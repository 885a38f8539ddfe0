"""The report's numbers for machines: unrounded CSV and JSON, screened and unscreened."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, fields
from math import isfinite
from typing import Any

from reports.study.analysis.raters import RaterLine
from reports.study.privacy import csv_text
from reports.study.report.correlations import MetricAgainstPeople
from reports.study.report.reported import Reported
from reports.study.report.words import PASS_METRIC, metric

SCORES = "scores.csv"
_SCORE_COLUMNS = ("study_id", "dataset", "method", "metric", "value", "low", "high", "n", "screened")
_LISTS = ("opinions", "passes", "gaps", "agreements", "pairs", "drifts", "sensitivity")  # of Numbers


def scores_csv(one: Reported) -> str:
    """One line for each cell of Tables 5 and 6, after screening: what `avbench report` sets beside the paper's numbers.

    `value, low, high` are 1 to 5 for opinions (two-way clustered interval) and percent for pass rates (clustered
    Wilson); `n` votes are behind the value, `screened` were left out with their raters.
    """
    kept, everything = one.numbers(screened=True), one.numbers(screened=False)
    rows: list[tuple[object, ...]] = []
    all_opinions = {(cell.dataset, cell.method, cell.task): cell.n_votes for cell in everything.opinions}
    for cell in kept.opinions:
        out = all_opinions[cell.dataset, cell.method, cell.task] - cell.n_votes
        low, high = cell.ci95_twoway or (None, None)
        name = metric(cell.task)
        rows.append((one.study.study_id, cell.dataset, cell.method, name, cell.mean, low, high, cell.n_votes, out))
    all_passes = {(rate.dataset, rate.method): rate.n_votes for rate in everything.passes}
    for rate in kept.passes:
        out = all_passes[rate.dataset, rate.method] - rate.n_votes
        bounds = rate.wilson95_clustered
        low, high = (None, None) if bounds is None else (100 * bounds[0], 100 * bounds[1])
        value = 100 * rate.pass_rate
        rows.append((one.study.study_id, rate.dataset, rate.method, PASS_METRIC, value, low, high, rate.n_votes, out))
    return csv_text(_SCORE_COLUMNS, rows)


def csv_files(reported: Sequence[Reported], correlated: Sequence[MetricAgainstPeople]) -> Iterator[tuple[str, str]]:
    """Names and texts of the CSV files: one for each kind of number. `screened` is yes or no."""
    for name in _LISTS:
        rows: list[dict[str, object]] = []
        for one in reported:
            for screened in (True, False):
                told = {"study_id": one.study.study_id, "screened": "yes" if screened else "no"}
                rows += [told | _flat(asdict(item)) for item in getattr(one.numbers(screened=screened), name)]
        if rows:
            columns = list(dict.fromkeys(column for row in rows for column in row))
            yield f"{name}.csv", csv_text(columns, [[row.get(column) for column in columns] for row in rows])
    lines = [{"study_id": one.study.study_id} | _flat(asdict(line)) for one in reported for line in one.analysis.raters]
    columns = ["study_id", *(field.name for field in fields(RaterLine))]
    yield "raters.csv", csv_text(columns, [[line[column] for column in columns] for line in lines])
    if correlated:
        flat = [_flat(asdict(one)) for one in correlated]
        yield "correlation.csv", csv_text(list(flat[0]), [list(row.values()) for row in flat])


def report_json(reported: Sequence[Reported], correlated: Sequence[MetricAgainstPeople]) -> str:
    """Everything in one document; null where a number is undefined."""
    studies = [
        {
            "study_id": one.study.study_id,
            "ground_truth": one.analysis.ground_truth,
            "focus": one.analysis.focus,
            "ingestion": one.counts,
            "gold_answers": one.analysis.gold_answers,
            "rules": asdict(one.study.screening),
            "excluded": one.analysis.screening.excluded,
            "rater_diagnostics": {rater: asdict(seen) for rater, seen in one.analysis.screening.raters.items()},
            "screened": asdict(one.analysis.screened),
            "unscreened": asdict(one.analysis.unscreened),
        }
        for one in reported
    ]
    document = {"studies": studies, "correlation": [asdict(one) for one in correlated]}
    return json.dumps(_finite(document), indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _flat(item: dict[str, Any]) -> dict[str, object]:
    """One row: intervals as two columns, counts and inner objects as one column each."""
    row: dict[str, object] = {}
    for name, value in item.items():
        if isinstance(value, dict):
            row |= {f"{name}_{inner}": part for inner, part in _flat(value).items()}
        elif isinstance(value, tuple) and len(value) == 2 and all(isinstance(part, float) for part in value):
            row |= {f"{name}_low": value[0], f"{name}_high": value[1]}
        elif isinstance(value, tuple):
            row[name] = ";".join(map(str, value))
        else:
            row[name] = value
    return row


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _finite(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(part) for part in value]
    return None if isinstance(value, float) and not isfinite(value) else value
