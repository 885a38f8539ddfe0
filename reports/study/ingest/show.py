"""The tables that `avbench study ingest` prints: what came in, and what became of it."""

from collections import Counter
from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.table import Table

from reports.study.ingest.ingest import Ingested


def ingest_tables(done: Ingested) -> Iterator[RenderableType]:
    """Rows and votes by fate, each column summing to what came in; then what was noted without dropping anything."""
    judged = done.judged
    yield _fates("rows", judged.rows, sum(judged.rows.values()))
    yield ""
    votes = {"used: ratings": judged.votes_valid["rating"], "used: gold": judged.votes_valid["gold"]}
    votes |= judged.votes_dropped
    votes |= {f"row {reason}": count for reason, count in judged.votes_in_dropped_rows.items()}
    yield _fates("votes", votes, judged.votes_in)
    yield ""
    noted = Counter(defect.reason for defect in judged.defects if defect.effect == "noted")
    for reason, count in sorted(noted.items()):
        yield f"noted: {count:,} {reason}"
    yield f"{len(judged.raters):,} raters; {done.republish:,} questions lack votes (republish.csv)"
    if done.review:
        yield f"{done.review:,} assignments wait for approval (private/review.csv)"


def _fates(what: str, counts: dict[str, int], total: int) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, show_footer=True)
    table.add_column(what, footer="in all")
    table.add_column("", justify="right", footer=f"{total:,}")
    for fate, count in counts.items():
        table.add_row(fate, f"{count:,}")
    return table
