"""A comparison as Markdown: for each column the paper's number, ours, and the difference."""

from collections.abc import Iterator, Mapping

from reports.comparison.table import Cell, Comparison, Line
from reports.comparison.words import Words, heading, words

_SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹"


def to_markdown(comparison: Comparison, made_from: Mapping[str, str]) -> str:
    """The table with its notes beneath, and at the end, in a comment, the files that it was made from.

    Args:
        made_from: files and their SHA-256.
    """
    table = comparison.table
    labels = comparison.labels
    headings = [""]
    for column in table.columns:
        name = " ".join(filter(None, (column.group, heading(column))))
        ours = labels.get(column, column.metric)
        headings += [f"{name} paper", "ours" if "[" not in ours else f"ours ({ours})", "difference"]
    rules = [":--", *(["--:"] * (len(headings) - 1))]
    rows = [_row(line, line_words) for line, line_words in zip(_lines(comparison), words(comparison), strict=True)]
    text = [f"**Table {table.number}. {table.title}**", ""]
    text += ["| " + " | ".join(row) + " |" for row in (headings, rules, *rows)]
    if notes := list(notes_of(comparison)):
        text += ["", "<br>\n".join(notes)]
    text += ["", *(f"<!-- from {path} sha256 {digest} -->" for path, digest in made_from.items())]
    return "\n".join(text).rstrip() + "\n"


def notes_of(comparison: Comparison) -> Iterator[str]:
    """Everything that a reader must know, in the order in which it should be read."""
    for number, note in enumerate(comparison.notes, start=1):
        yield f"{superscript((number,))} {note}"
    if comparison.is_filled:
        what = "study" if comparison.table.is_study else "protocol"
        yield f"Ours: {what} {comparison.protocol}. In brackets: 95 % intervals."
        yield "Bold: the best number of a column, and all that cannot be told from it."
    if any("[" in label for label in comparison.labels.values()):
        yield "Metrics named after their features are other numbers than the paper's; no difference is given."
    if comparison.literature:
        yield "Rows beneath the paper's: what others print, in the paper's columns; never ranked with ours."
    if comparison.table.remark:
        yield comparison.table.remark
    yield from (f"Left out: {text}." for text in comparison.left_out)


def superscript(marks: tuple[int, ...]) -> str:
    """Marks as raised numbers."""
    return " ".join("".join(_SUPERSCRIPTS[int(digit)] for digit in str(mark)) for mark in marks)


def _lines(comparison: Comparison) -> tuple[Line, ...]:
    return (*comparison.lines, *comparison.literature)


def _row(line: Line, line_words: tuple[Words, ...]) -> list[str]:
    cells = [f"{_escaped(line.label)} {superscript(line.marks)}".strip()]
    for cell, text in zip(line.cells, line_words, strict=True):
        cells += [_bold(text.published, cell.published_best), _ours(cell, text), text.difference]
    return cells


def _ours(cell: Cell, text: Words) -> str:
    if cell.ours is None:
        return superscript(cell.marks)  # of a number from the literature
    return " ".join(filter(None, (_bold(text.ours, cell.best), text.interval, superscript(cell.marks))))


def _bold(text: str, wanted: bool) -> str:
    return f"**{text}**" if wanted and text else text


def _escaped(text: str) -> str:
    for sign in "\\|*_<[":
        text = text.replace(sign, f"\\{sign}")
    return text
