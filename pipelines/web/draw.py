"""What is drawn from a list with a seed: splits by scene, and samples."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from avbench.seeds import stream
from pipelines.splits import assign_splits
from pipelines.web.item import Listing, WebItem

SHARES = {"train": Fraction(9, 10), "test": Fraction(1, 10)}  # where a source has no splits of its own


def deal_splits(items: Sequence[WebItem], shares: Mapping[str, Fraction], seed: int) -> list[WebItem]:
    """Put items into splits, all items of one scene into the same: else a test would ask for what training showed."""
    splits = assign_splits(sorted({scene_of(item) for item in items}), shares, seed)
    return [replace(item, split=splits[scene_of(item)]) for item in items]


def scene_of(item: WebItem) -> str:
    """What an item shares its scenes with."""
    return item.scene or item.video


def shuffled(listing: Listing, seed: int) -> list[WebItem]:
    """The items in the order in which they are drawn."""
    order = stream(seed, "prepare", "sample", listing.source).permutation(len(listing.items))
    by_key = sorted(listing.items, key=lambda item: item.key)  # a list in another order gives the same sample
    return [by_key[place] for place in order]


def sample(listing: Listing, limit: int | None, seed: int) -> Listing:
    """`limit` items of the list, drawn; None keeps all."""
    if limit is None or limit >= len(listing.items):
        return listing
    return keep(listing, {item.key for item in shuffled(listing, seed)[:limit]}, seed)


def keep(listing: Listing, keys: set[str], seed: int) -> Listing:
    """The list without all other items."""
    return replace(
        listing,
        items=tuple(item for item in listing.items if item.key in keys),
        seed=seed,
        drawn_from=listing.drawn_from or len(listing.items),
    )
