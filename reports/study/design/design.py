"""The design of a study: from clips to pages and rater lists, by seed and secret alone."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import gcd

import numpy as np

from avbench.errors import UsageError
from avbench.seeds import stream
from reports.study.design.clips import GoldClip, StudyClip
from reports.study.design.groups import deal_groups
from reports.study.design.lists import DealtPage, deal_lists
from reports.study.design.order import order_groups
from reports.study.study import Item, Kind, Page, RaterList, TaskName

_USUAL_PAGE = 10  # clips to rate on a page, where their number allows it
_CODES: Mapping[str, str] = {"video_quality": "vi", "audio_quality": "au", "av_alignment": "av", "turing": "tu"}


@dataclass(frozen=True, slots=True, kw_only=True)
class DesignSettings:
    """What a design is asked to be. The defaults are the paper's, with checks of attention."""

    kind: Kind
    tasks: tuple[TaskName, ...]
    votes: int = 5  # distinct raters for each question about each clip
    items_per_page: int | None = None  # clips to rate; None for about 10
    gold_per_page: int = 1
    attention_per_page: int = 1
    raters: int | None = None  # lists on our own page; None for as many as keep a session within 20 minutes
    clip_repeats: bool = False  # whether a rater may meet a clip again under another question
    seed: int = 0
    secret: str  # without it the seed, which raters may read, would tell which method stands where

    def __post_init__(self) -> None:
        for name, least in (("votes", 1), ("gold_per_page", 0), ("attention_per_page", 0)):
            if getattr(self, name) < least:
                raise UsageError(f"{name} is {getattr(self, name)}; it must be at least {least}")
        for name in ("items_per_page", "raters"):
            if (value := getattr(self, name)) is not None and value < 1:
                raise UsageError(f"{name} is {value}; it must be at least 1")

    def rng(self, *names: str | int) -> np.random.Generator:
        return stream(self.seed, "study", self.secret, *names)


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """Pages, and who gets them."""

    items_per_page: int
    pages: tuple[Page, ...]
    rater_lists: tuple[RaterList, ...]


def design_study(settings: DesignSettings, clips: Sequence[StudyClip], golds: Sequence[GoldClip] = ()) -> Design:
    """Deal clips to pages and pages to raters.

    A page carries one task and clips of one data set. The same clips stand together under every task, in orders of
    their own; `reports.study.design.checks` names what holds of the result.

    Args:
        clips: as many of each method in a data set.
        golds: checks of attention to put between the clips, for each task at least as many as a page shows.

    Raises:
        UsageError: the request is infeasible; the message names the constraint.
    """
    datasets = sorted({clip.dataset for clip in clips})
    by_dataset = {dataset: [clip for clip in clips if clip.dataset == dataset] for dataset in datasets}
    size = _items_per_page(settings, {dataset: len(members) for dataset, members in by_dataset.items()})
    _check_room(settings, size)
    groups = {
        dataset: deal_groups(members, size, settings.rng("groups", dataset)) for dataset, members in by_dataset.items()
    }
    pages: list[Page] = []
    once: dict[str, frozenset[tuple[str, ...]]] = {}
    for task in settings.tasks:
        ordered = [
            clips
            for dataset in datasets
            for clips in order_groups(groups[dataset], settings.rng("order", task, dataset))
        ]
        checks = _checks_of(settings, task, golds)
        rng = settings.rng("pages", task)
        for number, place in enumerate(rng.permutation(len(ordered))):
            page = Page(
                page_id=f"{settings.kind}-{_CODES[task]}-{number:03d}",
                task=task,
                items=_with_checks([clip.clip_id for clip in ordered[place]], next(checks), rng),
            )
            pages.append(page)
            once[page.page_id] = _met_once(task, ordered[place], clip_repeats=settings.clip_repeats)
    return Design(items_per_page=size, pages=tuple(pages), rater_lists=_lists(settings, pages, once))


