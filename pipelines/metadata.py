"""What somebody wrote down beside the videos: prompts, conditions, labels, seeds; one row per video."""

import csv
import json
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from avbench.errors import DataError, UsageError

NAME_COLUMNS = ("key", "stem", "file", "file_name", "filename", "path", "video", "name")
_WHOLE_NUMBERS = ("seed", "steps")

Row = dict[str, Any]


def read_meta(file: Path) -> dict[str, Row]:
    """The rows of a .csv, .json (a list of objects, or an object of them by name) or .jsonl file, by name.

    Raises:
        UsageError: the file does not exist or has no column that names the videos.
        DataError: it cannot be read, or two rows have one name.
    """
    if not file.is_file():
        raise UsageError(f"{file} does not exist; check --meta")
    try:
        rows = _read_rows(file)
    except (ValueError, csv.Error) as error:
        raise DataError(f"{file}: it is not valid {file.suffix[1:] or 'CSV'} ({error}); correct it") from error
    named: dict[str, Row] = {}
    for row in rows:
        column = next((name for name in NAME_COLUMNS if row.get(name)), None)
        if column is None:
            columns = ", ".join(map(str, row)) or "nothing"
            raise UsageError(
                f"{file}: a row has {columns}, and none of them names its video; call that column one of "
                + ", ".join(NAME_COLUMNS)
            )
        name = str(row.pop(column))
        if name in named:
            raise DataError(f'{file}: two rows are about "{name}"; remove one')
        named[name] = row
    return named


def match_meta(rows: Mapping[str, Row], sources: Mapping[str, str]) -> tuple[dict[str, Row], tuple[str, ...]]:
    """Give each row to the item that it names by path, key, file name or stem.

    Args:
        rows: as `read_meta` returns them.
        sources: path within the folder of each item, by key.

    Returns:
        The rows by key of the item, and the names that fit no item, or more than one.
    """
    by_name: dict[str, set[str]] = {}
    for key, source in sources.items():
        path = PurePosixPath(source)
        for name in (source, key, path.name, path.stem, str(path.with_suffix(""))):
            by_name.setdefault(name, set()).add(key)
    matched = {}
    unmatched = []
    for name, row in rows.items():
        keys = by_name.get(str(PurePosixPath(name)), set())
        if len(keys) == 1:
            matched[next(iter(keys))] = row
        else:
            unmatched.append(f"{name} (several files are called so)" if keys else name)
    return matched, tuple(unmatched)


def _read_rows(file: Path) -> Iterable[Row]:
    text = file.read_text(encoding="utf-8-sig")
    if file.suffix.lower() == ".jsonl":
        return [_checked(json.loads(line)) for line in text.splitlines() if line.strip()]
    if file.suffix.lower() == ".json":
        content = json.loads(text)
        if isinstance(content, dict):
            return [{"key": name} | _checked(row) for name, row in content.items()]
        return [_checked(row) for row in content]
    return [_from_csv(row) for row in csv.DictReader(text.splitlines(keepends=True), strict=True)]


def _checked(row: Any) -> Row:
    if not isinstance(row, dict):
        raise ValueError(f"wanted an object, found {json.dumps(row)[:60]}")
    return dict(row)


def _from_csv(row: dict[Any, Any]) -> Row:
    """A row without its empty cells; seeds and steps as the numbers they are."""
    if None in row:
        raise ValueError(f"a row has more cells than the header: {row[None]}")
    filled = {name: value for name, value in row.items() if value}
    return filled | {
        name: int(filled[name]) for name in _WHOLE_NUMBERS if name in filled and filled[name].lstrip("-").isdecimal()
    }
