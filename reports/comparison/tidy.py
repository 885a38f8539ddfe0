"""A comparison as CSV, one line for each number, for programs."""

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Any

import pandas as pd

from reports.comparison.table import Comparison, Line
from reports.paper_rows import Column

COLUMNS = (
    *("table", "row", "method", "group", "metric", "published", "ours_metric", "ours", "low", "high", "difference"),
    *("best", "n_reference", "n_generated", "runs", "protocol", "protocol_hash", "notes", "results", "evaluation"),
    "results_sha256",
)


def to_csv(comparison: Comparison, made_from: Mapping[str, str]) -> str:
    """All numbers of a comparison; what there is not is empty.

    Args:
        made_from: files and their SHA-256, of which each line names the `results.csv` that its number is from.
    """
    lines = [
        entry for line in (*comparison.lines, *comparison.literature) for entry in _entries(comparison, line, made_from)
    ]
    return pd.DataFrame(lines, columns=list(COLUMNS)).to_csv(index=False, lineterminator="\n")


def _entries(comparison: Comparison, line: Line, made_from: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    for column, cell in zip(comparison.table.columns, line.cells, strict=True):
        if cell.published is None and cell.ours is None:
            continue
        entry: dict[str, Any] = _place(comparison, line, column) | {"published": cell.published}
        # On a row of the paper, notes on the whole row are about ours.
        marks = cell.marks if line.id and cell.ours is None else (*line.marks, *cell.marks)
        entry["notes"] = "; ".join(comparison.notes[mark - 1] for mark in marks)
        if cell.ours is not None:
            entry |= {
                "ours_metric": cell.ours.metric,
                "ours": cell.ours.value,
                "low": cell.ours.low,
                "high": cell.ours.high,
                "difference": cell.difference if isfinite(cell.difference) else None,
                "best": cell.best,
                "runs": cell.ours.runs,
            }
        if cell.scored is not None:
            entry |= {
                "n_reference": cell.scored.n_reference,
                "n_generated": cell.scored.n_generated,
                "protocol": cell.scored.protocol,
                "protocol_hash": cell.scored.protocol_hash,
                "results": str(cell.scored.folder),
                "evaluation": cell.scored.evaluation,
                "results_sha256": made_from.get(str(cell.scored.folder / "results.csv")),
            }
        yield entry


def _place(comparison: Comparison, line: Line, column: Column) -> dict[str, Any]:
    return {
        "table": comparison.table.number,
        "row": line.id.rpartition(":")[2],
        "method": line.label,
        "group": column.group,
        "metric": column.metric,
    }
