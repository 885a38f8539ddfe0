"""A table of text with a title and notes: what the writers of Markdown, HTML and LaTeX share."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape as html_escape

from reports.comparison.latex import escape as latex_escape

_MARKDOWN_SIGNS = "\\|*_<["


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One table of a report; its cells are plain text."""

    name: str  # of its files
    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    left: int = 1  # so many columns are flush left, the others flush right
    notes: tuple[str, ...] = ()


def to_markdown(sheet: Sheet) -> str:
    """The table with its title above and its notes beneath."""
    rules = [":--" if place < sheet.left else "--:" for place in range(len(sheet.headings))]
    rows = [[_plain(cell) for cell in row] for row in (sheet.headings, *sheet.rows)]
    lines = [f"**{_plain(sheet.title)}**", ""]
    lines += ["| " + " | ".join(row) + " |" for row in (rows[0], rules, *rows[1:])]
    lines += ["", *(f"{_plain(note)}  " for note in sheet.notes)]
    return "\n".join(lines).rstrip() + "\n"


def to_html(sheet: Sheet) -> str:
    """A `<figure>` with the table, which scrolls by itself where the window is narrow."""
    head = "".join(
        f"<th scope=col{_side(sheet, place)}>{html_escape(cell)}" for place, cell in enumerate(sheet.headings)
    )
    rows = "\n".join("<tr>" + _html_cells(sheet, row) for row in sheet.rows)
    notes = "".join(f"<p>{html_escape(note)}" for note in sheet.notes)
    return (
        f'<figure id="{html_escape(sheet.name)}" tabindex=0><table><caption>{html_escape(sheet.title)}</caption>\n'
        f"<thead><tr>{head}</thead>\n<tbody>\n{rows}\n</tbody></table><figcaption>{notes}</figcaption></figure>\n"
    )


def to_latex(sheet: Sheet) -> str:
    """A `table*` with booktabs rules; the paper it goes into says `\\usepackage{booktabs}`."""
    columns = "l" * sheet.left + "r" * (len(sheet.headings) - sheet.left)
    lines = [_latex_row(row) for row in (sheet.headings, *sheet.rows)]
    caption = " ".join((f"{sheet.title}.", *sheet.notes))
    return "\n".join(
        [
            r"\begin{table*}",
            r"\centering",
            rf"\caption{{{latex_escape(caption)}}}",
            rf"\label{{tab:study-{sheet.name}}}",
            rf"\begin{{tabular}}{{{columns}}}",
            r"\toprule",
            lines[0],
            r"\midrule",
            *lines[1:],
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table*}",
            "",
        ]
    )


def _plain(text: str) -> str:
    """Text that Markdown leaves alone."""
    for sign in _MARKDOWN_SIGNS:
        text = text.replace(sign, f"\\{sign}")
    return text


def _html_cells(sheet: Sheet, row: Sequence[str]) -> str:
    first = f"<th scope=row class=left>{html_escape(row[0])}"
    return first + "".join(
        f"<td{_side(sheet, place)}>{html_escape(cell)}" for place, cell in enumerate(row[1:], start=1)
    )


def _side(sheet: Sheet, place: int) -> str:
    return " class=left" if place < sheet.left else ""


def _latex_row(row: Sequence[str]) -> str:
    return " & ".join(latex_escape(cell) for cell in row) + r" \\"
