from collections import Counter

import numpy as np
import pytest

from avbench.errors import UsageError
from reports.study.design.lists import DealtPage, deal_lists


def pages_that_meet(*tokens):
    """Pages by what a rater may meet once, a word for each page: letters are clips."""
    return [
        DealtPage(f"page-{number}", frozenset(("clip", letter) for letter in word))
        for number, word in enumerate(tokens)
    ]


def deal(pages, votes, raters):
    return deal_lists(pages, votes, raters, np.random.default_rng)


def test_each_page_goes_to_as_many_raters_as_votes_are_wanted():
    lists = deal(pages_that_meet("ab", "cd", "ef", "gh", "ij"), 3, 4)
    assert Counter(page for pages in lists for page in pages) == {f"page-{number}": 3 for number in range(5)}
    assert all(len(set(pages)) == len(pages) for pages in lists)


def test_loads_differ_by_one_at_most():
    loads = [len(pages) for pages in deal(pages_that_meet(*"abcdefghijklmnopq"), 5, 6)]
    assert sum(loads) == 85 and max(loads) - min(loads) <= 1


def test_no_rater_meets_twice_what_may_be_met_once():
    pages = pages_that_meet("ab", "ac", "bc", "de", "df", "ef", "gh", "ij", "kl")
    met = {page.page_id: page.once for page in pages}
    for rater in deal(pages, 2, 6):
        assert sum(len(met[page]) for page in rater) == len(frozenset().union(*(met[page] for page in rater)))


def test_room_is_made_where_greed_leaves_none():
    """Two raters and four pages in two clashing pairs: whoever takes one page of each pair leaves the others."""
    for seed in range(20):
        pages = pages_that_meet("ab", "ac", "xy", "xz")
        lists = deal_lists(pages, 1, 2, lambda attempt, seed=seed: np.random.default_rng([seed, attempt]))
        assert sorted(len(pages) for pages in lists) == [2, 2]


def test_fewer_raters_than_votes_are_infeasible():
    with pytest.raises(UsageError, match="2 raters are too few: each clip gets 3 votes, from different raters"):
        deal(pages_that_meet("a", "b"), 3, 2)


def test_more_pages_of_a_clip_than_raters_are_infeasible():
    with pytest.raises(UsageError, match=r"5 raters.*no rater meets the clip a twice, which stands on 3 .* 6 raters"):
        deal(pages_that_meet("ab", "ac", "ad"), 2, 5)


def test_more_pages_of_a_source_than_raters_are_infeasible():
    pages = [DealtPage(f"p{k}", frozenset([("video_quality", "landscape", "scene-1")])) for k in range(2)]
    with pytest.raises(UsageError, match="the source scene-1 in the task video_quality twice"):
        deal(pages, 2, 3)


def test_clashes_that_no_count_betrays_are_told_as_what_they_are():
    with pytest.raises(UsageError, match="no way was found to deal 3 pages to 1 of 2 raters"):
        deal(pages_that_meet("ab", "bc", "ca"), 1, 2)


def test_without_a_number_there_are_as_many_raters_as_the_constraints_need():
    assert len(deal(pages_that_meet("ab", "bc", "ca"), 2, None)) >= 6


def test_without_a_number_raters_get_twelve_pages():
    pages = [DealtPage(f"p{number}", frozenset([("clip", str(number))])) for number in range(60)]
    assert {len(rater) for rater in deal(pages, 2, None)} == {12}
