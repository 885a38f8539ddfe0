"""What a study is: its questions, pages and rater lists, as they stand in `study.json`.

Raters may read that file: it never says which method made a clip, nor which clips are there to check attention.
"""

import hashlib
import json
import re
import types
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from avbench.errors import DataError, UsageError
from avbench.workspace import atomic_write

SCHEMA_VERSION = 1
STUDY_FILE = "study.json"
MEDIA_FOLDER = "media"

Kind = Literal["mos", "turing"]
TaskName = Literal["video_quality", "audio_quality", "av_alignment", "turing"]
Presentation = Literal["both", "muted", "hidden"]

_CLIP_ID = re.compile(r"[0-9a-f]{12}")
_PLAIN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """One answer of a scale."""

    answer: str  # as stored: "1" .. "5", or machine, undetermined, real
    label: str  # a word or two
    meaning: str  # a sentence; "" where the label says it all


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One question that is asked about a clip."""

    name: TaskName
    question: str
    scale: tuple[Anchor, ...]  # in the order shown, worst first
    presentation: Presentation = "both"  # "muted": picture without sound; "hidden": sound without picture

    @property
    def answers(self) -> tuple[str, ...]:
        return tuple(anchor.answer for anchor in self.scale)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One clip on a page."""

    clip_id: str  # 12 hexadecimal digits

    @property
    def media(self) -> str:
        """Its file, relative to the study's folder."""
        return f"{MEDIA_FOLDER}/{self.clip_id}.mp4"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a rater sees at once (on Mechanical Turk a HIT): clips to answer one question about, in this order."""

    page_id: str
    task: TaskName
    items: tuple[Item, ...]  # checks of attention among them, unmarked

    def task_id(self, item: Item) -> str:
        """The paper's "task": one question about one clip."""
        return f"{self.task}:{item.clip_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RaterList:
    """The pages that one rater goes through on our own page, in this order."""

    list_id: str
    page_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """What raters read, but for questions and scales. `version` changes whenever a text does."""

    version: str
    title: str
    purpose: str
    stored: str  # what is kept of a rater, and for how long
    pay: str
    rights: str  # to stop at any time, and what happens then
    contact: str
    warning: str  # of content
    instructions: tuple[str, ...]  # one paragraph each
    practice: tuple[str, ...]  # what is said beside each practice clip


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """What all clips of the study have in common, real or generated."""

    size: int  # pixels, both sides
    fps: float
    frames: int
    seconds: float
    sample_rate: int  # Hz
    channels: int
    loudness_lufs: float  # EBU R 128, integrated
    container: str
    video_codec: str
    audio_codec: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """Thresholds for leaving a rater out, fixed before anyone has answered."""

    least_gold_rate: float = 0.7
    least_median_seconds: float = 3.0  # or the clip's length, where that is more
    least_variance: float = 0.15  # of MOS votes
    variance_votes: int = 10  # the rule needs as many
    least_agreement: float = 0.2  # Pearson's r with the mean of the others
    agreement_votes: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A design: everything that is settled before the first answer, but for the key."""

    study_id: str
    kind: Kind
    tasks: tuple[Task, ...]
    votes: int  # distinct raters for each question about each clip
    items_per_page: int  # clips to rate, without checks of attention
    gold_per_page: int
    attention_per_page: int
    clip_repeats: bool  # whether a rater may meet a clip again under another question
    pages: tuple[Page, ...]
    rater_lists: tuple[RaterList, ...]
    practice: tuple[Item, ...]  # from the bottom of the range to its top; none, one or two
    media: Media
    media_url: str  # https address under which `<clip_id>.mp4` will lie for Mechanical Turk
    completion_code: str | None  # shown at the end of our own page
    screening: Screening
    texts: Texts
    seed: int
    avbench_version: str

    def __post_init__(self) -> None:
        _check_ids("page", (page.page_id for page in self.pages))
        _check_ids("rater list", (rater_list.list_id for rater_list in self.rater_lists))
        _check_ids("study", [self.study_id])
        names = {task.name for task in self.tasks}
        pages = {page.page_id for page in self.pages}
        for page in self.pages:
            if page.task not in names:
                raise DataError(f"page {page.page_id} asks {page.task}, which is none of the study's tasks")
            _check_clips(f"page {page.page_id}", page.items)
        _check_clips("the practice", self.practice)
        for rater_list in self.rater_lists:
            if unknown := set(rater_list.page_ids) - pages:
                raise DataError(f"rater list {rater_list.list_id} names the page {min(unknown)}, which does not exist")

    @property
    def texts_sha256(self) -> str:
        """SHA-256 of all that raters read: two studies with one hash asked the same."""
        words = {"texts": asdict(self.texts), "tasks": [asdict(task) for task in self.tasks]}
        return hashlib.sha256(json.dumps(words, sort_keys=True, ensure_ascii=False).encode()).hexdigest()

    @property
    def clip_ids(self) -> tuple[str, ...]:
        """All clips that the pages show, sorted; without practice."""
        return tuple(sorted({item.clip_id for page in self.pages for item in page.items}))

    @property
    def task_count(self) -> int:
        """The paper's "tasks": questions about clips, without checks of attention."""
        return self.items_per_page * len(self.pages)

    def task(self, name: str) -> Task:
        """The task of that name.

        Raises:
            UsageError: the study does not ask it.
        """
        for task in self.tasks:
            if task.name == name:
                return task
        raise UsageError(
            f"the study {self.study_id} has no task {name}; it has {', '.join(t.name for t in self.tasks)}"
        )

    def page(self, page_id: str) -> Page:
        """The page of that name.

        Raises:
            UsageError: there is none.
        """
        for page in self.pages:
            if page.page_id == page_id:
                return page
        raise UsageError(f"the study {self.study_id} has no page {page_id}")


