"""Small bar charts for HTML pages, coloured by the page's own style."""

from dataclasses import dataclass
from html import escape

import numpy as np
import pandas as pd

_BINS = 16
_CATEGORIES = 10  # the rest is one bar
_NAMED = 5  # bars that all have room for a name
_WIDTH, _HEIGHT, _FOOT, _HEAD = 320, 110, 18, 14  # pixels of the picture, and of those the labels and numbers


@dataclass(frozen=True, slots=True)
class Bar:
    """What it counts, and how many."""

    name: str
    count: int
    title: str  # shown where one points


def histogram(values: pd.Series) -> list[Bar]:
    """Equal bins over all numbers, or one bar for each where there are few; none where there are no numbers."""
    numbers = values.dropna().astype(float)
    if numbers.empty:
        return []
    if numbers.nunique() <= _NAMED:
        distinct = numbers.value_counts().sort_index()
        return [Bar(f"{value:g}", int(count), f"{value:g}: {count:,}") for value, count in distinct.items()]
    counts, edges = np.histogram(numbers, bins=_BINS)
    return [
        Bar(f"{low:.3g}", int(count), f"{low:.3g} to {high:.3g}: {count:,}")
        for low, high, count in zip(edges[:-1], edges[1:], counts, strict=True)
    ]


def counted(values: pd.Series) -> list[Bar]:
    """The most frequent values, and one bar for all others."""
    frequent = values.dropna().value_counts()
    names = [f"{value:g}" if isinstance(value, float) else str(value) for value in frequent.index]
    bars = [Bar(name, int(count), f"{name}: {count:,}") for name, count in zip(names, frequent, strict=True)]
    rest = bars[_CATEGORIES:]
    others = sum(bar.count for bar in rest)
    more = [Bar("others", others, f"{len(rest):,} others: {others:,}")] if rest else []
    return bars[:_CATEGORIES] + more


def upright(bars: list[Bar], title: str) -> str:
    """Bars side by side as SVG, with the ends of the scale below."""
    highest = max(bar.count for bar in bars)
    step, base = _WIDTH / max(len(bars), _NAMED), _HEIGHT - _FOOT  # one bar alone is no wall
    drawn = []
    for place, bar in enumerate(bars):
        high = (base - _HEAD) * bar.count / highest
        drawn.append(
            f'<rect x="{place * step + 1:.1f}" y="{base - high:.1f}" width="{step - 2:.1f}" height="{high:.1f}">'
            f"<title>{escape(bar.title)}</title></rect>"
        )
    few = len(bars) <= _NAMED
    for place, bar in enumerate(bars) if few else ((0, bars[0]), (len(bars) - 1, bars[-1])):
        drawn.append(_text((place + 0.5) * step, base + 13, bar.name))
    if few:
        drawn += [
            _text((place + 0.5) * step, base - (base - _HEAD) * bar.count / highest - 3, f"{bar.count:,}")
            for place, bar in enumerate(bars)
        ]
    return (
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(title, quote=True)}">'
        f'{"".join(drawn)}<line x1="0" x2="{_WIDTH}" y1="{base}" y2="{base}"/></svg>'
    )


def lying(bars: list[Bar]) -> str:
    """Bars below each other as an HTML table, for names that are long."""
    highest = max(bar.count for bar in bars)
    rows = (
        f"<tr><td>{escape(bar.name)}</td>"
        f'<td class=lane><span style="width:{100 * bar.count / highest:.1f}%" title="{escape(bar.title, quote=True)}">'
        f"</span></td><td class=number>{bar.count:,}</td></tr>"
        for bar in bars
    )
    return f"<table class=bars>{''.join(rows)}</table>"


def _text(x: float, y: float, words: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{escape(words)}</text>'
