"""The design: the paper's counts, its constraints, and what it refuses."""

from dataclasses import replace

import pytest
from designs import MOS_METHODS, TURING_METHODS, make_clips, make_study
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from avbench.errors import UsageError
from reports.study.design.checks import check_design
from reports.study.study import Page, RaterList

PAPER_DATASETS = ("landscape", "aist")


def votes_of(study):
    """Votes on clips to rate, when all raters have gone through their lists."""
    sizes = {page.page_id: study.items_per_page for page in study.pages}
    return sum(sizes[page_id] for rater in study.rater_lists for page_id in rater.page_ids)


def broken(study, clips):
    return [check.constraint for check in check_design(study, clips) if not check.holds]


def test_the_opinion_scores_of_the_paper_are_9000_tasks_and_45000_votes():
    clips = make_clips(500, MOS_METHODS, PAPER_DATASETS)
    study = make_study("mos", clips)
    assert [sum(clip.dataset == dataset for clip in clips) for dataset in PAPER_DATASETS] == [1_500, 1_500]
    assert (study.task_count, votes_of(study), study.votes) == (9_000, 45_000, 5)
    assert broken(study, clips) == []


def test_the_turing_test_of_the_paper_is_10000_votes():
    clips = make_clips(500, TURING_METHODS, PAPER_DATASETS, paired=True)
    study = make_study("turing", clips)
    assert (study.task_count, votes_of(study)) == (2_000, 10_000)
    assert broken(study, clips) == []


def test_pages_of_one_clip_as_in_the_paper_hold_the_constraints():
    clips = make_clips(4, TURING_METHODS)
    study = make_study("turing", clips, items_per_page=1, gold_per_page=0, attention_per_page=0)
    assert (len(study.pages), broken(study, clips)) == (8, [])


@pytest.mark.parametrize("changes", [{}, {"raters": 18}, {"clip_repeats": True, "raters": 20}, {"gold_per_page": 3}])
def test_constraints_hold_of_small_studies_too(changes):
    clips = make_clips(6, datasets=("a", "b"), paired=True)
    study = make_study("mos", clips, votes=3, items_per_page=3, **changes)
    assert broken(study, clips) == []
    assert all(len(page.items) == 3 + study.gold_per_page + 1 for page in study.pages)


