"""What became of the items of the prepared data sets: how many gave clips, and where the others were lost."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from avbench.clipset.layout import CLIPS, FAILURES, MANIFEST

_STATISTICS = "dataset_statistics.csv"


@dataclass(frozen=True, slots=True)
class Loss:
    """Items that one stage lost for one reason."""

    stage: str
    reason: str
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """A prepared data set."""

    name: str
    clips: int
    hours: float
    survivors: int  # items with at least one clip
    losses: Sequence[Loss]
    statistics: pd.DataFrame | None  # figure, ours, paper, share, note

    @property
    def items(self) -> int:
        return self.survivors + sum(loss.items for loss in self.losses)


def read_datasets(root: Path) -> list[DataSet]:
    """The finished data sets in the folders of `root`."""
    return [
        _read(manifest.parent) for manifest in sorted(root.glob(f"*/{MANIFEST}")) if (manifest.parent / CLIPS).exists()
    ]


def _read(folder: Path) -> DataSet:
    clips = pd.read_parquet(folder / CLIPS, columns=["source", "duration"])
    failures = folder / FAILURES
    table = pd.read_csv(failures) if failures.is_file() else pd.DataFrame(columns=["stage", "reason"])
    counts = table.groupby(["stage", "reason"], sort=False).size()
    statistics = folder / _STATISTICS
    return DataSet(
        name=folder.name,
        clips=len(clips),
        hours=float(clips["duration"].sum()) / 3600,
        survivors=int(clips["source"].nunique()),
        losses=tuple(Loss(str(stage), str(reason), int(count)) for (stage, reason), count in counts.items()),  # type: ignore[misc, has-type, unused-ignore]
        statistics=pd.read_csv(statistics, dtype=str).fillna("") if statistics.is_file() else None,
    )
