"""The settings of the coupled U-Net, and those that have a name."""

from dataclasses import dataclass, replace

from avbench.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class CoupledUNetConfig:
    """What decides the network; equal settings give equal parameters. Defaults: the released 64x64 network.

    A level's factor is how far its pictures are reduced: 1, 2, 4, ... Sound is reduced by the square of the factor.

    Raises:
        UsageError: the settings contradict each other.
    """

    channels: int = 128  # at the outermost level, and the width of the time embedding
    channel_mult: tuple[int, ...] = (1, 2, 3, 4)  # one per level, outermost first
    blocks_per_level: int = 2  # residual blocks in the encoder; the decoder has one more
    frames: int = 16
    self_attention_factors: tuple[int, ...] = (2, 4, 8)  # levels with self-attention of the video stream
    cross_attention_factors: tuple[int, ...] = (2, 4, 8)  # levels with attention between the streams
    windows: tuple[int, ...] = (1, 4, 8)  # frames that a query sees of the other stream, one per cross-attention level
    random_shift: bool = True  # windows start at a random frame instead of at the query's own
    cross_in_middle: bool = True  # attention between all frames of both streams at the bottom
    heads: int = 4  # of self-attention
    cross_head_channels: int = 64  # per head of cross-attention
    dropout: float = 0.1
    norm_groups: int = 32  # of every group normalisation

    def __post_init__(self) -> None:
        if not self.channel_mult or self.blocks_per_level < 1 or self.frames < 1:
            raise UsageError("a U-Net needs at least one level, one block per level and one frame")
        if len(self.windows) != len(self.cross_attention_factors):
            raise UsageError(
                f"windows {self.windows} and cross_attention_factors {self.cross_attention_factors} must be as many"
            )
        if self.norm_groups < 1:
            raise UsageError(f"norm_groups is {self.norm_groups}; it must be at least 1")
        if not 0 <= self.dropout < 1:
            raise UsageError(f"dropout is {self.dropout}; it must lie in [0, 1)")
        for window in self.windows:
            if not 1 <= window <= self.frames:
                raise UsageError(f"a window of {window} frames; it must be between 1 and the {self.frames} of a clip")
        known = [2**level for level in range(len(self.channel_mult))]
        for factor in (*self.self_attention_factors, *self.cross_attention_factors):
            if factor not in known:
                raise UsageError(f"attention at factor {factor}; the levels have {', '.join(map(str, known))}")
        self._check_widths()

    def _check_widths(self) -> None:
        for level, mult in enumerate(self.channel_mult):
            width, factor = self.channels * mult, 2**level
            bottom = level == len(self.channel_mult) - 1
            if width % self.norm_groups:
                raise UsageError(f"{width} channels at factor {factor}; they must be a multiple of {self.norm_groups}")
            if (factor in self.self_attention_factors or bottom) and width % self.heads:
                raise UsageError(f"{width} channels at factor {factor} do not divide into {self.heads} heads")
            crossed = factor in self.cross_attention_factors or (bottom and self.cross_in_middle)
            if crossed and width % self.cross_head_channels:
                raise UsageError(
                    f"{width} channels at factor {factor} do not divide into heads of {self.cross_head_channels}"
                )

    def window(self, factor: int) -> int | None:
        """Frames of the cross-attention window at the level of `factor`; None: no cross-attention there."""
        return dict(zip(self.cross_attention_factors, self.windows, strict=True)).get(factor)


PAPER = CoupledUNetConfig()
AUDIOSET = replace(PAPER, channels=256)
BASE = replace(PAPER, channels=64)
TINY = replace(
    PAPER,
    channels=16,
    channel_mult=(1, 2, 4),
    blocks_per_level=1,
    self_attention_factors=(4,),
    cross_attention_factors=(2, 4),
    # Each frame and its own sound: through windows that move, a short training does not learn when things happen.
    windows=(1, 1),
    random_shift=False,
    cross_head_channels=16,
    dropout=0.0,
    # With more, a group would be one or two channels, and the brightness of a picture would not get through.
    norm_groups=4,
)
