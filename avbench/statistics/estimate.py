"""What is known of a mean over runs: its standard error, its value for infinite N, and an interval, or why none."""

import dataclasses
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from scipy import stats

from avbench.metrics.frechet import frechet_distance
from avbench.metrics.kernel import kernel_distance
from avbench.metrics.kernel_audio_distance import kernel_audio_distance
from avbench.metrics.metric import Distance
from avbench.statistics.extrapolation import PARTS, Line, extrapolate, parts_left_out
from avbench.statistics.groups import MOST_GROUPS
from avbench.statistics.jackknife import Jackknife, jackknife
from avbench.statistics.kernel_blocks import Parts
from avbench.statistics.leaving_out import Kernel, LeavingOut

LEAST_GROUPS = 10  # source videos; the spread of fewer groups says too little of that of others
LEAST_PER_DIMENSION = 4  # clips per feature, below which the bias of a Fréchet distance is no line in 1/N

HOW_ERRORS_ARE_FOUND: Mapping[str, Any] = {  # for provenance.json
    "left_out": "source videos, from both sets at once",
    "most_groups": MOST_GROUPS,
    "least_groups": LEAST_GROUPS,
    "least_clips_per_feature": LEAST_PER_DIMENSION,
    "extrapolated_from_parts": [1, *PARTS],
}

# What an interval can be about: a distance that N biases is extrapolated to infinite N; one that it does not bias
# stands as it is; of any other metric nothing is known but how much it varies.
Kind = Literal["extrapolated", "unbiased", "error only"]


def kind_of(function: Distance) -> Kind:
    """What an interval of the metric is about."""
    if function is frechet_distance:
        return "extrapolated"
    return "unbiased" if function in (kernel_distance, kernel_audio_distance) else "error only"


@dataclass(frozen=True, slots=True)
class RunValues:
    """One run: the metric of all clips, without each group, and at growing N; a mean of runs has the same shape."""

    value: float
    left_out: tuple[float, ...]  # without each group
    shares: tuple[float, ...]  # of the clips, by group
    inverse_sizes: tuple[float, ...] = ()  # 1/N in units of all clips; empty if not extrapolated
    values: tuple[float, ...] = ()  # the metric at these sizes
    parts: Parts | None = None  # of a kernel distance

    @classmethod
    def of(cls, leaving_out: LeavingOut, kind: Kind, randomness: np.random.Generator) -> "RunValues":
        """The values of one run; `randomness` decides which groups are left out together."""
        groups = leaving_out.groups
        value, left_out = leaving_out.without(np.zeros(groups, np.bool_)), leaving_out.each_left_out()
        found = cls(value, tuple(left_out.tolist()), tuple(leaving_out.shares().tolist()))
        if isinstance(leaving_out, Kernel):
            return dataclasses.replace(found, parts=leaving_out.blocks.parts())
        if kind != "extrapolated":
            return found
        sizes, values = [1.0], [value]
        masks = {parts: list(parts_left_out(groups, parts, randomness)) for parts in PARTS if parts < groups}
        for of_parts in masks.values():
            sizes.append(float(np.mean([_inverse_size(leaving_out, mask) for mask in of_parts])))
            values.append(float(np.mean([leaving_out.without(mask) for mask in of_parts])))
        singles = np.eye(groups, dtype=np.bool_)
        sizes.append(float(np.mean([_inverse_size(leaving_out, mask) for mask in singles])))
        values.append(float(left_out.mean()))
        return dataclasses.replace(found, inverse_sizes=tuple(sizes), values=tuple(values))

    @classmethod
    def mean(cls, runs: Sequence["RunValues"]) -> "RunValues":
        """The mean over runs that left out the same groups."""

        def mean(values: Iterable[tuple[float, ...]]) -> tuple[float, ...]:
            return tuple(np.mean(list(values), axis=0).tolist())

        parts = [run.parts for run in runs if run.parts is not None]
        return cls(
            value=float(np.mean([run.value for run in runs])),
            left_out=mean(run.left_out for run in runs),
            shares=mean(run.shares for run in runs),
            inverse_sizes=mean(run.inverse_sizes for run in runs),
            values=mean(run.values for run in runs),
            parts=Parts.mean(parts) if parts else None,
        )


