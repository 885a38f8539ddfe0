"""Options of the form NAME=VALUE."""

from collections.abc import Iterable
from pathlib import Path

from avbench.errors import UsageError


def named_values(option: str, texts: Iterable[str]) -> dict[str, str]:
    """The values by name.

    Raises:
        UsageError: a text is not NAME=VALUE.
    """
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise UsageError(f'{option} takes NAME=VALUE, not "{text}"')
        pairs[name.strip()] = value.strip()
    return pairs


def named_files(option: str, texts: Iterable[str]) -> dict[str, Path]:
    """The files by name.

    Raises:
        UsageError: a text is not NAME=FILE.
    """
    return {name: Path(value) for name, value in named_values(option, texts).items()}
