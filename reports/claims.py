"""The numbers in the paper's sentences, beside what its own tables give and beside ours.

Gains are relative to the best baseline of a table, 1 - ours / baseline. Those of Landscape follow from the printed
numbers; those of AIST++ follow from no printed pair, and the table of claims says so.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from itertools import product

import pandas as pd

from reports.comparison.table import Comparison
from reports.comparison.words import number as number_text
from reports.page.datasets import DataSet
from reports.page.tables import HtmlTable, of_frame
from reports.paper_rows import Column, PaperRow, PaperTable, paper_tables

_BASELINES = {"FVD": ("DIGAN", "TATS-base"), "FAD": ("Diffwave",)}
_OURS = ("Ours", "Ours*")
_GAINS = ((1, "FVD", 25.0), (1, "FAD", 32.9), (2, "FVD", 56.7), (2, "FAD", 37.7))  # table, metric, percent
# Registered name of the model, what the paper calls it, what it says, in millions.
_PARAMETERS = (("mm-diffusion", "coupled U-Net", 115.13), ("super-resolution", "super-resolution network", 311.03))
_FIGURES = {  # section 4.2, of the data sets: figure -> what is said
    "landscape": {"sources": "928", "clips": "1,000", "hours": "2.7", "source_frames": "300K"},
    "aist": {"clips": "1,020", "hours": "5.2", "source_frames": "560K"},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A number of a sentence. What there is not is ""."""

    claim: str
    paper: str
    recomputed: str  # from what the paper prints elsewhere
    ours: str
    remark: str


def claims(
    comparisons: Sequence[Comparison],
    opinions: pd.DataFrame,
    parameters: Mapping[str, int],
    datasets: Sequence[DataSet],
) -> list[Claim]:
    """All claims.

    Args:
        comparisons: tables 1 and 2 with our numbers; where there are several of one table, the first that has a
            number counts.
        opinions: votes of our studies, as in `scores.csv`.
        parameters: of the networks in the paper's size, counted, by registered name.
        datasets: what was prepared here.
    """
    found = [_gain(number, metric, percent, comparisons) for number, metric, percent in _GAINS]
    found += [_size(*one, parameters) for one in _PARAMETERS]
    found += _votes(opinions)
    found += _sizes(datasets)
    return found


def claims_to_csv(found: Sequence[Claim]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([[field.name for field in fields(Claim)], *map(astuple, found)])
    return text.getvalue()


def claims_to_markdown(found: Sequence[Claim]) -> str:
    headings = ("the paper's claim", "it says", "its tables give", "ours", "remark")
    rows = [headings, (":--", "--:", "--:", "--:", ":--"), *map(astuple, found)]
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def claims_table(found: Sequence[Claim]) -> HtmlTable:
    headings = ["claim", "the paper says", "its tables give", "ours", "remark"]
    frame = pd.DataFrame([dict(zip(headings, astuple(claim), strict=True)) for claim in found], columns=headings)
    return of_frame(frame, "claims", "The paper's sentences", ("claims.csv", "claims.md"))


def _gain(number: int, metric: str, percent: float, comparisons: Sequence[Comparison]) -> Claim:
    table, column = paper_tables()[number], Column("", metric)
    baseline = min(_printed(table, column, _BASELINES[metric]))
    pairs = [100 * (1 - ours / baseline) for ours in _printed(table, column, _OURS)]
    recomputed = " or ".join(f"{number_text(gain, 1)} %" for gain in pairs)
    anything = [row.published[column] for row in table.rows if column in row.published and row.method != "Ground-truth"]
    every_pair = [100 * (1 - one / other) for one, other in product(anything, repeat=2)]
    if any(_rounds_to(gain, percent) for gain in pairs):
        remark = "follows from the printed numbers of Ours (DPM-Solver) and the best baseline"
    elif any(_rounds_to(gain, percent) for gain in every_pair):
        remark = "follows from printed numbers, but not from ours and the best baseline"
    else:
        remark = "matches no pair of printed numbers; given are Ours and Ours* against the best baseline"
    return Claim(
        claim=f"{table.dataset}: gain in {metric} over the best baseline",
        paper=f"{percent} %",
        recomputed=recomputed,
        ours=_our_gain(number, column, comparisons),
        remark=remark,
    )


def _printed(table: PaperTable, column: Column, methods: Sequence[str]) -> list[float]:
    rows: Iterator[PaperRow] = (row for row in table.rows if row.method in methods and column in row.published)
    return [row.published[column] for row in rows]


def _rounds_to(gain: float, percent: float) -> bool:
    return abs(gain - percent) <= 0.05 + 1e-9


def _our_gain(number: int, column: Column, comparisons: Sequence[Comparison]) -> str:
    for comparison in comparisons:
        if comparison.table.number != number:
            continue
        place = comparison.table.columns.index(column)
        scores = {line.label: line.cells[place].ours for line in comparison.lines}
        values = {name: score.value for name, score in scores.items() if score is not None and score.counts}
        baselines = [values[name] for name in _BASELINES[column.metric] if name in values]
        ours = [values[name] for name in _OURS if name in values]
        if baselines and ours and min(baselines) > 0:
            return " or ".join(f"{number_text(100 * (1 - value / min(baselines)), 1)} %" for value in ours)
    return ""


def _size(model: str, name: str, millions: float, parameters: Mapping[str, int]) -> Claim:
    count = parameters.get(model)
    agrees = count is not None and abs(count / 1e6 - millions) < 0.005
    return Claim(
        claim=f"parameters of the {name}",
        paper=f"{millions}M",
        recomputed="",
        ours="" if count is None else f"{count:,}",
        remark=""
        if count is None
        else "agrees"
        if agrees
        else "not what it says; the released code has as many as ours",
    )


def _votes(opinions: pd.DataFrame) -> Iterator[Claim]:
    turing = opinions["metric"] == "turing_pass_percent"
    cells = {False: "1,500 pairs x 3 tasks x 5 raters x 2 data sets", True: "1,000 pairs x 5 raters x 2 data sets"}
    for is_turing, said, product_ in ((False, "45k", "45,000"), (True, "10k", "10,000")):
        own = opinions[turing == is_turing]
        yield Claim(
            claim=f"votes in the {'Turing test' if is_turing else 'user study'}",
            paper=said,
            recomputed=product_,
            ours=f"{int(own['n'].sum()):,}" if len(own) else "",
            remark=f"{cells[is_turing]}; ours are votes that count",
        )


def _sizes(datasets: Sequence[DataSet]) -> Iterator[Claim]:
    there = {one.name: one.statistics for one in datasets if one.statistics is not None}
    for name, figures in _FIGURES.items():
        statistics = there.get(name)
        own = {} if statistics is None else dict(zip(statistics["figure"], statistics["ours"], strict=True))
        notes = {} if statistics is None else dict(zip(statistics["figure"], statistics["note"], strict=True))
        for figure, said in figures.items():
            yield Claim(
                claim=f"{name}: {'frames of the sources' if figure == 'source_frames' else figure}",
                paper=said,
                recomputed="",
                ours=own.get(figure, ""),
                remark=notes.get(figure, ""),
            )
