"""Scores along a training, and along the effort of sampling, where several evaluations of one run allow."""

from collections.abc import Callable, Iterator, Sequence

from reports.comparison.making import Making
from reports.comparison.scored import Scored
from reports.comparison.ties import half_width
from reports.page.charts import Chart, Curve, curve_chart


def curve_charts(scored: Sequence[Scored]) -> list[tuple[str, Chart]]:
    """Charts with titles: metrics by training step, and by evaluations of the network (NFE), on each data set.

    What was made to fit given sound or pictures is left out: it depends on these, and on guidance, as well.
    """
    made = [(one, one.made) for one in scored if one.made and not one.made.conditional]
    kinds: tuple[tuple[str, Callable[[Making], int], Callable[[Making], str]], ...] = (
        ("training step", lambda made: made.step, lambda made: f"{_run(made)}, {made.solver} {made.evaluations}"),
        (
            "evaluations of the network",
            lambda made: made.evaluations,
            lambda made: f"{_run(made)}, {made.solver}, step {made.step}",
        ),
    )
    charts: list[tuple[str, Chart]] = []
    for dataset, digest in dict.fromkeys((one.dataset, one.protocol_hash) for one, _ in made):
        own = [(one, how) for one, how in made if (one.dataset, one.protocol_hash) == (dataset, digest)]
        for x_label, where, series in kinds:
            curves = dict(_curves([(one, where(how), series(how)) for one, how in own]))
            if curves:
                chart = curve_chart(curves, x_label, f"curve{len(charts)}")
                charts.append((f"{dataset}, protocol {own[0][0].protocol}: by {x_label}", chart))
    return charts


def _curves(placed: Sequence[tuple[Scored, float, str]]) -> Iterator[tuple[str, list[Curve]]]:
    """By metric, the series that have at least two places; each score comes with its place and its series."""
    for metric in dict.fromkeys(name for one, _, _ in placed for name in one.scores):
        curves = []
        for name in dict.fromkeys(series for _, _, series in placed):
            own = [(one, place) for one, place, series in placed if series == name and metric in one.scores]
            # Of two evaluations at one place (another N or seed), the larger and then the first counts.
            points: dict[float, Scored] = {}
            for one, place in own:
                if one.scores[metric].counts and (place not in points or one.n > points[place].n):
                    points[place] = one
            if len(points) > 1:
                values = [(place, one.scores[metric]) for place, one in points.items()]
                curves.append(Curve(name, [(place, score.value, half_width(score)) for place, score in values]))
        if curves:
            yield metric, curves


def _run(made: Making) -> str:
    return f"{made.run}, upscaled" if made.upscaled else made.run
