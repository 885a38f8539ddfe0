"""What an item must be to become clips."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import Any

from avbench.clipset.timeline import PADDED_GAP
from avbench.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenConfig:
    """The limits that items are held to; None switches a rule off. Shares are of the item's seconds, from 0 to 1.

    Raises:
        UsageError: a share is not one, or a limit is negative.
    """

    sound: bool = True  # items without a sound track fail
    min_seconds: Fraction | None = Fraction(1)
    max_gap: Fraction | None = PADDED_GAP  # seconds by which sound or picture may end before the other
    max_offset: Fraction | None = None  # seconds by which sound may begin before or after the picture
    min_height: int | None = None  # pixels, upright
    min_fps: Fraction | None = None
    min_sample_rate: int | None = None  # Hz
    hdr: bool = False  # take HDR pictures, which are not tone-mapped: they come out pale
    max_silence: float | None = 0.4
    max_black: float | None = 0.5
    max_freeze: float | None = 0.9
    max_corrupt: float | None = 0.0  # share of the frames
    max_cuts: int | None = None  # shot boundaries inside an item, by TransNetV2
    max_lag: Fraction | None = None  # seconds between what is heard and what moves, where both clearly belong together
    copies: bool = False  # take items that look like another video, as dances in one studio do
    keep: frozenset[str] = frozenset()  # reasons that are noted, and no more

    def __post_init__(self) -> None:
        for name in ("max_silence", "max_black", "max_freeze", "max_corrupt"):
            share = getattr(self, name)
            if share is not None and not 0 <= share <= 1:
                raise UsageError(f"{name} is {share:g}; it is a share, from 0 to 1")
        for name in ("min_seconds", "max_gap", "max_offset", "min_height", "min_fps", "max_cuts", "max_lag"):
            limit = getattr(self, name)
            if limit is not None and limit < 0:
                raise UsageError(f"{name} is {float(limit):g}; it cannot be negative")

    def as_dict(self) -> Mapping[str, Any]:
        """For `clipset.json`: what decided which items are in the set."""
        values = asdict(self) | {"keep": sorted(self.keep)}
        return {name: str(value) if isinstance(value, Fraction) else value for name, value in values.items()}
