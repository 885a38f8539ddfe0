"""The settings of DIGAN, and those that have a name."""

from dataclasses import dataclass

from avbench.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class DiganConfig:
    """What decides the networks and their losses. Defaults: the released code's (Yu et al. 2022, appendix B).

    Raises:
        UsageError: the settings contradict each other.
    """

    latent: int = 512  # numbers that a clip's content is drawn from
    style: int = 512  # numbers they are mapped to; motion is drawn from as many
    channel_base: int = 32_768
    channel_max: int = 512
    frequencies: int = 128  # waves over the picture plane, each of which gives a sine and a cosine
    rank: int = 10  # of the matrices by which a clip's style changes a layer's weights
    coarse_size: int = 32  # pixels, both sides, at which the generator's first blocks work
    third_layer_from: int = 128  # pixels, both sides; the generator's blocks of this size and above have three layers
    r1_gamma: float = 1.0  # weight of the discriminators' gradient penalty
    r1_every: int = 16  # steps

    def __post_init__(self) -> None:
        for name in ("latent", "style", "channel_base", "channel_max", "frequencies", "rank", "r1_every"):
            if getattr(self, name) < 1:
                raise UsageError(f"network.{name} is {getattr(self, name)}; it must be at least 1")
        if not _is_power_of_two(self.coarse_size) or self.coarse_size < 4:
            raise UsageError(f"network.coarse_size is {self.coarse_size}; it must be a power of two from 4 on")
        if self.r1_gamma < 0:
            raise UsageError(f"network.r1_gamma is {self.r1_gamma}; it must not be negative")

    def channels(self, size: int) -> int:
        """Channels of the layers of the block called after `size` pixels."""
        return max(1, min(self.channel_base // size, self.channel_max))

    def block_sizes(self, size: int) -> list[int]:
        """What the generator's blocks are called after, in order: 4, 8, ... up to the frames' size.

        Raises:
            UsageError: frames of this size cannot be made.
        """
        if not _is_power_of_two(size) or size < max(8, self.coarse_size):
            raise UsageError(
                f"spec.size is {size}; it must be a power of two, at least 8 and network.coarse_size, which is "
                f"{self.coarse_size}"
            )
        return [1 << exponent for exponent in range(2, size.bit_length())]


def _is_power_of_two(number: int) -> bool:
    return number > 0 and number & (number - 1) == 0


PAPER = DiganConfig()
# The penalty is weaker, as StyleGAN2-ADA's rule has it for small frames and batches: gamma grows with pixels / batch.
TINY = DiganConfig(
    latent=64,
    style=64,
    channel_base=512,
    channel_max=64,
    frequencies=32,
    rank=4,
    coarse_size=8,
    r1_gamma=0.1,
)
