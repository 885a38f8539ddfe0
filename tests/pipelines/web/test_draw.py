from dataclasses import replace
from fractions import Fraction

from pipelines.web.draw import SHARES, deal_splits, sample, shuffled
from pipelines.web.item import Listing, Terms, WebItem

TERMS = Terms(name="t", url="u", text="t", must_accept=False)
ITEMS = tuple(
    WebItem(
        key=f"v{video}-{start}",
        url=f"http://h/{video}",
        via="http",
        video=f"v{video}",
        split="train",
        start=Fraction(start),
    )
    for video in range(10)
    for start in (0, 10)
)
LISTING = Listing(source="landscape", origin="list.csv", sha256="0", items=ITEMS, terms=TERMS)


def test_puts_all_items_of_a_scene_into_one_split():
    items = [replace(item, scene=item.video[:1] + str(int(item.video[1:]) // 2)) for item in ITEMS]
    dealt = deal_splits(items, {"train": Fraction(1, 2), "test": Fraction(1, 2)}, seed=0)
    assert all(len({item.split for item in dealt if item.scene == scene}) == 1 for scene in {i.scene for i in items})


def test_deals_nine_tenths_to_train():
    assert sum(item.split == "test" for item in deal_splits(ITEMS, SHARES, seed=0)) == 2


def test_draws_the_same_sample_whatever_the_order_of_the_list():
    upside_down = replace(LISTING, items=tuple(reversed(ITEMS)))
    assert {item.key for item in sample(LISTING, 5, 1).items} == {item.key for item in sample(upside_down, 5, 1).items}
    assert len(sample(LISTING, 5, 1).items) == 5 and sample(LISTING, 5, 1).seed == 1


def test_extends_a_sample_by_what_a_larger_one_adds():
    assert {item.key for item in sample(LISTING, 5, 1).items} < {item.key for item in sample(LISTING, 9, 1).items}
    assert list(shuffled(LISTING, 1)) != list(shuffled(LISTING, 2))


def test_keeps_all_without_a_limit():
    assert sample(LISTING, None, 1) == LISTING == sample(LISTING, 20, 1)
