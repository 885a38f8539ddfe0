"""What holds of a design, established from its pages and lists alone, not from how they were made."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from reports.study.design.clips import StudyClip
from reports.study.study import Page, Study


@dataclass(frozen=True, slots=True)
class Check:
    """A constraint, and whether it holds.

    Attributes:
        found: what was counted.
        everywhere: whether a platform that deals out pages itself, as Mechanical Turk does, keeps it too. The others
            hold where raters work through the study's rater lists.
    """

    constraint: str
    holds: bool
    found: str
    everywhere: bool


def check_design(study: Study, clips: Sequence[StudyClip]) -> list[Check]:
    """Every constraint on the design of `study`.

    Args:
        clips: those that are to be rated; all others on its pages are checks of attention.
    """
    known = {clip.clip_id: clip for clip in clips}
    return [check(study, known) for check in _CHECKS]


def _one_page(study: Study, known: Mapping[str, StudyClip]) -> Check:
    places = Counter((page.task, clip.clip_id) for page in study.pages for clip in _rated(page, known))
    wanted = set(product((task.name for task in study.tasks), known))
    holds = set(places) == wanted and set(places.values()) <= {1}
    return Check(
        "each question about each clip stands on one page", holds, f"{len(places)} of {len(wanted)} questions", True
    )


def _votes(study: Study, known: Mapping[str, StudyClip]) -> Check:
    raters: Counter[tuple[str, str]] = Counter()
    pages = {page.page_id: page for page in study.pages}
    for rater_list in study.rater_lists:
        # A set, so that a rater who met a question twice would count once and be found out.
        met = [pages[page_id] for page_id in rater_list.page_ids]
        raters.update({(page.task, clip.clip_id) for page in met for clip in _rated(page, known)})
    counts = set(raters.values())
    holds = counts == {study.votes} and len(raters) == len(known) * len(study.tasks)
    found = f"{sum(raters.values())} votes, {min(counts, default=0)} to {max(counts, default=0)} raters a question"
    return Check(f"each question about each clip gets {study.votes} distinct raters", holds, found, True)


def _sources_on_pages(study: Study, known: Mapping[str, StudyClip]) -> Check:
    most = max(_most_common(_source(clip) for clip in _rated(page, known)) for page in study.pages)
    return Check("no page shows a source twice", most <= 1, f"at most {most} time", True)


def _sources_of_raters(study: Study, known: Mapping[str, StudyClip]) -> Check:
    met = [
        _most_common((page.task, *_source(clip)) for page in pages for clip in _rated(page, known))
        for pages in _pages_of_raters(study)
    ]
    return Check("no rater meets a source twice in a task", max(met) <= 1, f"at most {max(met)} time", False)


def _clips_of_raters(study: Study, known: Mapping[str, StudyClip]) -> Check:
    met = [
        _most_common(clip.clip_id for page in pages for clip in _rated(page, known))
        for pages in _pages_of_raters(study)
    ]
    if study.clip_repeats:
        return Check("a rater may meet a clip again under another question", True, f"at most {max(met)} times", False)
    return Check("no rater meets a clip twice", max(met) <= 1, f"at most {max(met)} time", False)


def _shares(study: Study, known: Mapping[str, StudyClip]) -> Check:
    methods: dict[str, set[str]] = {}
    for clip in known.values():
        methods.setdefault(clip.dataset, set()).add(clip.method)
    widest = 0
    for page in study.pages:
        clips = _rated(page, known)
        shares = Counter(clip.method for clip in clips)
        widest = max(widest, _spread(shares[method] for method in methods[clips[0].dataset]))
    return Check("a page shows each method equally often", widest <= 1, f"shares differ by {widest} at most", True)


def _positions(study: Study, known: Mapping[str, StudyClip]) -> Check:
    places: Counter[tuple[str, str, str, int]] = Counter()
    for page in study.pages:
        for place, clip in enumerate(_rated(page, known)):
            places[page.task, clip.dataset, clip.method, place] += 1
    cells = {cell[:3] for cell in places}
    widest = max(_spread(places[*cell, place] for place in range(study.items_per_page)) for cell in cells)
    return Check(
        "each method stands at each position equally often", widest <= 2, f"counts differ by {widest} at most", True
    )


def _ends(study: Study, known: Mapping[str, StudyClip]) -> Check:
    wrong = sum(item.clip_id not in known for page in study.pages for item in (page.items[0], page.items[-1]))
    return Check("checks of attention are never first or last on a page", not wrong, f"{wrong} are", True)


def _one_dataset(study: Study, known: Mapping[str, StudyClip]) -> Check:
    most = max(len({clip.dataset for clip in _rated(page, known)}) for page in study.pages)
    return Check("a page carries one task and clips of one data set", most == 1, f"{most} data sets at most", True)


def _loads(study: Study, known: Mapping[str, StudyClip]) -> Check:
    loads = [len(rater_list.page_ids) for rater_list in study.rater_lists]
    found = f"{len(loads)} raters, {min(loads)} to {max(loads)} pages each"
    return Check("raters get equally many pages", max(loads) - min(loads) <= 1, found, False)


_CHECKS: tuple[Callable[[Study, Mapping[str, StudyClip]], Check], ...] = (
    _one_page,
    _votes,
    _one_dataset,
    _sources_on_pages,
    _shares,
    _positions,
    _ends,
    _sources_of_raters,
    _clips_of_raters,
    _loads,
)


def _rated(page: Page, known: Mapping[str, StudyClip]) -> list[StudyClip]:
    return [known[item.clip_id] for item in page.items if item.clip_id in known]


def _source(clip: StudyClip) -> tuple[str, str]:
    return clip.dataset, clip.source_id


def _pages_of_raters(study: Study) -> Iterator[list[Page]]:
    pages = {page.page_id: page for page in study.pages}
    for rater_list in study.rater_lists:
        yield [pages[page_id] for page_id in rater_list.page_ids]


def _most_common(things: Iterable[object]) -> int:
    return max(Counter(things).values(), default=0)


def _spread(counts: Iterable[int]) -> int:
    found = list(counts)
    return max(found) - min(found)
