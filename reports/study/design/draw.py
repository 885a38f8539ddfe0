"""Which clips of a clip set a study shows, drawn by seed."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from avbench.clip import ClipSpec
from avbench.clipset import ClipRecord, ClipSet
from avbench.errors import DataError
from avbench.seeds import stream
from reports.study.roles import GROUND_TRUTH


@dataclass(frozen=True, slots=True, kw_only=True)
class ClipSource:
    """A method's clips of a data set, as the user names them."""

    method: str
    path: Path
    dataset: str = ""  # "" until it is known

    @property
    def is_truth(self) -> bool:
        return self.method.lower() in GROUND_TRUTH


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnClip:
    """A clip that was drawn, and from which of its seconds on it is shown."""

    index: int  # in its set
    key: str
    source_id: str
    start: Fraction  # seconds


def draw_clips(
    source: ClipSource, clipset: ClipSet, count: int, spec: ClipSpec, seed: int, *, paired: bool
) -> tuple[list[DrawnClip], DrawnClip | None]:
    """`count` clips at random, and the next one, if there is one, which the study does not ask about.

    All methods of a data set draw in one order of sources, so that methods which were given the same conditions are
    compared on the same ones. Of clips longer than the study shows, a stretch is drawn.

    Args:
        paired: clips of one key have one source. Otherwise that holds only of clips that were made to fit a real one,
            which their metadata say.

    Raises:
        DataError: clips lack picture or sound, or fewer than `count` are long enough.
    """
    _check_streams(source, clipset)
    # A clip that was made to last as long as the window may come out up to a frame short: encoders pad and trim.
    long_enough = [
        index for index, record in enumerate(clipset.records) if record.duration >= spec.seconds - 1 / spec.fps
    ]
    if len(long_enough) < count:
        short = len(clipset) - len(long_enough)
        raise DataError(
            f"{source.path}: {count} clips of {source.method} are asked for, and {len(long_enough)} can be shown "
            f"({short} last less than {float(spec.seconds):g} s); lower --per-method, or make more clips"
        )
    ids = {index: _source_id(source, clipset.records[index], paired=paired) for index in long_enough}
    order = _in_order(long_enough, ids, f"{seed}/{source.dataset}")
    drawn = [
        DrawnClip(
            index=index,
            key=clipset.records[index].key,
            source_id=ids[index],
            start=_start(clipset.records[index], spec, seed, source.dataset),
        )
        for index in order[: count + 1]
    ]
    return drawn[:count], drawn[count] if len(drawn) > count else None


def _check_streams(source: ClipSource, clipset: ClipSet) -> None:
    for what, attribute in (("sound", "has_audio"), ("picture", "has_video")):
        without = [record.source for record in clipset.records if not getattr(record, attribute)]
        if without:
            raise DataError(
                f"{source.path}: {len(without)} of {len(clipset)} clips have no {what}, the first is {without[0]}; "
                "a study asks about picture and sound, so leave them out or name another clip set"
            )


def _source_id(source: ClipSource, record: ClipRecord, *, paired: bool) -> str:
    if condition := record.meta.get("condition_key"):
        return str(condition)
    # Samples of different methods are numbered alike: sample 7 of one has nothing to do with sample 7 of another.
    return record.key if paired or source.is_truth else f"{source.method}-{record.key}"


def _in_order(indices: Sequence[int], ids: dict[int, str], salt: str) -> list[int]:
    """By a hash of the source, which is the same whatever else is in the set; all first clips of sources come first."""
    seen: dict[str, int] = {}
    ranked = []
    for index in indices:
        turn = seen[ids[index]] = seen.get(ids[index], -1) + 1
        ranked.append((turn, hashlib.sha256(f"{salt}/{ids[index]}".encode()).hexdigest(), index))
    return [index for _, _, index in sorted(ranked)]


def _start(record: ClipRecord, spec: ClipSpec, seed: int, dataset: str) -> Fraction:
    steps = max(0, int((record.duration - spec.seconds) * spec.fps))
    return int(stream(seed, "study", "start", dataset, record.key).integers(steps + 1)) / spec.fps
