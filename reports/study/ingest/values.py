"""Cells of text as numbers and times. None, where a cell holds none, is the caller's to report."""

import math
import re
from datetime import UTC, datetime, timedelta, timezone

# Libraries do not agree on names of zones, and these two are all that Mechanical Turk writes.
_ZONES = {"PST": -8, "PDT": -7, "UTC": 0, "GMT": 0}
_MTURK_TIME = re.compile(r"\w{3} (\w{3} \d{1,2} \d\d:\d\d:\d\d) ([A-Z]{3}) (\d{4})")
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()


def number(cell: str) -> float | None:
    """A finite number that is not negative."""
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def count(cell: str) -> int | None:
    """A whole number that is not negative; "1.0" is 1."""
    value = number(cell)
    return int(value) if value is not None and value == int(value) else None


def mturk_time(cell: str) -> datetime | None:
    """A time like "Thu Mar 06 10:05:00 PST 2025", in UTC."""
    match = _MTURK_TIME.fullmatch(cell.strip())
    if match is None or match[2] not in _ZONES:
        return None
    month, day, clock = match[1].split()
    if month not in _MONTHS:  # not strptime's %b, which follows the machine's language
        return None
    try:
        hour, minute, second = map(int, clock.split(":"))
        zone = timezone(timedelta(hours=_ZONES[match[2]]))
        local = datetime(int(match[3]), _MONTHS.index(month) + 1, int(day), hour, minute, second, tzinfo=zone)
    except ValueError:
        return None
    return local.astimezone(UTC)


def iso_time(cell: str) -> datetime | None:
    """An ISO 8601 time, in UTC; one without a zone is taken for UTC."""
    try:
        time = datetime.fromisoformat(cell.strip())
    except ValueError:
        return None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).astimezone(UTC)


def answer(cell: str) -> str:
    """An answer as the scales write it: no blanks around it, lower case, "4.0" as "4"."""
    text = cell.strip().lower()
    return re.sub(r"(?<=\d)\.0+$", "", text)
