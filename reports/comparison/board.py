"""The scores of all methods on one data set under one protocol, paper or not: what was evaluated, side by side."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Literal

import pandas as pd

from avbench.metrics.metric import METRICS
from reports.comparison.latex import escape
from reports.comparison.scored import Score, Scored
from reports.comparison.ties import best_by_size
from reports.comparison.words import number, significant


@dataclass(frozen=True, slots=True)
class Measure:
    """A column: a metric taken with one network."""

    label: str  # "FVD", "FVD[transnetv2]"
    weights_sha256: str

    @property
    def better(self) -> Literal["lower", "higher"]:
        own = (metric for metric in map(METRICS.__getitem__, METRICS) if self.label.startswith(metric.label))
        # The longest label that fits; a metric of a plug-in that is not loaded is taken for a distance.
        fitting = max(own, key=lambda metric: len(metric.label), default=None)
        return fitting.better if fitting else "lower"


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """All methods on one data set under one protocol; within a column, rows of one N are comparable."""

    dataset: str
    protocol: str
    protocol_hash: str
    measures: tuple[Measure, ...]
    rows: tuple[Scored, ...]  # the ground truth last

    @property
    def name(self) -> str:
        """For file names."""
        return file_name(f"scores-{self.dataset}-{self.protocol}-{self.protocol_hash[:6]}")

    def heading(self, measure: Measure) -> str:
        """The column's name; with the weights where two columns differ in them alone."""
        alike = [other for other in self.measures if other.label == measure.label]
        weights = f" (weights {measure.weights_sha256[:6]})" if len(alike) > 1 else ""
        return f"{measure.label}{weights} {'↓' if measure.better == 'lower' else '↑'}"

    def column(self, measure: Measure) -> list[Score | None]:
        """The scores of a column, one for each row."""
        found = (row.scores.get(measure.label) for row in self.rows)
        return [score if score and score.weights_sha256 == measure.weights_sha256 else None for score in found]

    def best(self, measure: Measure) -> list[bool]:
        """Which of a column are the best or tied with it, among rows of one N; the ground truth is no competitor."""
        rivals = [
            None if row.is_ground_truth else score for row, score in zip(self.rows, self.column(measure), strict=True)
        ]
        return best_by_size(rivals, [row.clips for row in self.rows], measure.better)

    def decimals(self, measure: Measure) -> int:
        values = [abs(score.value) for score in self.column(measure) if score and isfinite(score.value)]
        return significant(max(values, default=0.0))


def file_name(text: str) -> str:
    """The text with a dash for every sign that a file name should not hold."""
    return "".join(sign if sign.isalnum() or sign in "-_." else "-" for sign in text)


def boards(scored: Sequence[Scored]) -> list[Board]:
    """The boards of all evaluations. Ground truths that are equal are one row."""
    groups: dict[tuple[str, str], list[Scored]] = {}
    for one in scored:
        groups.setdefault((one.dataset, one.protocol_hash), []).append(one)
    return [_board(found) for found in groups.values()]


def to_csv(scored: Sequence[Scored], made_from: Mapping[str, str]) -> str:
    """All scores as CSV, one line each, with what made the set and the file that it is from."""
    return pd.DataFrame([_line(one, score, made_from) for one in scored for score in one.scores.values()]).to_csv(
        index=False, lineterminator="\n"
    )


def to_markdown(board: Board, made_from: Mapping[str, str]) -> str:
    """A board as Markdown."""
    headings = ["method", *map(board.heading, board.measures), "N ref/gen"]
    lines = [f"**{board.dataset}, protocol {board.protocol} ({board.protocol_hash})**", ""]
    rules = [":--", *(["--:"] * (len(headings) - 1))]
    columns = [_column(board, measure, "**{}**") for measure in board.measures]
    rows = [
        [row.method.replace("|", r"\|"), *(column[place] for column in columns), f"{row.n_reference}/{row.n_generated}"]
        for place, row in enumerate(board.rows)
    ]
    lines += ["| " + " | ".join(row) + " |" for row in (headings, rules, *rows)]
    lines += [
        "",
        "In brackets: 95 % intervals. Bold: the best of one N, and all that cannot be told from it.",
        "",
    ]
    lines += [f"<!-- from {path} sha256 {digest} -->" for path, digest in made_from.items()]
    return "\n".join(lines) + "\n"


