"""`study report --with results`: every automatic metric beside what people said of the same methods."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path

from avbench.errors import DataError, UsageError
from reports.comparison.scored import Scored, read_results
from reports.paper_rows import paper_dataset
from reports.study import roles
from reports.study.analysis.correlation import Correlation, Point, correlate
from reports.study.report.reported import Reported
from reports.study.report.sheet import Sheet
from reports.study.report.words import PASS_METRIC, decimal, interval, metric, p_value


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

    Trials (`reproduce --smoke`) and values that somebody changed by hand take no part.

    Args:
        reported: the studies.
        results: folder of results folders.
        called: a study's method -> what results call it; others match by name, or by the paper's name for both.
        seed: of the draws behind intervals.

    Raises:
        UsageError: there are no results, or no metric has two methods in common with a study.
        DataError: a file of the results is damaged, or two results give a metric of one method.
    """
    scored = [one for one in read_results(results).scored if not one.smoke]
    found = [
        one for study in reported for scores in _scores(study) for one in _correlated(scores, scored, called, seed)
    ]
    if not found:
        known = ", ".join(sorted({f"{one.method} on {one.dataset}" for one in scored})) or "nothing but trials"
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


def _correlated(
    scores: _Scores, scored: Sequence[Scored], called: Mapping[str, str], seed: int
) -> Iterator[MetricAgainstPeople]:
    same = [one for one in scored if _same(one.dataset, scores.dataset, paper_dataset)]
    kinds = {
        (name, one.protocol, one.protocol_hash, score.weights_sha256)
        for one in same
        for name, score in one.scores.items()
        if score.counts
    }
    for kind in sorted(kinds):
        comparable = [one for one in same if _kind(one, kind[0]) == kind]
        points, n = _points(scores, kind[0], comparable, called)
        if len(points) > 1:
            yield MetricAgainstPeople(
                dataset=scores.dataset,
                metric=kind[0],
                protocol=kind[1],
                n_generated=n,
                score=scores.name,
                methods=tuple(point.method for point in points),
                correlation=correlate(points, seed=seed, name="/".join((scores.study_id, scores.dataset, *kind))),
            )


def _kind(one: Scored, name: str) -> tuple[str, str, str, str] | None:
    """What must be equal for values of a metric to be compared; None where there is no value to compare."""
    score = one.scores.get(name)
    return (name, one.protocol, one.protocol_hash, score.weights_sha256) if score and score.counts else None


def _points(scores: _Scores, name: str, scored: Sequence[Scored], called: Mapping[str, str]) -> tuple[list[Point], int]:
    """Methods that both know, at the N at which most of them were measured: distances of unlike N are no rivals."""
    best: tuple[list[Point], int] = ([], 0)
    for n in sorted({one.n_generated for one in scored}):
        points = []
        for method, (score, score_se) in scores.by_method.items():
            found = [one for one in scored if one.n_generated == n and _is(one.method, method, called)]
            if found:
                value, se = _value(name, found)
                points.append(Point(method=method, metric=value, metric_se=se, score=score, score_se=score_se))
        if len(points) >= len(best[0]):  # the larger N of equals
            best = (points, n)
    return best


def _value(name: str, found: Sequence[Scored]) -> tuple[float, float | None]:
    """A metric's value and standard error. Every evaluation brings the ground truth of its own draws: their mean."""
    scores = [one.scores[name] for one in found]
    values = {score.value for score in scores}
    if len(values) > 1 and not found[0].is_ground_truth:
        named = ", ".join(sorted({str(one.folder) for one in found}))
        raise DataError(f"{named}: both give {name} of {found[0].method} on {found[0].dataset}; take one away")
    errors = [score.se for score in scores if not isnan(score.se)]
    return sum(values) / len(values), max(errors, default=None)


def _is(result: str, method: str, called: Mapping[str, str]) -> bool:
    """Whether results mean a study's method by a name."""
    if method in called:
        return result == called[method]
    return _same(result, method, roles.paper_method)


def _same(a: str, b: str, paper: Callable[[str], str | None]) -> bool:
    """Whether two names are equal, or the paper has one name for both."""
    return a.casefold() == b.casefold() or (bool(paper(a)) and paper(a) == paper(b))
