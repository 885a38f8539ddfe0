"""Tables as platforms and spreadsheets write them: CSV, TSV, with BOM or CRLF, with line breaks inside quotes."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path

from avbench.errors import DataError

_DELIMITERS = (",", "\t", ";")
# Mechanical Turk's rows end before these columns of its header as long as nobody filled them in.
_MAY_BE_CUT = {"Approve", "Reject"}


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerTable:
    """A table of text; `rows[0]` is row 2 of the file as a spreadsheet counts."""

    path: Path
    columns: tuple[str, ...]
    rows: tuple[dict[str, str], ...]

    def require(self, *columns: str) -> None:
        """Refuses a table that lacks one of `columns`.

        Raises:
            DataError: it does.
        """
        if missing := [name for name in columns if name not in self.columns]:
            raise DataError(
                f"{self.path}: missing_column: there is no column {', '.join(missing)}; "
                "give the file as it was downloaded"
            )


def read_table(path: Path) -> AnswerTable:
    """The table in `path`; comma, tab or semicolon is told from the header.

    Raises:
        DataError: it is damaged: not text, an unclosed quote, a column named twice, or a row with too many or too few
            cells. The message names the row.
    """
    text = _text(path)
    header = next(iter(text.splitlines()), "")
    delimiter = max(_DELIMITERS, key=lambda mark: len(next(csv.reader([header], delimiter=mark), [])))
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    try:
        lines = []
        for number, cells in enumerate(rows, start=1):
            lines.append((number, cells))
    except csv.Error as error:
        raise DataError(f"{path}, after row {number}: the table is damaged ({error}); download it again") from error
    lines = [(number, cells) for number, cells in lines if cells]
    if not lines:
        raise DataError(f"{path}: the file is empty")
    columns = [name.strip() for name in lines[0][1]]
    if twice := sorted({name for name in columns if columns.count(name) > 1}):
        raise DataError(f"{path}: the column {twice[0]} stands there twice; give the file as it was downloaded")
    return AnswerTable(
        path=path,
        columns=tuple(columns),
        rows=tuple(_row(path, number, columns, cells) for number, cells in lines[1:]),
    )


def _text(path: Path) -> str:
    data = path.read_bytes()
    # Excel's "Unicode text" is UTF-16 with a byte order mark.
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: byte {error.start} is not {encoding} text; download the file again") from error
    if "\0" in text:
        raise DataError(f"{path}: it is not text; download the file again")
    return text


def _row(path: Path, number: int, columns: list[str], cells: list[str]) -> dict[str, str]:
    if len(cells) < len(columns) and set(columns[len(cells) :]) <= _MAY_BE_CUT:
        cells = cells + [""] * (len(columns) - len(cells))
    if len(cells) != len(columns):
        raise DataError(
            f"{path}, row {number}: the table is damaged: {len(cells)} cells under a header of {len(columns)}; "
            "download it again"
        )
    return dict(zip(columns, cells, strict=True))
