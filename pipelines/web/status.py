"""How far a data set from the web has come, read from its ledger, while a `prepare` runs or after it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from avbench.clipset.layout import MANIFEST, read_manifest
from avbench.errors import UsageError
from pipelines.statistics import PAPER
from pipelines.web.ledger import LEDGER, Ledger, Row


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A set in numbers of items, until it says otherwise."""

    path: Path
    source: str
    items: int
    done: int  # in the finished set, or ready for it
    left: int  # to be downloaded or screened
    failed: Mapping[str, int]  # by reason, the most frequent first
    videos: int  # that gave an item which is done
    clips: int | None  # of the finished set; None: it is not finished
    bytes: int  # that were downloaded

    def survival(self) -> dict[str, tuple[int, int]]:
        """Ours and the paper's, by figure: videos, and the clips of a finished set."""
        published = PAPER[self.source].figures if self.source in PAPER else {}
        ours = {"sources": self.videos, "clips": self.clips}
        return {
            figure: (count, round(published[figure]))
            for figure, count in ours.items()
            if count is not None and figure in published
        }

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "path": str(self.path),
            "source": self.source,
            "items": self.items,
            "done": self.done,
            "left": self.left,
            "failed": dict(self.failed),
            "videos": self.videos,
            "clips": self.clips,
            "bytes": self.bytes,
            "survival": {
                figure: {"ours": ours, "paper": paper, "share": round(ours / paper, 4)}
                for figure, (ours, paper) in self.survival().items()
            },
        }


def read_status(out: Path) -> Status:
    """The status of the set in the folder `out`.

    Raises:
        UsageError: it is no set from the web.
    """
    if not (out / LEDGER).is_file():
        raise UsageError(f"{out}: there is no {LEDGER}: it is no data set that avbench fetched or screened")
    with Ledger(out / LEDGER) as ledger:
        rows = ledger.rows()
        source = ledger.note("source", "")
    done = [row for row in rows if row.state == "done" and row.stage != "download"]
    failed = Counter(row.reason for row in rows if row.state == "failed")
    return Status(
        path=out,
        source=source,
        items=len(rows),
        done=len(done),
        left=len(rows) - len(done) - failed.total(),
        failed=dict(failed.most_common()),
        videos=len({row.video for row in done}),
        clips=read_manifest(out)["clips"] if (out / MANIFEST).is_file() else None,
        bytes=sum(_bytes_by_video(rows).values()),
    )


def _bytes_by_video(rows: list[Row]) -> dict[str, int]:
    return {row.video: row.bytes for row in rows if row.bytes is not None}