def _inverse_size(leaving_out: LeavingOut, mask: Any) -> float:
    """1/N after leaving out, in units of all clips: the mean of both sets, for the bias is a sum over both."""
    kept = leaving_out.sizes(mask)
    return float(np.mean([len(labels) / max(size, 1) for labels, size in zip(leaving_out.labels, kept, strict=True)]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A 95 % interval, or why there is none: then `low` and `high` are NaN."""

    low: float = math.nan
    high: float = math.nan
    method: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One line of a summary: what is known of its mean over runs. All numbers are times the metric's scale."""

    dataset: str
    method: str
    metric: str
    better: Literal["lower", "higher"]
    n_reference: int
    n_generated: int
    runs: int
    kind: Kind
    value: float = math.nan  # mean over runs
    left_out: tuple[float, ...] = ()  # without each group of source videos
    shares: tuple[float, ...] = ()
    inverse_sizes: tuple[float, ...] = ()
    values: tuple[float, ...] = ()
    variance: float = math.nan  # of the mean, in closed form, where there is one
    why_none: str = ""  # why there is no interval
    remark: str = ""  # what to know of the interval

    def measured(self, runs: RunValues, scale: float) -> "Estimate":
        """The line with the mean of its runs."""
        return dataclasses.replace(
            self,
            value=scale * runs.value,
            left_out=tuple(scale * value for value in runs.left_out),
            shares=runs.shares,
            inverse_sizes=runs.inverse_sizes,
            values=tuple(scale * value for value in runs.values),
            variance=scale**2 * runs.parts.variance() if runs.parts else math.nan,
        )

    @property
    def jackknife(self) -> Jackknife:
        return jackknife(self.value, self.left_out, self.shares)

    @property
    def se(self) -> float:
        """Standard error of the mean, in closed form where there is one; NaN where it was not computed."""
        return math.sqrt(self.variance) if math.isfinite(self.variance) else self.jackknife.se

    @property
    def line(self) -> Line:
        return extrapolate(self.inverse_sizes, self.values)

    @property
    def limit(self) -> float:
        """The value for infinitely many clips; NaN where it is not offered."""
        return math.nan if self.why_none else self.line.limit

    @property
    def limit_se(self) -> float:
        """Standard error of the limit: of the clips, and of the line."""
        return math.nan if self.why_none else math.hypot(self.jackknife.se, self.line.limit_se)

    @property
    def interval(self) -> Interval:
        """For the distance between what both sets were drawn from, infinitely many clips of each.

        That of a kernel distance takes the jackknife's error, too: the one in closed form is right on average, but
        smaller where the value is small, so that fewer intervals hold the truth.
        """
        extrapolated = self.kind == "extrapolated"
        centre, error = (self.limit, self.limit_se) if extrapolated else (self.value, self.jackknife.se)
        why_none = self.why_none or ("" if math.isfinite(centre + error) else "the value is not a finite number")
        if why_none:
            return Interval(note=_joined(why_none, self.remark))
        groups = self.jackknife.groups
        half = float(stats.t.ppf(0.975, groups - 1)) * error
        return Interval(low=centre - half, high=centre + half, method=f"jackknife-{groups}", note=self.remark)

    def columns(self) -> dict[str, float | str]:
        """The columns of `summary.csv` that tell how far the mean can be trusted."""
        interval = self.interval
        return {
            "se": self.se,
            "interval_low": interval.low,
            "interval_high": interval.high,
            "interval_method": interval.method,
            "interval_note": interval.note,
            "limit": self.limit,
            "limit_se": self.limit_se,
        }

    def as_dict(self) -> dict[str, Any]:
        """JSON values; NaN is None."""
        return {name: _plain(value) for name, value in dataclasses.asdict(self).items()}

    @classmethod
    def from_dict(cls, table: Mapping[str, Any]) -> "Estimate":
        """What `as_dict` gave.

        Raises:
            TypeError: a field is missing or unknown.
        """
        return cls(**{name: _read(name, value) for name, value in table.items()})


_NUMBERS = ("value", "variance")


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _read(name: str, value: Any) -> Any:
    if isinstance(value, list):
        return tuple(math.nan if one is None else one for one in value)
    return math.nan if name in _NUMBERS and value is None else value


def _joined(*sentences: str) -> str:
    return "; ".join(sentence for sentence in sentences if sentence)