@settings(max_examples=40, deadline=None)
@given(
    per_method=st.integers(1, 8),
    methods=st.integers(1, 4),
    datasets=st.integers(1, 2),
    votes=st.integers(1, 4),
    paired=st.booleans(),
    seed=st.integers(0, 2**32 - 1),
    data=st.data(),
)
def test_whatever_can_be_dealt_holds_the_constraints(per_method, methods, datasets, votes, paired, seed, data):
    clips = make_clips(per_method, [f"m{k}" for k in range(methods)], [f"d{k}" for k in range(datasets)], paired=paired)
    total = per_method * methods
    sizes = [size for size in range(2, total + 1) if total % size == 0 and total // size >= methods]
    assume(sizes)  # as many pages as clips of a source: enough for a deal
    study = make_study("mos", clips, votes=votes, seed=seed, items_per_page=data.draw(st.sampled_from(sizes)))
    assert broken(study, clips) == []


def test_the_same_seed_and_secret_give_the_same_design():
    clips = make_clips(6)
    assert make_study("mos", clips) == make_study("mos", clips)


@pytest.mark.parametrize("changes", [{"seed": 1}, {"secret": "77" * 32}])
def test_another_seed_or_secret_gives_another_design(changes):
    """Raters may read the seed: if it alone decided, it would tell them what stands where."""
    clips = make_clips(6)
    assert make_study("mos", clips, **changes).pages != make_study("mos", clips).pages


def test_pages_are_full_and_about_ten_clips_long():
    assert make_study("mos", make_clips(7)).items_per_page == 7


def test_a_page_size_that_does_not_divide_the_clips_is_refused_with_those_that_do():
    with pytest.raises(UsageError, match="21 clips .* pages of 10; possible are 1, 3, 7, 21"):
        make_study("mos", make_clips(7), items_per_page=10)


def test_pages_of_one_clip_have_no_place_for_checks_of_attention():
    with pytest.raises(UsageError, match="never stand first or last: pages of 1 clip"):
        make_study("turing", make_clips(4, TURING_METHODS), items_per_page=1)


def test_fewer_gold_clips_than_a_page_shows_are_refused():
    with pytest.raises(UsageError, match="a page of video_quality shows 6 gold clips, but there are 5"):
        make_study("mos", make_clips(4), gold_per_page=6)


def test_too_few_raters_are_refused_with_the_constraint():
    with pytest.raises(UsageError, match="14 raters are too few: no rater meets the clip .* at least 15 raters"):
        make_study("mos", make_clips(3), raters=14)


@pytest.mark.parametrize(
    ("field", "value"), [("votes", 0), ("gold_per_page", -1), ("raters", 0), ("items_per_page", 0)]
)
def test_settings_out_of_range_are_refused(field, value):
    with pytest.raises(UsageError, match=field):
        make_study("mos", make_clips(2), **{field: value})


def test_raters_answer_one_question_after_the_other():
    study = make_study("mos", make_clips(60), votes=3, raters=18)
    task_of = {page.page_id: page.task for page in study.pages}
    for rater in study.rater_lists:
        tasks = [task_of[page_id] for page_id in rater.page_ids]
        assert sum(one != other for one, other in zip(tasks, tasks[1:], strict=False)) == len(set(tasks)) - 1


class TestChecksSee:
    """The checks count what is there: each finds its own violation."""

    @pytest.fixture
    def clips(self):
        return make_clips(6, paired=True)

    @pytest.fixture
    def study(self, clips):
        return make_study("mos", clips, votes=2, items_per_page=3)

    def test_a_question_that_is_not_asked(self, study, clips):
        first, *others = study.pages
        found = broken(replace(study, pages=tuple(others), rater_lists=_without(study, first)), clips)
        assert "each question about each clip stands on one page" in found

    def test_a_rater_too_few(self, study, clips):
        lists = study.rater_lists[1:]
        assert "each question about each clip gets 2 distinct raters" in broken(
            replace(study, rater_lists=lists), clips
        )

    def test_a_source_twice_on_a_page(self, study, clips):
        alike = [replace(clip, source_id="scene") for clip in clips]
        assert "no page shows a source twice" in broken(study, alike)

    def test_a_method_that_is_shown_more_often(self, study, clips):
        changed = [clips[0]] + [replace(clip, method="ours") for clip in clips[1:]]
        assert "a page shows each method equally often" in broken(study, changed)

    def test_a_method_that_always_comes_first(self, study, clips):
        rank = {clip.clip_id: clip.method for clip in clips}
        pages = tuple(
            Page(
                page_id=page.page_id,
                task=page.task,
                items=tuple(sorted(page.items, key=lambda item: rank.get(item.clip_id, "p"))),
            )
            for page in study.pages
        )
        assert "each method stands at each position equally often" in broken(replace(study, pages=pages), clips)

    def test_a_gold_clip_at_the_end(self, study, clips):
        known = {clip.clip_id for clip in clips}
        pages = tuple(
            replace(page, items=tuple(sorted(page.items, key=lambda item: item.clip_id not in known)))
            for page in study.pages
        )
        found = broken(replace(study, pages=pages), clips)
        assert "checks of attention are never first or last on a page" in found

    def test_two_data_sets_on_a_page(self, study, clips):
        mixed = [replace(clip, dataset=f"data-{number % 2}") for number, clip in enumerate(clips)]
        assert "a page carries one task and clips of one data set" in broken(study, mixed)

    def test_a_rater_who_gets_all_pages(self, study, clips):
        everything = RaterList(list_id="all", page_ids=tuple(page.page_id for page in study.pages))
        found = broken(replace(study, rater_lists=(everything, *study.rater_lists)), clips)
        assert {"no rater meets a source twice in a task", "no rater meets a clip twice"} <= set(found)
        assert "raters get equally many pages" in found


def _without(study, page):
    return tuple(
        replace(rater, page_ids=tuple(name for name in rater.page_ids if name != page.page_id))
        for rater in study.rater_lists
    )
