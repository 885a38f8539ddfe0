"""Every clip of a study: those that were drawn, those that check attention, and those to practise on."""

import functools
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from avbench.clip import Clip, ClipSpec
from avbench.clipset import ClipSet, open_clipset
from avbench.errors import DataError, UsageError
from avbench.seeds import stream
from reports.study.config import CreateConfig, GoldSource
from reports.study.design.clips import GoldClip, StudyClip, clip_ids
from reports.study.design.draw import ClipSource, DrawnClip, draw_clips
from reports.study.media.made import attention_clip, noise_clip
from reports.study.media.produce import Production
from reports.study.study import Item, Task

_NOISE_CLIPS = 8  # several, so that raters do not know them after two pages
_NOISE_ANSWERS = {"mos": ("1", "2"), "turing": ("machine",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """All clips by their blinded names, and how each is read."""

    clips: tuple[StudyClip, ...]
    golds: tuple[GoldClip, ...]
    practice: tuple[Item, ...]
    productions: tuple[Production, ...]

    def only(self, clip_ids: Collection[str]) -> "Selection":
        """Those of the clips that `clip_ids` names, and the practice."""
        kept = {*clip_ids, *(item.clip_id for item in self.practice)}
        return replace(
            self,
            golds=tuple(gold for gold in self.golds if gold.clip_id in kept),
            productions=tuple(production for production in self.productions if production.clip_id in kept),
        )


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A clip before it has an id."""

    name: str  # tells it from all others of the study
    read: Callable[[], Clip]


class Casting:
    """What is to be shown, known by name; `select` gives it ids under a secret.

    Raises:
        UsageError: sources contradict each other, or a path does not exist.
        DataError: a set has too few clips, or clips without sound or picture.
    """

    def __init__(self, config: CreateConfig) -> None:
        self._config = config
        self.fingerprints: dict[str, str] = {}  # of the clip sets, by path
        self.warnings = list(config.warnings)
        self._rating: list[tuple[_Candidate, ClipSource, DrawnClip]] = []
        self._golds: list[tuple[_Candidate, GoldClip]] = [*_made_golds(config)]
        self._practice = [_noise(config, "practice")]
        self._draw()
        for gold in config.golds:
            self._golds += self._given_golds(gold)

    def select(self, secret: str) -> Selection:
        """The clips under their ids.

        Raises:
            DataError: two clips get one id.
        """
        candidates = {
            candidate.name: candidate
            for candidate in (*(one for one, *_ in self._rating), *(one for one, _ in self._golds), *self._practice)
        }
        ids = dict(zip(candidates, clip_ids(secret, list(candidates)), strict=True))
        return Selection(
            clips=tuple(
                StudyClip(
                    clip_id=ids[candidate.name],
                    dataset=source.dataset,
                    method=source.method,
                    source_id=drawn.source_id,
                )
                for candidate, source, drawn in self._rating
            ),
            golds=tuple(replace(gold, clip_id=ids[candidate.name]) for candidate, gold in self._golds),
            practice=tuple(Item(clip_id=ids[candidate.name]) for candidate in self._practice),
            productions=tuple(Production(ids[name], candidate.read) for name, candidate in candidates.items()),
        )

    def _draw(self) -> None:
        config = self._config
        opened = [(source, self._open(source)) for source in config.sources]
        spare: _Candidate | None = None
        for source, clipset in _with_datasets(opened):
            drawn, next_one = draw_clips(
                source, clipset, config.per_method, config.spec, config.seed, paired=config.paired
            )
            self._warn_of_enlarging(source, clipset)
            where = f"{source.dataset}/{source.method}/{source.path}"
            self._rating += [(_shown(where, clipset, one, config.spec), source, one) for one in drawn]
            if spare is None and next_one is not None and source.is_truth:
                spare = _shown(where, clipset, next_one, config.spec)
        if spare is not None:
            self._practice.append(spare)

    def _warn_of_enlarging(self, source: ClipSource, clipset: ClipSet) -> None:
        smallest = min(max(record.width, record.height) for record in clipset.records)
        if smallest < self._config.spec.size:
            self.warnings.append(
                f"{source.dataset}: clips of {source.method} have {smallest} pixels and are shown at "
                f"{self._config.spec.size}; without super-resolution (`avbench upscale`) blur alone may decide"
            )

    def _given_golds(self, gold: GoldSource) -> Iterator[tuple[_Candidate, GoldClip]]:
        tasks = [task for task in self._config.tasks if gold.task in ("", task.name)]
        if not tasks:
            known = ", ".join(task.name for task in self._config.tasks)
            raise UsageError(f"--gold names the task {gold.task}; the study has {known}")
        for task in tasks:
            if wrong := [answer for answer in gold.accepted if answer not in task.answers]:
                known = ", ".join(task.answers)
                raise UsageError(f'--gold: "{wrong[0]}" is no answer to {task.name}; answers are {known}')
        source = ClipSource(method="gold", path=gold.path, dataset="gold")
        clipset = self._open(source)
        drawn, _ = draw_clips(source, clipset, len(clipset), self._config.spec, self._config.seed, paired=True)
        for one in drawn:
            candidate = _shown(f"gold/{gold.path}", clipset, one, self._config.spec)
            for task in tasks:
                yield candidate, GoldClip(clip_id="", task=task.name, accepted=gold.accepted)

    def _open(self, source: ClipSource) -> ClipSet:
        clipset = open_clipset(source.path, workers=self._config.workers)
        if clipset.failures:
            raise DataError(
                f"{source.path}: {len(clipset.failures)} files cannot be read, the first: "
                f"{clipset.failures[0].message}; leave them out"
            )
        self.fingerprints[str(source.path)] = clipset.fingerprint
        return clipset


def _with_datasets(opened: Sequence[tuple[ClipSource, ClipSet]]) -> list[tuple[ClipSource, ClipSet]]:
    """The sources; those without a data set belong to the one that is named, or is called as the real clips are."""
    known = sorted({source.dataset for source, _ in opened} - {""})
    unnamed = [(source, clipset) for source, clipset in opened if not source.dataset]
    if unnamed and len(known) > 1:
        raise UsageError(
            f"--clips {unnamed[0][0].method}={unnamed[0][0].path} does not say which data set it belongs to: "
            f"{' or '.join(known)}; write DATASET:METHOD=PATH"
        )
    real = [clipset.name for source, clipset in opened if source.is_truth]
    default = next(iter([*known, *real, opened[0][1].name]))
    named = [(replace(source, dataset=source.dataset or default), clipset) for source, clipset in opened]
    (dataset, method), count = Counter((source.dataset, source.method) for source, _ in named).most_common(1)[0]
    if count > 1:
        raise UsageError(f"--clips names the method {method} of the data set {dataset} {count} times; name each once")
    return named


def _shown(where: str, clipset: ClipSet, drawn: DrawnClip, spec: ClipSpec) -> _Candidate:
    read = functools.partial(clipset.clip, drawn.index, drawn.start, spec)
    return _Candidate(f"{where}#{drawn.key}@{drawn.start}", read)


def _made_golds(config: CreateConfig) -> Iterator[tuple[_Candidate, GoldClip]]:
    """Noise, which deserves the worst answer, and for each answer a clip that asks for it."""
    for number in range(_NOISE_CLIPS if config.gold_per_page else 0):
        noise = _noise(config, f"gold {number}")
        for task in config.tasks:
            yield noise, GoldClip(clip_id="", task=task.name, accepted=_NOISE_ANSWERS[config.kind])
    for task in config.tasks if config.attention_per_page else ():
        yield from _requests(config, task)


def _requests(config: CreateConfig, task: Task) -> Iterator[tuple[_Candidate, GoldClip]]:
    for anchor in task.scale:
        name = f"made/attention {anchor.answer}"
        request = _Candidate(name, functools.partial(attention_clip, name, config.spec, anchor))
        yield request, GoldClip(clip_id="", task=task.name, accepted=(anchor.answer,), kind="attention")


def _noise(config: CreateConfig, what: str) -> _Candidate:
    name = f"made/noise for {what}"
    return _Candidate(name, lambda: noise_clip(name, config.spec, stream(config.seed, "study", "noise", what)))
