"""The shapes of upsamplers: the paper's, the released one, and one that a CPU can train."""

from dataclasses import dataclass, replace
from typing import Literal

from avbench.errors import UsageError

NORM_GROUPS = 32  # of every normalisation

# How training damages small pictures; `models.super_resolution.degrade` says what the released script does otherwise.
Degradation = Literal["paper", "released"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SuperResolutionConfig:
    """What decides an upsampler and what it is trained on. The defaults are the paper's (MM-Diffusion, Table A.1).

    Raises:
        UsageError: sizes that do not divide.
    """

    size: int = 256  # pixels, both sides of what comes out
    low_size: int = 64  # pixels, both sides of what goes in
    channels: int = 192
    channel_mult: tuple[int, ...] = (1, 1, 2, 2, 4, 4)  # widths of the levels, in `channels`
    blocks_per_level: int = 2
    attention_factors: tuple[int, ...] = (8, 16, 32)  # levels with attention, by how much they are reduced
    heads: int = 4
    dropout: float = 0.1
    degradation: Degradation = "paper"

    def __post_init__(self) -> None:
        for name in ("size", "low_size", "channels", "blocks_per_level", "heads"):
            if getattr(self, name) <= 0:
                raise UsageError(f"super-resolution: {name} is {getattr(self, name)}; it must be positive")
        if not self.channel_mult:
            raise UsageError("super-resolution: channel_mult is empty; it needs a number for every level")
        if self.size % self.low_size:
            raise UsageError(
                f"super-resolution: size {self.size} is no multiple of low_size {self.low_size}; "
                "the upsampler enlarges by a whole factor"
            )
        self.check_divides(self.size, self.size)
        self._check_widths()

    @property
    def enlargement(self) -> int:
        """By how much each side grows."""
        return self.size // self.low_size

    @property
    def widths(self) -> tuple[int, ...]:
        """Channels of each level, the finest first."""
        return tuple(self.channels * mult for mult in self.channel_mult)

    def check_divides(self, height: int, width: int) -> None:
        """Raises UsageError for pictures that cannot be halved as often as there are levels."""
        factor = 2 ** (len(self.channel_mult) - 1)
        if height % factor or width % factor:
            raise UsageError(
                f"super-resolution: a picture of {height}x{width} does not divide by {factor}; "
                f"{len(self.channel_mult)} levels halve it {len(self.channel_mult) - 1} times"
            )

    def _check_widths(self) -> None:
        for level, width in enumerate(self.widths):
            attends = 2**level in self.attention_factors or level == len(self.widths) - 1
            if width % NORM_GROUPS:
                raise UsageError(
                    f"super-resolution: level {level} has {width} channels; normalisation needs a multiple of "
                    f"{NORM_GROUPS}"
                )
            if attends and width % self.heads:
                raise UsageError(
                    f"super-resolution: level {level} has {width} channels; {self.heads} heads need a multiple of that"
                )


PAPER = SuperResolutionConfig()

# The released training script passes no dropout; the weights have the same names and shapes.
RELEASED = replace(PAPER, dropout=0.0, degradation="released")

TINY = SuperResolutionConfig(
    size=64,
    low_size=16,
    channels=32,
    channel_mult=(1, 2, 3),
    blocks_per_level=1,
    attention_factors=(4,),
    dropout=0.0,
)
