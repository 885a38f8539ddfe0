from collections import Counter

import numpy as np

from avbench.seeds import stream
from avbench.statistics.groups import group_sources


def sources(count: int, clips: int, prefix: str = "v") -> list[str]:
    return [f"{prefix}{number:03d}" for number in range(count) for _ in range(clips)]


def grouped(reference: list[str], generated: list[str], **options):
    return group_sources(reference, generated, stream(0, "test"), **options)


def test_clips_of_one_source_share_a_group():
    reference, generated = sources(40, 3), sources(100, 1, "w")
    labels, _ = grouped(reference, generated).labels(reference, generated)
    assert (labels.reshape(40, 3) == labels.reshape(40, 3)[:, :1]).all()


def test_few_sources_are_left_out_one_at_a_time():
    grouping = grouped(sources(12, 3), sources(20, 1, "w"))
    assert grouping.count == 12
    assert sorted(grouping.reference.values()) == list(range(12))


def test_many_sources_make_32_groups_of_about_as_many_clips_in_both_sets():
    uneven = [f"v{number}" for number in range(100) for _ in range(1 + number % 7)]
    grouping = grouped(uneven, sources(500, 1, "w"))
    for labels in grouping.labels(uneven, sources(500, 1, "w")):
        sizes = np.bincount(labels, minlength=32)
        assert len(sizes) == 32 and sizes.max() - sizes.min() <= 7


def test_the_reference_is_grouped_alike_whatever_it_is_compared_with():
    reference = sources(80, 2)
    assert grouped(reference, sources(40, 1, "a")).reference == grouped(reference, sources(500, 2, "b")).reference


def test_a_source_of_both_sets_is_left_out_of_both_at_once():
    grouping = grouped(sources(50, 2), sources(50, 1))
    assert grouping.generated == grouping.reference


def test_neighbours_do_not_share_a_group_by_their_order():
    grouping = grouped(sources(320, 1), sources(320, 1, "w"))
    first = Counter(grouping.reference[f"v{number:03d}"] for number in range(32))
    assert len(first) not in (1, 32)  # neither one after the other nor dealt out in turn
