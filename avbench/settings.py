"""Settings: frozen dataclasses as TOML, and single fields changed from the command line by their dotted name.

Fields are int, float, bool, str, Path, Fraction, a Literal of strings, a tuple of one of these, another such dataclass,
or one of these or None. TOML has no null: a field that is None is left out.
"""

import dataclasses
import difflib
import types
import typing
from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeVar

import tomli_w

from avbench.errors import UsageError

S = TypeVar("S")


def to_toml(settings: Any) -> str:
    """The settings as TOML, complete."""
    return tomli_w.dumps(to_table(settings))


def to_table(settings: Any) -> dict[str, Any]:
    """The settings as a TOML table: plain values by name, dataclasses as tables."""
    values = {field.name: getattr(settings, field.name) for field in dataclasses.fields(settings)}
    return {name: _plain(value) for name, value in values.items() if value is not None}


def from_table(kind: type[S], table: Mapping[str, Any], *, where: str = "") -> S:
    """Settings of `kind` from a TOML table.

    Args:
        where: what the table is, for messages: a file, a section.

    Raises:
        UsageError: a name is unknown or missing, or a value has another type.
    """
    hints = typing.get_type_hints(kind)
    unknown = [name for name in table if name not in hints]
    if unknown:
        raise UsageError(f'{where}: unknown setting "{unknown[0]}"{nearest(unknown[0], hints)}')
    values = {name: _value(hints[name], value, f"{where} {name}".strip()) for name, value in table.items()}
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    required = [
        name
        for name, field in fields.items()
        if field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]
    absent = [name for name in required if name not in values and type(None) not in typing.get_args(hints[name])]
    if absent:
        raise UsageError(f'{where}: the setting "{absent[0]}" is missing')
    return kind(**dict.fromkeys(required) | values)


def changed(settings: S, changes: Mapping[str, str]) -> S:
    """The settings with some fields set from text, for example {"training.steps": "300"}; "none" sets None.

    All are set at once, so that fields which must fit each other can change together.

    Raises:
        UsageError: there is no such field (the message names its nearest match), it has no such value, or the settings
            contradict each other.
    """
    return _with(settings, {tuple(name.split(".")): text for name, text in changes.items()}, settings)


def names(settings: Any) -> Iterator[str]:
    """The dotted names of all fields."""
    for field in dataclasses.fields(settings):
        value = getattr(settings, field.name)
        if dataclasses.is_dataclass(value):
            yield from (f"{field.name}.{name}" for name in names(value))
        else:
            yield field.name


def differences(one: Any, other: Any) -> list[str]:
    """What differs between two settings of a kind, as "name: this -> that"."""
    found = []
    for field in dataclasses.fields(one):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if dataclasses.is_dataclass(a) and type(a) is type(b):
            found += [f"{field.name}.{difference}" for difference in differences(a, b)]
        elif a != b:
            found.append(f"{field.name}: {_shown(a)} -> {_shown(b)}")
    return found


def nearest(name: str, known: typing.Iterable[str]) -> str:
    """The end of a message about an unknown name: the nearest known one, or all."""
    known = list(known)
    match = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    return f'; did you mean "{match[0]}"?' if match else f"; known: {', '.join(known)}"


def _with(settings: S, changes: Mapping[tuple[str, ...], str], top: Any, outside: tuple[str, ...] = ()) -> S:
    """`settings`, which stand at the path `outside` in `top`, with the fields at the paths `changes` set from text."""
    hints = typing.get_type_hints(type(settings))
    values: dict[str, Any] = {}
    inner: dict[str, dict[tuple[str, ...], str]] = {}
    for path, text in changes.items():
        name, rest = path[0], path[1:]
        full = ".".join((*outside, *path))
        if name not in hints or bool(rest) != dataclasses.is_dataclass(getattr(settings, name)):
            raise UsageError(f'no setting is called "{full}"{nearest(full, names(top))}')
        if rest:
            inner.setdefault(name, {})[rest] = text
        else:
            values[name] = _parsed(hints[name], text, full)
    values |= {name: _with(getattr(settings, name), rest, top, (*outside, name)) for name, rest in inner.items()}
    return dataclasses.replace(settings, **values) if values else settings  # type: ignore[type-var]


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return to_table(value)
    if isinstance(value, Fraction):
        return value.numerator if value.denominator == 1 else str(value)
    if isinstance(value, Path):
        return str(value)
    return [_plain(part) for part in value] if isinstance(value, tuple) else value


def _value(kind: Any, value: Any, where: str) -> Any:
    """A TOML value as `kind`."""
    kind = _not_none(kind)
    if dataclasses.is_dataclass(kind) and isinstance(value, Mapping):
        return from_table(typing.cast(type[Any], kind), value, where=where)
    if kind is Any:
        return value
    if typing.get_origin(kind) is tuple and isinstance(value, list):
        element = typing.get_args(kind)[0]
        return tuple(_value(element, part, where) for part in value)
    if kind in (Fraction, Path) and isinstance(value, (str, int)) and not isinstance(value, bool):
        return _parsed(kind, str(value), where)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    choices = typing.get_args(kind)
    if value in choices if choices else type(value) is kind:
        return value
    raise UsageError(f"{where} cannot be {_shown(value)}; it takes {_takes(kind)}")


def _parsed(kind: Any, text: str, name: str) -> Any:
    """Text of the command line as `kind`."""
    if text == "none" and type(None) in typing.get_args(kind):
        return None
    kind = _not_none(kind)
    if typing.get_origin(kind) is tuple:
        element = typing.get_args(kind)[0]
        return tuple(_parsed(element, part.strip(), name) for part in text.strip("()[]").split(",") if part.strip())
    choices = typing.get_args(kind)
    try:
        if choices or kind is bool:
            if text not in (choices or ("true", "false")):
                raise ValueError
            return text == "true" if kind is bool else text
        return kind(text)
    except (ValueError, ZeroDivisionError):
        raise UsageError(f'{name} cannot be "{text}"; it takes {_takes(kind)}') from None


def _not_none(kind: Any) -> Any:
    """The X of `X | None`, and other types as they are."""
    if isinstance(kind, types.UnionType):
        return next(part for part in typing.get_args(kind) if part is not type(None))
    return kind


def _takes(kind: Any) -> str:
    if typing.get_origin(kind) is tuple:
        return f"{_takes(typing.get_args(kind)[0])}, several parted by commas"
    if choices := typing.get_args(kind):
        return " or ".join(choices)
    texts = {int: "a whole number", float: "a number", bool: "true or false", str: "text", Fraction: "a number"}
    return texts.get(kind, f"a {getattr(kind, '__name__', kind)}")


def _shown(value: Any) -> str:
    return "none" if value is None else str(_plain(value))
