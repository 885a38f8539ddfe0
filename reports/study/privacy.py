"""Keeping raters unknown: pseudonyms for their ids, and cells that no spreadsheet takes for formulas."""

import csv
import hashlib
import hmac
import io
from collections.abc import Iterable, Sequence

_DIGITS = 16  # hexadecimal ones: chance collisions among a million raters are below one in ten million
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def pseudonym(secret: bytes | None, rater: str) -> str:
    """`r` and 16 hexadecimal digits of HMAC-SHA256 over a platform's id; the id itself where there is no secret."""
    if secret is None:
        return rater
    return "r" + hmac.new(secret, rater.encode(), hashlib.sha256).hexdigest()[:_DIGITS]


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A CSV file as text; None is an empty cell.

    A text that begins with `= + - @` or a tab would run as a formula when a spreadsheet opens the file, and gets an
    apostrophe before it. Numbers, negative ones too, stay as they are.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue()


def _cell(value: object) -> object:
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return "" if value is None else value
