"""What a prepared set is like, clip by clip, and what became of the items that are not in it: tables for a report."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from math import log10
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from avbench.clipset import ClipRecord
from avbench.clipset.shards import ShardClipSet
from avbench.errors import DataError
from avbench.progress import Progress, silent
from avbench.workspace import atomic_write
from pipelines.statistics import STATISTICS, dataset_statistics
from pipelines.web.ledger import LEDGER_TABLE

QUALITY = "quality.csv"
CLASSES = "classes.csv"

_SCREENED = ("loudness_lufs", "peak_dbfs", "silence", "black", "freeze", "cuts", "lag_s", "noted")
_COLUMNS = (
    *("key", "split", "label", "source", "seconds", "frames", "width", "height", "channels"),
    *("source_width", "source_height", "source_fps", "source_sample_rate", "source_channels", "vfr"),
    *("rms_dbfs", "silent_fraction", "still", "av_offset_s", "warnings", *_SCREENED),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Tables about one set.

    Attributes:
        clips: one row per clip; columns of screening are empty where a set was not screened.
        failures: one row per item without a clip: item, label, stage, reason, message.
        classes: one row per class: clips, hours, failed items, and one column for each reason.
        statistics: the set's figures beside the paper's.
    """

    name: str
    clips: pd.DataFrame
    failures: pd.DataFrame
    classes: pd.DataFrame
    statistics: pd.DataFrame

    def write(self, folder: Path) -> None:
        """Write the tables as CSV, but for the failures, which the set has already.

        Raises:
            MachineError: `folder` cannot be written.
        """
        for name, table in ((QUALITY, self.clips), (CLASSES, self.classes), (STATISTICS, self.statistics)):
            atomic_write(folder / name, table.to_csv(index=False, lineterminator="\n"))


def quality(clipset: ShardClipSet, progress: Progress = silent) -> Quality:
    """Gather what was found out when the set was made. No clip is decoded.

    Raises:
        DataError: a shard or the ledger's table is damaged.
    """
    items = _ledger(clipset.path)
    rows = []
    for index, record in enumerate(clipset.records):
        screened = items.get(record.key.rpartition("_")[0], {}).get("facts", {})
        rows.append(_clip(record, clipset.facts(index), screened))
        progress("reading", index + 1, len(clipset))
    clips = pd.DataFrame(rows, columns=list(_COLUMNS))
    failures = pd.DataFrame(
        [
            {
                "item": failure.item,
                "label": items.get(failure.item, {}).get("label", ""),
                "stage": failure.stage,
                "reason": failure.reason,
                "message": failure.message,
            }
            for failure in clipset.failures
        ],
        columns=["item", "label", "stage", "reason", "message"],
    )
    return Quality(
        name=clipset.name,
        clips=clips,
        failures=failures,
        classes=_classes(clips, failures),
        statistics=dataset_statistics(clipset),
    )


def _clip(record: ClipRecord, facts: Mapping[str, Any], screened: Mapping[str, Any]) -> dict[str, Any]:
    source, rms = facts["src"], facts.get("audio_rms")
    row = {name: getattr(record, name) for name in ("key", "split", "label", "source", "frames", "width", "height")}
    return row | {
        "seconds": round(float(record.duration), 3),
        "channels": record.channels,
        "source_width": source.get("width"),
        "source_height": source.get("height"),
        "source_fps": round(source["fps_avg"], 3) if "fps_avg" in source else None,
        "source_sample_rate": source.get("audio_rate"),
        "source_channels": source.get("audio_channels"),
        "vfr": source.get("vfr"),
        "rms_dbfs": round(20 * log10(rms), 1) if rms else None,
        "silent_fraction": facts.get("silent_fraction"),
        "still": facts.get("still"),
        "av_offset_s": facts.get("av_offset_s"),
        "warnings": " ".join(facts["warnings"]),
        **{name: screened.get(name) for name in _SCREENED},
    }


def _classes(clips: pd.DataFrame, failures: pd.DataFrame) -> pd.DataFrame:
    """By class, in alphabetical order; "" gathers what has none."""
    counted = clips.groupby("label").agg(clips=("key", "size"), hours=("seconds", "sum"))
    counted["hours"] = (counted["hours"] / 3600).round(4)
    by_reason = pd.crosstab(failures["label"], failures["reason"])
    reasons = list(by_reason.sum().sort_values(ascending=False, kind="stable").index)
    table = counted.join(by_reason[reasons], how="outer").fillna(0)
    table.insert(2, "failed", table[reasons].sum(axis=1) if reasons else 0)
    whole = ["clips", "failed", *reasons]
    table[whole] = table[whole].astype(int)
    return table.rename_axis("label").reset_index()


def _ledger(folder: Path) -> dict[str, dict[str, Any]]:
    """Rows of the ledger's table by key of the item; none where the set did not come from the web."""
    path = folder / LEDGER_TABLE
    if not path.exists():
        return {}
    try:
        rows: list[dict[str, Any]] = pq.read_table(path, columns=["key", "label", "facts"]).to_pylist()
    except (OSError, pa.ArrowInvalid) as error:
        raise DataError(f"{path}: the table is damaged; give the same `avbench prepare` command again") from error
    return {row["key"]: row | {"facts": json.loads(row["facts"])} for row in rows}
