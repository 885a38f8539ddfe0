import tomllib
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Literal

import pytest

from avbench.errors import UsageError
from avbench.settings import changed, differences, from_table, names, to_toml


@dataclass(frozen=True, kw_only=True)
class Inner:
    widths: tuple[int, ...] = (1, 4, 8)
    mode: Literal["none", "random"] = "none"
    rate: float = 1e-4
    limit: int | None = None


@dataclass(frozen=True, kw_only=True)
class Outer:
    data: Path
    fps: Fraction = Fraction(10)
    dropout: bool = True
    inner: Inner = field(default_factory=Inner)


SETTINGS = Outer(data=Path("data/landscape"), fps=Fraction(30_000, 1001), inner=Inner(limit=7))


@pytest.mark.parametrize("settings", [SETTINGS, Outer(data=Path("x"))])
def test_what_is_written_as_toml_comes_back_equal(settings):
    assert from_table(Outer, tomllib.loads(to_toml(settings))) == settings


def test_a_field_that_is_none_is_left_out():
    assert "limit" not in to_toml(Outer(data=Path("x")))


def test_fields_are_set_by_dotted_names_from_text():
    changes = {"inner.widths": "2,3", "inner.mode": "random", "inner.limit": "none", "fps": "25", "dropout": "false"}
    after = changed(SETTINGS, changes)
    assert after == Outer(
        data=SETTINGS.data, fps=Fraction(25), dropout=False, inner=Inner(widths=(2, 3), mode="random")
    )


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two fields that must fit each other."""

    widths: tuple[int, ...] = (1, 2, 3)
    windows: tuple[int, ...] = (1, 4, 8)

    def __post_init__(self):
        if len(self.widths) != len(self.windows):
            raise UsageError("as many windows as widths")


@dataclass(frozen=True, kw_only=True)
class Around:
    pair: Pair = field(default_factory=Pair)


def test_fields_that_must_fit_each_other_are_set_together():
    both = {"pair.widths": "1,2", "pair.windows": "1,4"}
    assert changed(Around(), both).pair == Pair(widths=(1, 2), windows=(1, 4))
    with pytest.raises(UsageError, match="as many windows as widths"):
        changed(Around(), {"pair.widths": "1,2"})


def test_differences_name_each_field_with_both_values():
    other = changed(SETTINGS, {"inner.rate": "0.001", "inner.limit": "none"})
    assert differences(SETTINGS, other) == ["inner.rate: 0.0001 -> 0.001", "inner.limit: 7 -> none"]


def test_equal_settings_do_not_differ():
    assert differences(SETTINGS, SETTINGS) == []


def test_names_are_dotted():
    assert list(names(SETTINGS)) == [
        "data", "fps", "dropout", "inner.widths", "inner.mode", "inner.rate", "inner.limit",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("inner.rat", "1", 'no setting is called "inner.rat"; did you mean "inner.rate"?'),
        ("zzzzzz", "1", "known: data, fps"),
        ("inner", "1", 'no setting is called "inner"'),
        ("fps.rate", "1", 'no setting is called "fps.rate"'),
        ("inner.rate", "fast", 'inner.rate cannot be "fast"; it takes a number'),
        ("inner.mode", "always", "it takes none or random"),
        ("inner.widths", "1,x", "it takes a whole number"),
        ("dropout", "yes", "it takes true or false"),
        ("fps", "1/0", "it takes a number"),
    ],
)
def test_an_impossible_change_says_what_is_possible(name, text, message):
    with pytest.raises(UsageError) as error:
        changed(SETTINGS, {name: text})
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"data": "x", "inner": {"rat": 1}}, 'f.toml inner: unknown setting "rat"; did you mean "rate"?'),
        ({}, 'f.toml: the setting "data" is missing'),
        ({"data": "x", "inner": {"limit": "seven"}}, "f.toml inner limit cannot be seven; it takes a whole number"),
        ({"data": "x", "dropout": 1}, "f.toml dropout cannot be 1; it takes true or false"),
        ({"data": "x", "inner": {"mode": "always"}}, "it takes none or random"),
    ],
)
def test_a_wrong_table_names_the_place_and_the_value(table, message):
    with pytest.raises(UsageError) as error:
        from_table(Outer, table, where="f.toml")
    assert message in str(error.value)
