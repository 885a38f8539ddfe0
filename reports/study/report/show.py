"""The tables that `avbench study report` prints."""

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table

from reports.study.report.sheet import Sheet

_SHOWN = ("table5", "table5-full", "table6", "table6-gap", "agreement", "screening", "correlation")


def report_tables(sheets: Sequence[Sheet]) -> Iterator[RenderableType]:
    """What one looks at first; the files hold the rest."""
    for sheet in sheets:
        if sheet.name in _SHOWN:
            yield f"[bold]{escape(sheet.title)}[/]"
            yield _table(sheet)
            yield from (f"[dim]{escape(note)}[/]" for note in sheet.notes)
            yield ""


def _table(sheet: Sheet) -> Table:
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for place, heading in enumerate(sheet.headings):
        table.add_column(escape(heading), justify="left" if place < sheet.left else "right", overflow="fold")
    for row in sheet.rows:
        table.add_row(*map(escape, row))
    return table
