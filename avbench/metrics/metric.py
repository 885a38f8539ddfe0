"""What a metric is, and the registry of them."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from avbench.registry import Registry

Distance = Callable[[NDArray[np.floating], NDArray[np.floating]], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A number that says how far generated clips are from reference clips.

    `function` takes features of the reference and of the generated clips, (N, D) and (M, D), one row per clip.
    """

    name: str
    label: str  # its name in tables, before that of the network
    function: Distance
    modality: str  # whose features it takes: "video", "audio" or, of a `SynchronyMetric`, a pair of extractors
    better: Literal["lower", "higher"]
    scale: float  # tables show `scale` times what `function` returns
    explanation: str  # what `avbench explain NAME` says of it, its source at the end
    by_default: bool  # whether an evaluation that names no metrics computes it
    least_clips: int = 2  # with fewer in either set, the value says more of the draw than of the clips
    full_rank: bool = False  # it also wants more clips than features

    @property
    def needs(self) -> tuple[str, ...]:
        """The modalities that a clip must have."""
        return (self.modality,) if self.modality in ("video", "audio") else ("video", "audio")

    def enough(self, dimensions: int) -> int:
        """How many clips of each set it takes for a value worth printing, of so many features."""
        return max(self.least_clips, dimensions + 1 if self.full_rank else 0)


@dataclass(frozen=True, slots=True)
class ClipScores:
    """What a metric of synchrony says of N clips: their values, and how much each counts in the mean of a set.

    A clip of weight 0 has no value.
    """

    values: NDArray[np.float64]  # (N,)
    weights: NDArray[np.float64]  # (N,), not negative

    def mean(self) -> float:
        """The value of the set; 0 where no clip counts."""
        total = float(self.weights.sum())
        return float(self.values @ self.weights) / total if total > 0 else 0.0

    def by_clip(self) -> NDArray[np.float64]:
        """(N,), NaN for clips without a value."""
        return np.where(self.weights > 0, self.values, np.nan)


# Rows of the sound (N, D) and of the picture (N, D') of the same clips, frames a second -> a score for each clip
Synchrony = Callable[[NDArray[np.floating], NDArray[np.floating], float], ClipScores]


@dataclass(frozen=True, slots=True, kw_only=True)
class SynchronyMetric:
    """A number that says how well the sound of clips goes with their own picture.

    It looks at one set alone. What it hears and sees comes from extractors of its own, whatever `--features` says.
    """

    name: str
    label: str
    score: Synchrony
    sound: str  # name of an extractor
    picture: str
    better: Literal["lower", "higher"]
    explanation: str
    scale: float = 1.0
    by_default: bool = False
    least_clips: int = 32

    @property
    def modality(self) -> str:
        """Names the pair of extractors."""
        return f"pair:{self.sound}+{self.picture}"

    @property
    def needs(self) -> tuple[str, ...]:
        return ("video", "audio")

    def split(self, rows: NDArray[np.floating], picture_width: int, fps: float) -> ClipScores:
        """Scores of clips whose rows (N, D + D') hold those of the sound, then `picture_width` of the picture."""
        return self.score(rows[:, :-picture_width], rows[:, -picture_width:], fps)

    def bound(self, picture_width: int, fps: float) -> Metric:
        """The metric as a function of two sets of such rows, which leaves the reference aside."""

        def function(reference: NDArray[np.floating], generated: NDArray[np.floating]) -> float:
            return self.split(generated, picture_width, fps).mean()

        shared = {field.name for field in dataclasses.fields(self)} - {"score", "sound", "picture"}
        return Metric(function=function, modality=self.modality, **{name: getattr(self, name) for name in shared})


METRICS: Registry[Metric | SynchronyMetric] = Registry("metric", "avbench.metrics")


def metric(
    name: str,
    *,
    modality: Literal["video", "audio"],
    better: Literal["lower", "higher"],
    explanation: str,
    scale: float = 1.0,
    label: str | None = None,
    by_default: bool = True,
    least_clips: int = 2,
    full_rank: bool = False,
) -> Callable[[Distance], Distance]:
    """Files a function of two (N, D) arrays as the metric `name`; one function may bear several names.

    Args:
        label: its name in tables; None for `name` in capitals.

    Raises:
        UsageError: the name is taken.
    """

    def add(function: Distance) -> Distance:
        METRICS.register(name)(
            Metric(
                name=name,
                label=label or name.upper(),
                function=function,
                modality=modality,
                better=better,
                scale=scale,
                explanation=explanation,
                by_default=by_default,
                least_clips=least_clips,
                full_rank=full_rank,
            )
        )
        return function

    return add


def metric_on_either(
    name: str, *, better: Literal["lower", "higher"], explanation: str, least_clips: int
) -> Callable[[Distance], Distance]:
    """Files a function of two (N, D) arrays as `name_video` and `name_audio`, computed where they are named.

    Raises:
        UsageError: a name is taken.
    """

    def add(function: Distance) -> Distance:
        for modality in ("video", "audio"):
            both = f"{name}_{modality}"
            metric(
                both,
                label=both,
                modality=modality,
                better=better,
                explanation=explanation,
                by_default=False,
                least_clips=least_clips,
            )(function)
        return function

    return add


def synchrony_metric(
    name: str,
    *,
    sound: str,
    picture: str,
    better: Literal["lower", "higher"],
    explanation: str,
    label: str | None = None,
) -> Callable[[Synchrony], Synchrony]:
    """Files a function of the rows of sound and picture as the metric `name`.

    Args:
        sound: the extractor that hears.
        picture: the extractor that sees.
        label: its name in tables; None for `name`.

    Raises:
        UsageError: the name is taken.
    """

    def add(score: Synchrony) -> Synchrony:
        METRICS.register(name)(
            SynchronyMetric(
                name=name,
                label=label or name,
                score=score,
                sound=sound,
                picture=picture,
                better=better,
                explanation=explanation,
            )
        )
        return score

    return add
