"""How large a data set is, beside what MM-Diffusion's section 4.2 says of its own copy, and where that does not fit."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from avbench.clipset import ClipRecord
from avbench.clipset.shards import ShardClipSet

STATISTICS = "dataset_statistics.csv"


@dataclass(frozen=True, kw_only=True)
class Published:
    """What the paper says of a data set."""

    figures: Mapping[str, float]
    notes: Mapping[str, str] = field(default_factory=dict)  # by figure


PAPER = {
    "landscape": Published(
        figures={"sources": 928, "clips": 1_000, "hours": 2.7, "source_frames": 300_000, "classes": 9},
        notes={
            "hours": "1,000 clips of 10 s are 2.78 h",
            "source_frames": "300,000 frames in 10,000 s are 30 a second",
        },
    ),
    "aist": Published(
        figures={"sources": 1_020, "clips": 1_020, "hours": 5.2, "source_frames": 560_000},
        notes={
            "clips": "980 + 20 + 20 sequences of the splits by music and choreography are 1,020, by one camera each; "
            "the paper names neither",
            "hours": "these 1,020 sequences last 14,338.8 s, 3.98 h; 5.2 h is what all 1,408 sequences last",
            "source_frames": "560,000 frames in 5.2 h are 30 a second; the videos have 60",
        },
    ),
    "audioset": Published(
        figures={"listed": 2_100_000, "clips": 20_000, "classes": 632},
        notes={
            "clips": "chosen by frame rate and size; the thresholds were not published",
            "classes": "632 are in the ontology; the lists use 527, so that 105 have no clip",
        },
    ),
}


def dataset_statistics(clipset: ShardClipSet) -> pd.DataFrame:
    """One row per figure: ours, the paper's, our share of it, and a note where the paper's does not fit.

    `sources` are videos (of AIST++ dances), `frames` those that are stored, `source_frames` those that the stored
    stretches have in the originals, `listed` the rows of the public list.
    """
    made = clipset.manifest["made"]
    published = PAPER.get(made["source"], Published(figures={}))
    ours = _figures(clipset.records) | _listed(made)
    figures = [*ours, *(figure for figure in published.figures if figure not in ours)]
    rows = [_row(figure, ours.get(figure), published) for figure in figures]
    return pd.DataFrame(rows, columns=["figure", "ours", "paper", "share", "note"])


def _figures(records: tuple[ClipRecord, ...]) -> dict[str, float]:
    seconds = sum(float(record.duration) for record in records)
    return {
        "sources": len({record.source for record in records}),
        "clips": len(records),
        "hours": round(seconds / 3600, 4),
        "frames": sum(record.frames for record in records),
        "source_frames": sum(round(float(record.duration * record.source_fps)) for record in records),
        "classes": len(set().union(*(_classes(record) for record in records))),
    }


def _classes(record: ClipRecord) -> set[str]:
    """All that is known to be heard, where a clip has several labels."""
    return set(record.meta.get("labels") or [record.label]) - {""}


def _listed(made: Mapping[str, Any]) -> dict[str, float]:
    listed = made.get("list")
    return {"listed": (listed["drawn_from"] or listed["items"]) + len(listed["rejected"])} if listed else {}


def _row(figure: str, ours: float | None, published: Published) -> dict[str, Any]:
    paper = published.figures.get(figure)
    share = round(ours / paper, 4) if ours is not None and paper else None
    # As text: whole numbers stay whole beside hours and empty cells.
    return {
        "figure": figure,
        "ours": "" if ours is None else f"{ours:g}" if ours % 1 else f"{ours:.0f}",
        "paper": "" if paper is None else f"{paper:g}" if paper % 1 else f"{paper:.0f}",
        "share": "" if share is None else f"{share:g}",
        "note": published.notes.get(figure, ""),
    }
