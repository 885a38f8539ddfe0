"""What the files give away: whether a method can be told from another without watching a clip."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from avbench.seeds import stream
from reports.study.design.clips import StudyClip
from reports.study.media.encode import MediaFacts

_SHUFFLES = 999
_WARN_ACCURACY, _WARN_P = 0.6, 0.05  # a difference that is both sizeable and no chance
_SILENCE_LUFS = -70.0

FEATURES = ("file bytes", "seconds", "bits per second", "width", "frames", "loudness LUFS", "peak dBFS", "tags")
# The coded size of the pictures cannot be made equal without changing what is seen. Only one who takes a file apart
# gets at it: file sizes are equal.
INSIDE = ("coded picture bytes", "coded sound bytes")


@dataclass(frozen=True, slots=True, kw_only=True)
class Separation:
    """How well one number tells two methods of a data set apart."""

    dataset: str
    methods: tuple[str, str]
    feature: str
    medians: tuple[float, float]
    auc: float  # of the best threshold rule in either direction: 0.5 nothing, 1 everything
    p: float  # of shuffled methods doing as well, corrected for the number of features and of pairs

    @property
    def leaks(self) -> bool:
        return self.auc >= _WARN_ACCURACY and self.p < _WARN_P


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """A number over the clips of a method."""

    dataset: str
    method: str
    feature: str
    clips: int
    mean: float
    sd: float  # ddof 0
    least: float
    median: float
    most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LeakReport:
    distributions: tuple[Distribution, ...]
    separations: tuple[Separation, ...]

    @property
    def warnings(self) -> list[str]:
        return [
            f"{one.dataset}: {one.feature} tells {one.methods[0]} from {one.methods[1]} (medians "
            f"{one.medians[0]:,.6g} and {one.medians[1]:,.6g}, AUC {one.auc:.2f}, p {one.p:.3f})"
            f"{'; only within the files, which all have one size' if one.feature in INSIDE else ''}"
            for one in self.separations
            if one.leaks
        ]


def find_leaks(
    clips: Sequence[StudyClip], facts: Mapping[str, MediaFacts], file_bytes: Mapping[str, int], seed: int
) -> LeakReport:
    """Compare the files of each two methods of a data set, one number at a time.

    The classifier is a threshold on that number. It has nothing to fit but its direction, so that no data need be held
    back: the shuffles, which choose their direction too, tell how far chance gets.

    Args:
        facts: by clip id.
        file_bytes: sizes of the files as raters get them, by clip id.
    """
    values = _values(clips, facts, file_bytes)
    groups: dict[tuple[str, str], list[int]] = {}
    for place, clip in enumerate(clips):
        groups.setdefault((clip.dataset, clip.method), []).append(place)
    distributions = tuple(
        _distribution(dataset, method, feature, numbers[places])
        for (dataset, method), places in sorted(groups.items())
        for feature, numbers in values.items()
    )
    return LeakReport(distributions=distributions, separations=tuple(_separations(groups, values, seed)))


def _values(
    clips: Sequence[StudyClip], facts: Mapping[str, MediaFacts], file_bytes: Mapping[str, int]
) -> dict[str, NDArray[np.float64]]:
    known = [facts[clip.clip_id] for clip in clips]
    sizes = [file_bytes[clip.clip_id] for clip in clips]
    texts = sorted({fact.tags for fact in known})
    columns: dict[str, list[float]] = {
        "file bytes": [float(size) for size in sizes],
        "seconds": [fact.seconds for fact in known],
        "bits per second": [8 * size / fact.seconds for size, fact in zip(sizes, known, strict=True)],
        "width": [fact.width for fact in known],
        "frames": [fact.frames for fact in known],
        "loudness LUFS": [_SILENCE_LUFS if fact.loudness_lufs is None else fact.loudness_lufs for fact in known],
        "peak dBFS": [_SILENCE_LUFS if fact.peak_dbfs is None else fact.peak_dbfs for fact in known],
        "tags": [texts.index(fact.tags) for fact in known],
        "coded picture bytes": [fact.video_bytes for fact in known],
        "coded sound bytes": [fact.audio_bytes for fact in known],
    }
    return {feature: np.array(columns[feature], np.float64) for feature in (*FEATURES, *INSIDE)}


def _distribution(dataset: str, method: str, feature: str, numbers: NDArray[np.float64]) -> Distribution:
    return Distribution(
        dataset=dataset,
        method=method,
        feature=feature,
        clips=len(numbers),
        mean=float(numbers.mean()),
        sd=float(numbers.std()),
        least=float(numbers.min()),
        median=float(np.median(numbers)),
        most=float(numbers.max()),
    )


def _separations(
    groups: Mapping[tuple[str, str], list[int]], values: Mapping[str, NDArray[np.float64]], seed: int
) -> Iterator[Separation]:
    numbers = np.stack(list(values.values()))
    pairs = [pair for pair in combinations(sorted(groups), 2) if pair[0][0] == pair[1][0]]
    for first, second in pairs:
        dataset, methods = first[0], (first[1], second[1])
        one, other = numbers[:, groups[first]], numbers[:, groups[second]]
        aucs, p_values = separability(one, other, stream(seed, "study", "leaks", dataset, *methods))
        middles = zip(np.median(one, axis=1).tolist(), np.median(other, axis=1).tolist(), strict=True)
        for feature, medians, auc, p in zip(values, middles, aucs, p_values, strict=True):
            yield Separation(
                dataset=dataset,
                methods=methods,
                feature=feature,
                medians=medians,
                auc=float(auc),
                p=min(1.0, float(p) * len(pairs)),
            )


def separability(
    one: NDArray[np.float64], other: NDArray[np.float64], rng: np.random.Generator
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """For each feature the area under the curve of a threshold rule between two samples, and its p-value.

    The area, taken in the better direction, is the Mann-Whitney statistic over the number of pairs. The p-value is the
    share of shuffles whose best feature does as well, which corrects for the number of features (Westfall and Young).

    Args:
        one: (F, N) features of the clips of a method.
        other: (F, M) of another's.

    Returns:
        Two arrays (F,).
    """
    n, m = one.shape[1], other.shape[1]
    ranks_FN = rankdata(np.concatenate([one, other], axis=1), axis=1)

    def auc(rank_sums: NDArray[np.float64]) -> NDArray[np.float64]:
        areas = (rank_sums - n * (n + 1) / 2) / (n * m)
        return np.asarray(np.maximum(areas, 1 - areas))

    found = auc(ranks_FN[:, :n].sum(axis=1))
    best = np.array([auc(ranks_FN[:, rng.permutation(n + m)[:n]].sum(axis=1)).max() for _ in range(_SHUFFLES)])
    return found, ((best[None] >= found[:, None]).sum(axis=1) + 1) / (_SHUFFLES + 1)
