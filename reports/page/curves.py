"""Scores along a training, and along the effort of sampling, where several evaluations of one run allow."""

from collections.abc import Callable, Iterator, Sequence

from reports.comparison.scored import Scored
from reports.comparison.ties import half_width
from reports.page.charts import Chart, Curve, curve_chart


def curve_charts(scored: Sequence[Scored]) -> list[tuple[str, Chart]]:
    """Charts with titles: metrics by training step, and by evaluations of the network (NFE), on each data set.

    What was made to fit given sound or pictures is left out: it depends on these, and on guidance, as well.
    """
    made = [one for one in scored if one.made and not one.made.conditional]
    kinds: tuple[tuple[str, Callable[[Scored], float], Callable[[Scored], str]], ...] = (
        ("training step", _step, lambda one: f"{_run(one)}, {_solver(one)} {_evaluations(one):.0f}"),
        ("evaluations of the network", _evaluations, lambda one: f"{_run(one)}, {_solver(one)}, step {_step(one):.0f}"),
    )
    charts: list[tuple[str, Chart]] = []
    for dataset, digest in dict.fromkeys((one.dataset, one.protocol_hash) for one in made):
        own = [one for one in made if (one.dataset, one.protocol_hash) == (dataset, digest)]
        for x_label, where, series in kinds:
            curves = dict(_curves(own, where, series))
            if curves:
                chart = curve_chart(curves, x_label, f"curve{len(charts)}")
                charts.append((f"{dataset}, protocol {own[0].protocol}: by {x_label}", chart))
    return charts


def _curves(
    scored: Sequence[Scored], where: Callable[[Scored], float], series: Callable[[Scored], str]
) -> Iterator[tuple[str, list[Curve]]]:
    """By metric, the series that have at least two places."""
    for metric in dict.fromkeys(name for one in scored for name in one.scores):
        curves = []
        for name in dict.fromkeys(map(series, scored)):
            # Of two evaluations at one place (another N or seed), the larger and then the first counts.
            points: dict[float, tuple[int, Scored]] = {}
            for one in scored:
                if series(one) == name and metric in one.scores and one.scores[metric].counts:
                    place = where(one)
                    if place not in points or one.n > points[place][0]:
                        points[place] = one.n, one
            if len(points) > 1:
                values = [(place, one.scores[metric]) for place, (_, one) in points.items()]
                curves.append(Curve(name, [(place, score.value, half_width(score)) for place, score in values]))
        if curves:
            yield metric, curves


def _run(one: Scored) -> str:
    if not one.made:
        return ""
    return f"{one.made.run}, upscaled" if one.made.upscaled else one.made.run


def _solver(one: Scored) -> str:
    return one.made.solver if one.made else ""


def _step(one: Scored) -> float:
    return float(one.made.step if one.made else 0)


def _evaluations(one: Scored) -> float:
    return float(one.made.evaluations if one.made else 0)