def write_study(study: Study, folder: Path) -> None:
    """Write `folder`/study.json; the same study gives the same bytes."""
    document = {"schema_version": SCHEMA_VERSION, **asdict(study), "texts_sha256": study.texts_sha256}
    atomic_write(folder / STUDY_FILE, json.dumps(document, indent=1, ensure_ascii=False) + "\n")


def read_study(folder: Path) -> Study:
    """The study in `folder`.

    Raises:
        UsageError: there is no study.json.
        DataError: it is not what avbench wrote: of another schema, damaged, or with texts that were changed afterwards.
    """
    path = folder / STUDY_FILE
    if not path.is_file():
        raise UsageError(f"{path} does not exist; name a study's folder, or make one with `avbench study create`")
    try:
        document = json.loads(path.read_bytes())
    except ValueError as error:
        raise DataError(f"{path}: it is not JSON ({error}); restore it from a copy") from error
    version = document.pop("schema_version", None) if isinstance(document, dict) else None
    if version != SCHEMA_VERSION:
        found = "no schema version" if version is None else f"schema {version}"
        raise DataError(f"{path}: it has {found}, this avbench reads schema {SCHEMA_VERSION}")
    sha256 = document.pop("texts_sha256", None)
    try:
        study = _build(Study, document, "")
    except DataError as error:
        raise DataError(f"{path}: {error}") from None
    if sha256 != study.texts_sha256:
        raise DataError(
            f"{path}: its texts are not those that texts_sha256 was made of; raters must have read the texts that are "
            "recorded, so restore the file, or create the study anew with the new texts"
        )
    return study


def _build(kind: type[T], value: Any, where: str) -> T:
    """A frozen dataclass of this file from its JSON, checked field by field; `where` is the place for messages."""
    if not isinstance(value, dict):
        raise DataError(f"{where or 'the document'} is not an object")
    names = {field.name for field in fields(kind)}  # type: ignore[arg-type]
    place = f"{where}." if where else ""
    if missing := sorted(names - set(value)):
        raise DataError(f"{place}{missing[0]} is missing")
    if unknown := sorted(set(value) - names):
        raise DataError(f"{place}{unknown[0]} is unknown")
    hints = get_type_hints(kind)
    return kind(**{name: _read(hints[name], value[name], f"{place}{name}") for name in names})


def _read(kind: Any, value: Any, where: str) -> Any:
    """`value` as the type `kind`, which is a dataclass, tuple[X, ...], Literal, X | None or a plain type."""
    origin = get_origin(kind)
    if is_dataclass(kind):
        return _build(kind, value, where)  # type: ignore[arg-type]
    if origin is tuple and isinstance(value, list):
        return tuple(_read(get_args(kind)[0], part, f"{where}[{index}]") for index, part in enumerate(value))
    if origin in (Union, types.UnionType):
        return None if value is None else _read(get_args(kind)[0], value, where)
    if origin is Literal and value in get_args(kind):
        return value
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if kind in (str, int, bool) and type(value) is kind:
        return value
    raise DataError(f"{where} is {json.dumps(value)[:60]}, which does not fit")


def _check_ids(what: str, ids: Iterable[str]) -> None:
    for name, count in Counter(ids).items():
        if count > 1:
            raise DataError(f"the {what} {name} stands there {count} times")
        if not _PLAIN_ID.fullmatch(name):
            raise DataError(f'the {what} name "{name}" has other characters than letters, digits, dots, - and _')


def _check_clips(where: str, items: Iterable[Item]) -> None:
    for clip_id, count in Counter(item.clip_id for item in items).items():
        if count > 1:
            raise DataError(f"{where} shows the clip {clip_id} {count} times")
        if not _CLIP_ID.fullmatch(clip_id):
            raise DataError(f'{where} names the clip "{clip_id}"; a clip id is 12 hexadecimal digits')