def to_latex(board: Board, made_from: Mapping[str, str]) -> str:
    """A board as LaTeX with booktabs."""
    columns = [[escape_bold(cell) for cell in _column(board, measure, "\0{}\0")] for measure in board.measures]
    rows = [
        " & ".join([escape(row.method), *(column[place] for column in columns)]) + r" \\"
        for place, row in enumerate(board.rows)
    ]
    title = f"{board.dataset}, protocol {board.protocol} ({board.protocol_hash}); 95 % intervals in brackets."
    headings = [escape(board.heading(measure)) for measure in board.measures]
    lines = [
        *(f"% from {path} sha256 {digest}" for path, digest in made_from.items()),
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{escape(title)}}}",
        rf"\begin{{tabular}}{{l{'r' * len(headings)}}}",
        r"\toprule",
        " & ".join(["Method", *headings]) + r" \\",
        r"\midrule",
        *rows,
        r"\bottomrule",
        r"\end{tabular}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def escape_bold(cell: str) -> str:
    """Text as LaTeX prints it; what stands between two NUL signs is bold."""
    if "\0" not in cell:
        return escape(cell)
    _, bold, rest = cell.split("\0")
    return rf"\textbf{{{escape(bold)}}}{escape(rest)}"


def spoken_interval(score: Score, decimals: int) -> str:
    """An interval in brackets; "" where there is none."""
    if not (isfinite(score.low) and isfinite(score.high)):
        return ""
    return f"[{number(score.low, decimals)}, {number(score.high, decimals)}]"


def _board(found: Sequence[Scored]) -> Board:
    measures = dict.fromkeys(
        Measure(score.metric, score.weights_sha256) for one in found for score in one.scores.values()
    )
    rows: list[Scored] = []
    # Models before the ground truth, the larger N before the smaller; the richest of equal ground truths first.
    for one in sorted(found, key=lambda one: (one.is_ground_truth, -one.n, -len(one.scores) * one.is_ground_truth)):
        if not (one.is_ground_truth and any(_says_the_same(one, other) for other in rows)):
            rows.append(one)
    first = found[0]
    return Board(
        dataset=first.dataset,
        protocol=first.protocol,
        protocol_hash=first.protocol_hash,
        measures=tuple(measures),
        rows=tuple(rows),
    )


def _says_the_same(one: Scored, other: Scored) -> bool:
    """Whether all that a ground truth says stands in another one already."""
    if not other.is_ground_truth or (one.n_reference, one.n_generated) != (other.n_reference, other.n_generated):
        return False
    there = {name: score.value for name, score in other.scores.items()}
    return all(there.get(name) == score.value for name, score in one.scores.items())


def _column(board: Board, measure: Measure, bold: str) -> list[str]:
    decimals = board.decimals(measure)
    cells = []
    for score, is_best in zip(board.column(measure), board.best(measure), strict=True):
        if score is None:
            cells.append("")
            continue
        value = number(score.value, decimals)
        edited = " (edited by hand)" if score.edited else ""
        interval = spoken_interval(score, decimals)
        cells.append((bold.format(value) if is_best else value) + (f" {interval}" if interval else "") + edited)
    return cells


def _line(one: Scored, score: Score, made_from: Mapping[str, str]) -> dict[str, Any]:
    made = one.made
    return {
        "dataset": one.dataset,
        "method": one.method,
        "metric": score.metric,
        "value": score.value,
        "low": score.low,
        "high": score.high,
        "se": score.se,
        "sd_over_runs": score.sd,
        "runs": score.runs,
        "n_reference": one.n_reference,
        "n_generated": one.n_generated,
        "model": made.model if made else "",
        "training_step": made.step if made else None,
        "solver": made.solver if made else "",
        "evaluations": made.evaluations if made else None,
        "features": score.features,
        "weights_sha256": score.weights_sha256,
        "protocol": one.protocol,
        "protocol_hash": one.protocol_hash,
        "note": score.note,
        "edited": score.edited,
        "results": str(one.folder),
        "evaluation": one.evaluation,
        "results_sha256": made_from.get(str(one.folder / "results.csv")),
    }
