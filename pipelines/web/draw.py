"""What is drawn from a list with a seed: splits by scene, and samples."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from avbench.seeds import stream
from pipelines.splits import assign_splits
from pipelines.web.item import Listing, WebItem
from pipelines.web.table import places_by_key

SHARES = {"train": Fraction(9, 10), "test": Fraction(1, 10)}  # where a source has no splits of its own


def deal_splits(items: Sequence[WebItem], shares: Mapping[str, Fraction], seed: int) -> list[WebItem]:
    """Put items into splits, all items of one scene into the same: else a test would ask for what training showed."""
    splits = assign_splits(sorted({scene_of(item) for item in items}), shares, seed)
    return [replace(item, split=splits[scene_of(item)]) for item in items]


def scene_of(item: WebItem) -> str:
    """What an item shares its scenes with."""
    return item.scene or item.video


def shuffled(listing: Listing, seed: int) -> NDArray[np.int64]:
    """The places of the items in the list, in the order in which they are drawn."""
    order = stream(seed, "prepare", "sample", listing.source).permutation(len(listing.items))
    drawn: NDArray[np.int64] = places_by_key(listing.items)[order]  # a list in another order gives the same sample
    return drawn


def sample(listing: Listing, limit: int | None, seed: int) -> Listing:
    """`limit` items of the list, drawn; None keeps all."""
    if limit is None or limit >= len(listing.items):
        return listing
    return keep(listing, shuffled(listing, seed)[:limit], seed)


def keep(listing: Listing, places: Iterable[int], seed: int) -> Listing:
    """The list with the items at these places, in the list's order."""
    return replace(
        listing,
        items=tuple(listing.items[place] for place in sorted(places)),
        seed=seed,
        drawn_from=listing.drawn_from or len(listing.items),
    )
