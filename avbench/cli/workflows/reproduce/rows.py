"""What each row of the paper's Tables 1 to 4 is made of. Rows have the numbers of `reports/paper.csv`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Literal

from avbench.errors import UsageError

TABLES = range(1, 7)
STUDIES = (5, 6)  # made by people
_WINDOWS = (1, 4, 8)  # of the paper's cross-attention, outermost level first


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """A training that rows need; rows with equal ones share a run."""

    model: str
    variant: str = ""  # end of the run's name
    changes: Mapping[str, str] = field(default_factory=dict)  # settings besides the scale's
    windows: tuple[int, ...] | None = None  # of cross-attention, outermost level first; None: the preset's
    random_shift: bool | None = None  # whether they move; None: the preset's
    share: Fraction = Fraction(1)  # of the preset's steps
    first_stages: tuple["Training", ...] = ()  # trained before, and parts of its network


_VQGAN = Training(model="tats-vqgan")
# The 2-stage pipeline of Table 5: sound first, and pictures to it. Its VQGAN of video is that of Tables 1 and 2.
TWO_STAGES = (
    Training(model="diffwave"),
    Training(model="tats-audio", first_stages=(_VQGAN, Training(model="tats-audio-vqgan"))),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row, or in Table 4 one of a row's columns."""

    table: int
    row: int
    method: str  # as our tables call it
    training: Training | None  # None: real clips against real clips
    sampler: Literal["quick", "full", "own"] = "quick"  # "own": what the model's preset says
    at: Fraction = Fraction(1)  # share of the preset's steps after which it is sampled
    steps: int | None = None  # the column of Table 4: training steps in the paper
    note: str = ""  # what the paper leaves open and this decides
    variant: str = ""  # end of the results' name, where it is not quite the paper's row


def rows_of(table: int, chosen: Sequence[int] = ()) -> list[Row]:
    """The rows of a table, or those of the given numbers.

    Raises:
        UsageError: there is no such table or row, or people make it.
    """
    if table not in TABLES or table in STUDIES:
        raise UsageError(f"table {table} is not made by training; there are Tables 1 to 4, and 5 and 6 ask people")
    rows = {1: comparison(1), 2: comparison(2), 3: windows(), 4: random_shift()}[table]
    known = sorted({row.row for row in rows})
    if wrong := sorted(set(chosen) - set(known)):
        raise UsageError(f"Table {table} has no row {wrong[0]}; it has {', '.join(map(str, known))}")
    return [row for row in rows if not chosen or row.row in chosen]


def comparison(table: int) -> list[Row]:
    """Tables 1 (Landscape) and 2 (AIST++): methods."""
    tats = Training(model="tats", first_stages=(_VQGAN,))
    parts: list[tuple[str, Training | None, Literal["quick", "full", "own"]]] = [
        ("real", None, "own"),
        ("digan", Training(model="digan"), "own"),
        ("tats", tats, "own"),
        ("diffwave", Training(model="diffwave"), "own"),
        ("video-only", Training(model="video-only"), "quick"),
        ("audio-only", Training(model="audio-only"), "quick"),
        ("mm-diffusion", COUPLED, "quick"),
        ("mm-diffusion-full", COUPLED, "full"),
    ]
    return [
        Row(table=table, row=number, method=method, training=training, sampler=sampler)
        for number, (method, training, sampler) in enumerate(parts, start=1)
    ]


def windows(*, shift: bool = False) -> list[Row]:
    """Table 3: windows of the cross-attention at 80 % of the steps.

    The paper does not say whether windows were shifted. Its row 4 equals Table 4 without shift, so that these are not
    either, and row 4 is the very same run.
    """
    at = Fraction(4, 5)
    arms = [_coupled(windows=(size,) * 3, shift=shift, share=at) for size in (1, 4, 8)]
    arms.append(_coupled(shift=shift))
    names = ("1-1-1", "4-4-4", "8-8-8", "1-4-8")
    middle = "as in the released code, the middle block exists with windows 1,4,8 only"
    return [
        Row(
            table=3,
            row=number,
            method=f"windows-{name}",
            training=arm,
            at=at,
            note=middle if number < 4 else "",
            variant="-shift" if shift else "",
        )
        for number, (name, arm) in enumerate(zip(names, arms, strict=True), start=1)
    ]


def random_shift() -> list[Row]:
    """Table 4: one training for each arm, sampled after 60, 80 and 100 % of ITS steps."""
    return [
        Row(
            table=4,
            row=number,
            method=f"{name}-{60 + 20 * column}",
            training=_coupled(shift=name == "shift"),
            at=Fraction(3 + column, 5),
            steps=60_000 + 20_000 * column,
        )
        for number, name in enumerate(("no-shift", "shift"), start=1)
        for column in range(3)
    ]


def _coupled(*, windows: tuple[int, ...] = _WINDOWS, shift: bool = True, share: Fraction = Fraction(1)) -> Training:
    """The coupled network, with the paper's windows and shift where nothing is varied: a preset may have others."""
    others = windows != _WINDOWS
    variant = ([f"windows-{'-'.join(map(str, windows))}"] if others else []) + ([] if shift else ["no-shift"])
    return Training(
        model="mm-diffusion",
        variant="-".join(variant),
        changes={"network.cross_in_middle": "false"} if others else {},
        windows=windows,
        random_shift=shift,
        share=share,
    )


# What Tables 1 and 2 call "Ours".
COUPLED = _coupled()
