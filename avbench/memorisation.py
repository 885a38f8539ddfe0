"""The memorisation check of an evaluation: generated clips against every training clip, in every space there is.

It looks at all windows of the training split, side by side, not at the draws of the runs, among which a copy may have
no original. Networks are in evaluation mode, so that a clip's features do not depend on other clips.
"""

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from avbench.clipset import ClipSet
from avbench.errors import DataError
from avbench.features.extract import Extraction, Streaming
from avbench.features.network import Network
from avbench.metrics.memorisation import (
    Nearest,
    held_out_nearer,
    joint_space,
    nearest,
    nearest_of_other_sources,
    share_nearer,
)
from avbench.metrics.pair import Features
from avbench.protocol import Protocol
from avbench.windows import Window, candidates

logger = logging.getLogger(__name__)

_SUSPECT = 0.05  # share of held-out windows that a suspect generated window is nearer than


@dataclass(frozen=True, slots=True, kw_only=True)
class Memorisation:
    """What the check found.

    Attributes:
        summary: one line per space: space ("video", "audio", "joint"), features, training_windows, held_out (where
            the baseline comes from), held_out_windows, generated_windows, share_nearer (chance that a generated window
            is nearer to the training set than a held-out one; 0.5 is no copying) and share_nearest_5_percent (share
            of generated windows that are nearer than all but 5 % of the held-out ones; 0.05 is no copying).
        clips: one line per generated clip, of its window that is nearest to the training set: for each space S the
            columns nearest_S_key and nearest_S_start (training clip, seconds), nearest_S_distance, and
            held_out_nearer_S (share of held-out windows that are nearer; about 0 for a copy).
    """

    summary: pd.DataFrame
    clips: pd.DataFrame


@dataclass(frozen=True, slots=True)
class _Windows:
    """Windows of a clip set, and their rows by modality."""

    clipset: ClipSet
    windows: Sequence[Window]
    rows: Mapping[str, NDArray[np.float32]]

    def sources(self) -> NDArray[np.intp]:
        """The number of each window's source video."""
        names = [self.clipset.records[window.clip].source for window in self.windows]
        return np.asarray(np.unique(names, return_inverse=True)[1], np.intp)


def check_memorisation(
    reference: ClipSet, generated: ClipSet, networks: Mapping[str, Network], protocol: Protocol, streaming: Streaming
) -> Memorisation | None:
    """Looks for copies of training clips among generated ones.

    Held out are the reference's other splits; where it has none, each training window is held out in turn, with all
    windows of its source video.

    Args:
        reference: holds what the model was trained on, the split that `protocol` reads.
        networks: by modality, in evaluation mode.

    Returns:
        None in processes other than the first.

    Raises:
        DataError: a set has no window, or the reference has one source video and no other split.
    """
    side_by_side = dataclasses.replace(protocol, windows="grid", short_sets="shrink")
    others = sorted({record.split for record in reference.records} - {protocol.split})
    has_held_out = any(record.split == protocol.split for record in reference.records) and bool(others)
    apart = [dataclasses.replace(side_by_side, split=split) for split in others] if has_held_out else []

    def read(clipset: ClipSet, *protocols: Protocol) -> _Windows:
        windows = [window for one in protocols for window in candidates(clipset, one)]
        if not windows:
            splits = " and ".join(one.split for one in protocols)
            raise DataError(
                f"{clipset.path}: no clip of {splits} lasts {float(protocol.seconds):g} s, as a window does"
            )
        rows = {
            modality: Extraction(clipset, network, side_by_side, streaming).rows(windows)
            for modality, network in networks.items()
        }
        return _Windows(clipset, windows, rows)

    training, made = read(reference, side_by_side), read(generated, side_by_side)
    held_out = read(reference, *apart) if apart else None
    if not streaming.ranks.first:
        return None
    summary: list[dict[str, Any]] = []
    columns: dict[str, pd.Series] = {}
    for space in _spaces(networks):
        known, new, apart_rows = _in_space(space, training, made, held_out)
        found = nearest(known, new)
        baseline = (
            nearest_of_other_sources(known, training.sources()) if apart_rows is None else nearest(known, apart_rows)
        )
        summary.append(
            {
                "space": space,
                "features": "+".join(
                    network.extractor.name for modality, network in networks.items() if space in (modality, "joint")
                ),
                "training_windows": len(known),
                "held_out": " and ".join(others) if apart else "other source videos",
                "held_out_windows": len(baseline.distance),
                "generated_windows": len(new),
                "share_nearer": share_nearer(found.distance, baseline.distance),
                "share_nearest_5_percent": float(
                    (held_out_nearer(found.distance, baseline.distance) < _SUSPECT).mean()
                ),
            }
        )
        columns |= _columns(space, training, made, found, baseline)
    return Memorisation(summary=pd.DataFrame(summary), clips=pd.DataFrame(columns))


def _spaces(networks: Mapping[str, Network]) -> list[str]:
    return [*networks, "joint"] if len(networks) > 1 else list(networks)


def _in_space(
    space: str, training: _Windows, made: _Windows, held_out: _Windows | None
) -> tuple[Features, Features, Features | None]:
    """Rows of the training, the generated and the held-out windows in one space."""
    parts = [part for part in (training, made, held_out) if part is not None]
    ends = np.cumsum([len(part.windows) for part in parts])

    def stacked(modality: str) -> Features:
        return np.concatenate([np.asarray(part.rows[modality], np.float64) for part in parts])

    if space == "joint":
        rows = joint_space(stacked("video"), stacked("audio"), training=slice(0, ends[0]))
    else:
        rows = stacked(space)
    known, new, *rest = np.split(rows, ends[:-1])
    return known, new, rest[0] if rest else None


def _columns(space: str, training: _Windows, made: _Windows, found: Nearest, baseline: Nearest) -> dict[str, pd.Series]:
    """Columns of the table of clips: each clip's window that is nearest to the training set."""
    records = training.clipset.records
    originals = [training.windows[index] for index in found.index]
    table = pd.DataFrame(
        {
            "clip": [window.clip for window in made.windows],
            f"nearest_{space}_key": [records[window.clip].key for window in originals],
            f"nearest_{space}_start": [float(window.start) for window in originals],
            f"nearest_{space}_distance": found.distance,
            f"held_out_nearer_{space}": held_out_nearer(found.distance, baseline.distance),
        }
    )
    first = table.sort_values(f"nearest_{space}_distance", kind="stable").groupby("clip").head(1).set_index("clip")
    first = first.reindex(range(len(made.clipset)))
    return {str(name): first[name] for name in first}
