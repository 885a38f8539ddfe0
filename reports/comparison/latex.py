r"""A comparison as LaTeX with booktabs, to be pasted into a paper that says `\usepackage{booktabs}`."""

import unicodedata
from collections.abc import Mapping
from itertools import groupby

from reports.comparison.table import Cell, Comparison, Line
from reports.comparison.words import Words, heading, words

_SIGNS = {
    **{"\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#"},
    **{"_": r"\_", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "−": "$-$", "×": r"$\times$"},
    **{"↓": r"$\downarrow$", "↑": r"$\uparrow$", "“": "``", "”": "''", "–": "--", "…": r"\dots{}", "∞": r"$\infty$"},
    **{"<": "$<$", ">": "$>$", "|": "$|$", "’": "'", "±": r"$\pm$", '"': "''"},
}


def to_latex(comparison: Comparison, made_from: Mapping[str, str]) -> str:
    """A `table*` environment; as comments above it, the files that it was made from and their SHA-256."""
    table = comparison.table
    columns = len(table.columns)
    rows = [_row(line, text) for line, text in zip(comparison.lines, words(comparison), strict=False)]
    cited = [
        _row(line, text)
        for line, text in zip(comparison.literature, list(words(comparison))[len(comparison.lines) :], strict=True)
    ]
    body = [
        *(f"% from {path} sha256 {digest}" for path, digest in made_from.items()),
        r"\begin{table*}",
        r"\centering",
        rf"\caption{{{escape(table.title)}. {_legend(comparison)}}}",
        rf"\label{{tab:avbench-table{table.number}}}",
        r"\footnotesize\setlength{\tabcolsep}{3.5pt}",
        rf"\begin{{tabular}}{{l{'rrr' * columns}}}",
        r"\toprule",
        *_headings(comparison),
        r"\midrule",
        *rows,
        *([r"\midrule", *cited] if cited else []),
        r"\bottomrule",
        r"\end{tabular}",
        *([r"\par\smallskip", _notes(comparison)] if comparison.notes else []),
        r"\end{table*}",
    ]
    return "\n".join(body) + "\n"


def escape(text: str) -> str:
    """Text as LaTeX prints it; letters that pdfTeX lacks by their nearest ASCII."""
    escaped = []
    for sign in text:
        if sign in _SIGNS:
            escaped.append(_SIGNS[sign])
        elif sign.isascii() and sign.isprintable():
            escaped.append(sign)
        else:
            plain = unicodedata.normalize("NFKD", sign).encode("ascii", "ignore").decode()
            escaped.append("".join(_SIGNS.get(one, one) for one in plain) or "?")
    return "".join(escaped)


def _headings(comparison: Comparison) -> list[str]:
    columns, labels = comparison.table.columns, comparison.labels
    lines = []
    if any(column.group for column in columns):
        groups = [(name, len(list(found))) for name, found in groupby(columns, key=lambda column: column.group)]
        spans = [rf"\multicolumn{{{3 * count}}}{{c}}{{{escape(name)}}}" for name, count in groups]
        lines += [" & " + " & ".join(spans) + r" \\", _rules([3 * count for _, count in groups])]
    names = [rf"\multicolumn{{3}}{{c}}{{{escape(heading(column))}}}" for column in columns]
    lines += [" & " + " & ".join(names) + r" \\", _rules([3] * len(columns))]
    parts = []
    for column in columns:
        label = labels.get(column, "")
        parts += ["paper", "ours" + (f" ({escape(label)})" if "[" in label else ""), r"$\Delta$"]
    return [*lines, "Method & " + " & ".join(parts) + r" \\"]


def _rules(spans: list[int]) -> str:
    rules, first = [], 2
    for span in spans:
        rules.append(rf"\cmidrule(lr){{{first}-{first + span - 1}}}")
        first += span
    return "".join(rules)


def _row(line: Line, line_words: tuple[Words, ...]) -> str:
    cells = [escape(line.label) + _raised(line.marks)]
    for cell, text in zip(line.cells, line_words, strict=True):
        cells += [_bold(text.published, cell.published_best), _ours(cell, text), escape(text.difference)]
    return " & ".join(cells) + r" \\"


def _ours(cell: Cell, text: Words) -> str:
    interval = rf" {{\tiny {escape(text.interval)}}}" if text.interval else ""
    return _bold(text.ours, cell.best) + interval + _raised(cell.marks)


def _bold(text: str, wanted: bool) -> str:
    return rf"\textbf{{{escape(text)}}}" if wanted and text else escape(text)


def _raised(marks: tuple[int, ...]) -> str:
    return rf"\textsuperscript{{{','.join(map(str, marks))}}}" if marks else ""


def _legend(comparison: Comparison) -> str:
    if not comparison.is_filled:
        return "Published numbers."
    what = "study" if comparison.table.is_study else "protocol"
    return escape(
        f"Published numbers and ours ({what} {comparison.protocol}) with 95 % intervals; "
        "bold: the best, and what cannot be told from it."
    )


def _notes(comparison: Comparison) -> str:
    notes = (f"{_raised((place,))} {escape(note)}" for place, note in enumerate(comparison.notes, start=1))
    return r"\parbox{0.95\linewidth}{\raggedright\scriptsize " + ". ".join(notes) + ".}"