def _items_per_page(settings: DesignSettings, counts: Mapping[str, int]) -> int:
    """Clips to rate on a page: a divisor of each data set's number of clips, so that all pages are full."""
    common = gcd(*counts.values())
    possible = [size for size in range(1, common + 1) if common % size == 0]
    if settings.items_per_page is None:
        return min(possible, key=lambda size: (abs(size - _USUAL_PAGE), size))
    if settings.items_per_page not in possible:
        near = sorted(sorted(possible, key=lambda size: abs(size - _USUAL_PAGE))[:6])
        raise UsageError(
            f"all pages are full: {' and '.join(map(str, sorted(set(counts.values()))))} clips of a data set do not "
            f"divide into pages of {settings.items_per_page}; possible are {', '.join(map(str, near))}"
        )
    return settings.items_per_page


def _check_room(settings: DesignSettings, size: int) -> None:
    if size < 2 and settings.gold_per_page + settings.attention_per_page:
        raise UsageError(
            f"checks of attention never stand first or last: pages of {size} clip have no place for them; use "
            "--items-per-page 2 or more, or --gold-per-page 0 --attention-per-page 0 as in the paper"
        )


def _checks_of(settings: DesignSettings, task: TaskName, golds: Sequence[GoldClip]) -> Iterator[list[str]]:
    """For each page in turn its checks of attention: all of a task's clips before one comes again."""
    wanted = {"gold": settings.gold_per_page, "attention": settings.attention_per_page}
    rounds = []
    for kind, count in wanted.items():
        known = sorted(gold.clip_id for gold in golds if gold.task == task and gold.kind == kind)
        if len(known) < count:
            raise UsageError(
                f"a page of {task} shows {count} {kind} clips, but there are {len(known)}; give more with --gold"
            )
        rounds.append((_rounds(known, settings.rng("checks", task, kind)), count))
    while True:
        yield [next(clips) for clips, count in rounds for _ in range(count)]


def _rounds(clip_ids: Sequence[str], rng: np.random.Generator) -> Iterator[str]:
    """All clips in some order, again and again; the same order each time, so that no two near each other are equal."""
    order = rng.permutation(len(clip_ids))
    while True:
        for index in order:
            yield clip_ids[index]


def _with_checks(clip_ids: Sequence[str], checks: Sequence[str], rng: np.random.Generator) -> tuple[Item, ...]:
    """The clips in their order, with checks at places between them that chance chooses."""
    total = len(clip_ids) + len(checks)
    places = set(rng.choice(np.arange(1, total - 1), len(checks), replace=False).tolist()) if checks else set()
    rated, extra = iter(clip_ids), iter(rng.permutation(np.array(checks)).tolist() if checks else [])
    return tuple(Item(clip_id=next(extra) if place in places else next(rated)) for place in range(total))


def _met_once(task: str, clips: Sequence[StudyClip], *, clip_repeats: bool) -> frozenset[tuple[str, ...]]:
    sources = {(task, clip.dataset, clip.source_id) for clip in clips}
    return frozenset(sources if clip_repeats else sources | {("clip", clip.clip_id) for clip in clips})


def _lists(
    settings: DesignSettings, pages: Sequence[Page], once: Mapping[str, frozenset[tuple[str, ...]]]
) -> tuple[RaterList, ...]:
    dealt = deal_lists(
        [DealtPage(page.page_id, once[page.page_id]) for page in pages],
        settings.votes,
        settings.raters,
        lambda attempt: settings.rng("lists", attempt),
    )
    task_of = {page.page_id: page.task for page in pages}
    lists = []
    for number, page_ids in enumerate(dealt):
        shuffled = [page_ids[index] for index in settings.rng("list", number).permutation(len(page_ids))]
        # A question at a time, which raters find easier; each list begins with another one.
        turn = {task: (place - number) % len(settings.tasks) for place, task in enumerate(settings.tasks)}
        ordered = sorted(shuffled, key=lambda page_id: turn[task_of[page_id]])
        lists.append(RaterList(list_id=f"{number + 1:03d}", page_ids=tuple(ordered)))
    return tuple(lists)
