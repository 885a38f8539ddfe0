"""Choosing among results, and what a chosen table was made from."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from avbench.errors import UsageError
from reports.comparison.scored import Scored
from reports.comparison.table import Comparison


def select(
    scored: Sequence[Scored], *, protocol: str = "", features: Collection[str] = (), dataset: str = ""
) -> list[Scored]:
    """The evaluations of one protocol, features and data set; "" and () are any.

    Args:
        protocol: its name, or the beginning of its hash.
        features: names of extractors; scores of others are dropped.

    Raises:
        UsageError: nothing is left; the message tells what there is.
    """
    fitting = [
        one
        for one in scored
        if (not protocol or protocol == one.protocol or one.protocol_hash.startswith(protocol))
        and (not dataset or one.dataset == dataset)
    ]
    if features:
        of_these = [
            replace(one, scores={name: score for name, score in one.scores.items() if score.features in features})
            for one in fitting
        ]
        fitting = [one for one in of_these if one.scores]
    if not fitting:
        there = _told("protocols", (f"{one.protocol} ({one.protocol_hash})" for one in scored))
        there += _told("; data sets", (one.dataset for one in scored))
        there += _told("; features", (score.features for one in scored for score in one.scores.values()))
        raise UsageError(f"no results fit --protocol, --features and --dataset; there are {there}")
    return fitting


def made_from(comparison: Comparison, files: Mapping[str, str]) -> dict[str, str]:
    """Those of the read files that the numbers of a comparison are from, with their SHA-256."""
    folders = {str(cell.scored.folder) for line in comparison.lines for cell in line.cells if cell.scored is not None}
    return {path: digest for path, digest in files.items() if path.rpartition("/")[0] in folders}


def _told(what: str, names: Iterable[str]) -> str:
    return f"{what} {', '.join(dict.fromkeys(names))}"
