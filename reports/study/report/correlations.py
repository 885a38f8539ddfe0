"""`study report --with results`: every automatic metric beside what people said of the same methods."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from avbench.errors import DataError, UsageError
from reports.paper_rows import paper_dataset
from reports.study import roles
from reports.study.analysis.correlation import Correlation, Point, correlate
from reports.study.report.reported import Reported
from reports.study.report.sheet import Sheet
from reports.study.report.words import PASS_METRIC, decimal, interval, metric, p_value

_NEEDED = ("dataset", "method", "metric", "n_reference", "n_generated", "protocol", "protocol_hash", "mean")


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricAgainstPeople:
    """One metric and one question on a data set."""

    dataset: str
    metric: str
    protocol: str
    n_generated: int
    score: str  # VQ, AQ, A-V or turing_pass_percent
    methods: tuple[str, ...]
    correlation: Correlation


def correlations(
    reported: Sequence[Reported], results: Path, called: Mapping[str, str], *, seed: int = 0
) -> list[MetricAgainstPeople]:
    """Correlate over the methods that both a study and the results know.

    Args:
        reported: the studies.
        results: folder of results folders, each with a `summary.csv`.
        called: a study's method -> what results call it; others match by name, or by the paper's name for both.
        seed: of the draws behind intervals.

    Raises:
        UsageError: there is no `summary.csv`, or no metric has two methods in common with a study.
        DataError: a `summary.csv` lacks a column.
    """
    lines = _summaries(results)
    found = [one for study in reported for scores in _scores(study) for one in _correlated(scores, lines, called, seed)]
    if not found:
        known = ", ".join(
            sorted({f"{name} on {data}" for data, name in zip(lines["dataset"], lines["method"], strict=True)})
        )
        raise UsageError(
            f"{results}: no metric has two methods that the studies have, too; it has {known}. "
            "Tell which is which with --called STUDY-METHOD=RESULTS-METHOD"
        )
    return found


def correlation_sheet(found: Sequence[MetricAgainstPeople]) -> Sheet:
    """One line for each metric and question."""
    rows = [
        (
            *(one.dataset, one.metric, one.protocol, one.score),
            *(str(len(one.methods)), decimal(one.correlation.rho), interval(one.correlation.noise)),
            *(interval(one.correlation.methods), p_value(one.correlation.p), f"{one.n_generated:,}"),
        )
        for one in found
    ]
    return Sheet(
        name="correlation",
        title="Automatic metrics against people: Spearman's correlation over methods",
        headings=(
            *("Data set", "Metric", "Protocol", "Score", "methods", "ρ"),
            *("95 %, measured again", "95 %, other methods", "p", "N"),
        ),
        rows=tuple(rows),
        left=4,
        notes=(
            "A metric of which less is better (FVD, KVD, FAD) agrees with people where ρ is negative.",
            "measured again: what the noise of scores and metric does to ρ of these methods (2,000 draws). other "
            "methods: Bonett and Wright's interval, from four methods on. p is exact up to eight methods; with three, "
            "it cannot fall below 0.33.",
        ),
    )


@dataclass(frozen=True, slots=True)
class _Scores:
    """What people said on a data set in one question: method -> score and its standard error."""

    study_id: str
    dataset: str
    name: str
    by_method: dict[str, tuple[float, float | None]]


def _scores(study: Reported) -> Iterator[_Scores]:
    numbers, name = study.numbers(screened=True), study.study.study_id
    for dataset, task in dict.fromkeys((cell.dataset, cell.task) for cell in numbers.opinions):
        cells = [cell for cell in numbers.opinions if (cell.dataset, cell.task) == (dataset, task)]
        yield _Scores(name, dataset, metric(task), {cell.method: (cell.mean, cell.se_twoway) for cell in cells})
    for dataset in dict.fromkeys(cell.dataset for cell in numbers.passes):
        rates = [cell for cell in numbers.passes if cell.dataset == dataset]
        by_method = {}
        for cell in rates:
            variance = cell.pass_rate * (1 - cell.pass_rate) / (cell.n_eff or cell.n_votes)
            by_method[cell.method] = (100 * cell.pass_rate, 100 * variance**0.5)
        yield _Scores(name, dataset, PASS_METRIC, by_method)


def _summaries(results: Path) -> pd.DataFrame:
    paths = sorted(results.glob("*/summary.csv"))
    if not paths:
        raise UsageError(f"{results}: no folder in it has a summary.csv; make results with `avbench eval`")
    frames = []
    for path in paths:
        frame = pd.read_csv(path, dtype={"dataset": str, "method": str, "metric": str})
        if missing := [name for name in _NEEDED if name not in frame]:
            raise DataError(f"{path}: the column {missing[0]} is missing; give `avbench eval` again")
        frames.append(frame)
    lines = pd.concat(frames, ignore_index=True)
    return lines[lines["mean"].notna()]


def _correlated(
    scores: _Scores, lines: pd.DataFrame, called: Mapping[str, str], seed: int
) -> Iterator[MetricAgainstPeople]:
    names = {_plain(scores.dataset), paper_dataset(scores.dataset) or _plain(scores.dataset)}
    same = lines["dataset"].map(lambda name: _plain(name) in names or paper_dataset(name) in names)
    for (metric_name, protocol, _), group in lines[same].groupby(["metric", "protocol", "protocol_hash"], sort=True):
        points, n = _points(scores, group, called)
        if len(points) > 1:
            name = f"{scores.study_id}/{scores.dataset}/{scores.name}/{metric_name}/{protocol}"
            yield MetricAgainstPeople(
                dataset=scores.dataset,
                metric=str(metric_name),
                protocol=str(protocol),
                n_generated=n,
                score=scores.name,
                methods=tuple(point.method for point in points),
                correlation=correlate(points, seed=seed, name=name),
            )


def _points(scores: _Scores, lines: pd.DataFrame, called: Mapping[str, str]) -> tuple[list[Point], int]:
    """Methods that both know, at the N at which most of them were measured: distances of unlike N are no rivals."""
    best: tuple[list[Point], int] = ([], 0)
    for n, group in lines.groupby("n_generated", sort=True):
        points = []
        for method, (score, score_se) in scores.by_method.items():
            wanted = {_plain(called.get(method, method)), roles.paper_method(method) or _plain(method)}
            found = group[
                group["method"].map(lambda name: _plain(name) in wanted or roles.paper_method(name) in wanted)  # noqa: B023
            ]
            if len(found):
                line = found.iloc[-1]
                se = line.get("se")
                known = None if se is None or pd.isna(se) else float(se)
                points.append(
                    Point(method=method, metric=float(line["mean"]), metric_se=known, score=score, score_se=score_se)
                )
        if len(points) >= len(best[0]):  # the larger N of equals
            best = (points, int(str(n)))
    return best


def _plain(name: str) -> str:
    return name.casefold()
