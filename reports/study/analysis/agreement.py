"""How far raters agree with each other: Krippendorff's alpha."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import krippendorff
import numpy as np
import pandas as pd

from reports.study.analysis.cells import cells
from reports.study.analysis.opinion import SCALE
from reports.study.analysis.turing import OPTIONS

_FOLDED = ("machine", "not machine")


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """Alpha of the raters in one task of a data set, all methods together: 1 for perfect agreement, 0 for chance.

    An alpha is None where it is undefined; `reason` says why. Scores have `alpha_ordinal` and `alpha_interval`, the
    Turing test has `alpha_nominal` and `alpha_pass` (after folding into machine and not machine).
    """

    dataset: str
    task: str
    n_units: int  # clips
    alpha_ordinal: float | None = None
    alpha_interval: float | None = None
    alpha_nominal: float | None = None
    alpha_pass: float | None = None
    reason: str = ""


def agreements(votes: pd.DataFrame) -> list[Agreement]:
    """Alpha for each data set and task, sorted. Turing votes have task `turing` and a column `answer`, others `score`.

    The value domain is the whole scale, whether or not all of it was used.

    Source: Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability".
    """
    return [_agreement(dataset, task, group) for (dataset, task), group in cells(votes, "dataset", "task")]


def _agreement(dataset: str, task: str, votes: pd.DataFrame) -> Agreement:
    units = votes["clip_id"].nunique()
    if task != "turing":
        ordinal, reason = _alpha(votes["clip_id"], votes["score"], SCALE, "ordinal")
        interval, _ = _alpha(votes["clip_id"], votes["score"], SCALE, "interval")
        return Agreement(
            dataset=dataset, task=task, n_units=units, alpha_ordinal=ordinal, alpha_interval=interval, reason=reason
        )
    nominal, reason = _alpha(votes["clip_id"], votes["answer"], OPTIONS, "nominal")
    folded = votes["answer"].where(votes["answer"] == "machine", "not machine")
    passing, reason_of_pass = _alpha(votes["clip_id"], folded, _FOLDED, "nominal")
    return Agreement(
        dataset=dataset,
        task=task,
        n_units=units,
        alpha_nominal=nominal,
        alpha_pass=passing,
        reason=reason or reason_of_pass,
    )


def _alpha(
    clips: pd.Series, values: pd.Series, domain: Sequence[object], level: Literal["nominal", "ordinal", "interval"]
) -> tuple[float | None, str]:
    counts = pd.crosstab(clips.to_numpy(), values.to_numpy()).reindex(columns=list(domain), fill_value=0).to_numpy()
    counts = counts[counts.sum(axis=1) > 1]  # a clip with one vote has nothing to agree with
    if not len(counts):
        return None, "no clip has two votes"
    if np.count_nonzero(counts.sum(axis=0)) < 2:
        return None, "all votes are equal, so that chance agreement is perfect too"
    # Options have no numbers; for the nominal level only their being different counts.
    numbers = np.arange(len(domain)) if level == "nominal" else np.asarray(domain, np.float64)
    return float(krippendorff.alpha(value_counts=counts, value_domain=numbers, level_of_measurement=level)), ""
