"""A network whose input and output are scaled to variance 1 at every noise level, as a denoiser.

A network that predicts the noise itself must do so within a hair where little of the signal is left: the clean state is
the noisy one less that noise, divided by sqrt(alpha_bar), 158 times at the last step of the linear schedule. And sound
that is far quieter than the noise is lost in what the network errs by. Here the network predicts what the best linear
estimate of the clean state lacks, in units of its standard deviation, so that no error is multiplied.

Source: Karras et al. 2022, "Elucidating the Design Space of Diffusion-Based Generative Models", sec. 5 and table 1,
written for states that keep their variance. Data of standard deviation 1 give the velocity of Salimans and Ho 2022.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from models.diffusion.schedule import Schedule
from models.diffusion.state import Denoiser, State, per_sample


@dataclass(frozen=True, eq=False)
class Preconditioning:
    """What a network's input and output are scaled by.

    Attributes:
        stds: standard deviation of the clean data, one for each modality.
        schedule: one that is not respaced.
    """

    stds: Sequence[float]
    schedule: Schedule

    def denoiser(self, network: Denoiser) -> Denoiser:
        """The denoiser that `network` is with its scales."""

        def denoise(state: State, timesteps: Tensor) -> State:
            alpha_bar = self._alpha_bar(timesteps)
            variances = self._variances(alpha_bar)
            scaled = tuple(x * per_sample(v.rsqrt(), x) for x, v in zip(state, variances, strict=True))
            lacking = network(scaled, timesteps)
            return tuple(
                per_sample((1 - alpha_bar).sqrt() / v, x) * x - per_sample(std * (alpha_bar / v).sqrt(), x) * y
                for x, y, v, std in zip(state, lacking, variances, self.stds, strict=True)
            )

        return denoise

    def loss_weights(self, timesteps: Tensor) -> tuple[Tensor, ...]:
        """What turns squared errors of the noise into those of the network's output: (B,) for each modality."""
        alpha_bar = self._alpha_bar(timesteps)
        variances = self._variances(alpha_bar)
        return tuple((v / (alpha_bar * std**2)).float() for v, std in zip(variances, self.stds, strict=True))

    def _variances(self, alpha_bar: Tensor) -> tuple[Tensor, ...]:
        """Of noisy states, for each modality."""
        return tuple(1 - alpha_bar + alpha_bar * std**2 for std in self.stds)

    def _alpha_bar(self, timesteps: Tensor) -> Tensor:
        """(B,) float64, as `Schedule.alpha_bar_at`, on the device."""
        table = torch.as_tensor(self.schedule.alpha_bar, device=timesteps.device).log()
        below = timesteps.long().clamp(0, len(table) - 2)
        return torch.lerp(table[below], table[below + 1], timesteps.double() - below).exp()
