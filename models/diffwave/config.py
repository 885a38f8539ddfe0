"""The settings of DiffWave, and those that have a name."""

from dataclasses import dataclass, replace
from typing import Literal

from avbench.errors import UsageError

# Two public implementations of one paper: lmnt-com/diffwave, and philsyn/DiffWave-unconditional by its first author.
# They differ in how a step is embedded, in what a residual layer passes on, and in whether sampling clamps.
Variant = Literal["lmnt", "authors"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffWaveConfig:
    """What decides the network and its diffusion. Defaults: unconditional SC09 (Kong et al. 2021, section 5.2).

    Raises:
        UsageError: the settings contradict each other.
    """

    layers: int = 36
    dilation_cycle: int = 12  # layer i has dilation 2^(i mod cycle)
    channels: int = 256
    skip_channels: int = 256  # of the layers' outputs that are summed up
    variant: Variant = "lmnt"
    diffusion_steps: int = 200
    beta_start: float = 1e-4
    beta_end: float = 0.02  # betas rise linearly
    loss: Literal["mse", "l1"] = "mse"  # of the noise: the paper's, or the one in lmnt's package

    def __post_init__(self) -> None:
        for name in ("layers", "dilation_cycle", "channels", "skip_channels"):
            if getattr(self, name) < 1:
                raise UsageError(f"network.{name} is {getattr(self, name)}; it must be at least 1")
        if self.diffusion_steps < 2:
            raise UsageError(f"network.diffusion_steps is {self.diffusion_steps}; it must be at least 2")
        if not 0 < self.beta_start < self.beta_end < 1:
            raise UsageError(
                f"network.beta_start is {self.beta_start} and beta_end {self.beta_end}; they must rise within (0, 1)"
            )
        if self.variant == "lmnt" and self.skip_channels != self.channels:
            raise UsageError(
                f"network.skip_channels is {self.skip_channels} and channels {self.channels}; in the variant lmnt they "
                "are the same"
            )

    @property
    def receptive_field(self) -> int:
        """Samples that an output depends on."""
        return 1 + 2 * sum(1 << layer % self.dilation_cycle for layer in range(self.layers))


PAPER = DiffWaveConfig()
RELEASED = replace(PAPER, variant="authors")
TINY = DiffWaveConfig(
    layers=10, dilation_cycle=10, channels=32, skip_channels=32, diffusion_steps=50, beta_end=0.05
)  # schedule: lmnt's default
