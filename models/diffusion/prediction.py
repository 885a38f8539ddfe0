"""What a network tells of a noisy state: the noise in it, or the velocity between clean state and noise.

The two say the same, but an error in them does not weigh the same. Where little of the signal is left, the clean state
is the noisy one less the predicted noise, divided by sqrt(alpha_bar): a small error in the noise becomes a large one in
the clean state, up to 158 times at the last step of the linear schedule. An error in the velocity is not multiplied by
more than 1.

Source: Salimans and Ho 2022, "Progressive Distillation for Fast Sampling of Diffusion Models", sec. 4 and appendix D.
"""

from typing import Literal

import numpy as np
from torch import Tensor

from models.diffusion.schedule import Schedule
from models.diffusion.state import Denoiser, State, combine

Prediction = Literal["noise", "velocity"]


def as_denoiser(predictor: Denoiser, prediction: Prediction, schedule: Schedule) -> Denoiser:
    """The denoiser that a network is whose output is `prediction`."""
    if prediction == "noise":
        return predictor

    def denoise(state: State, timesteps: Tensor) -> State:
        alpha_bar = schedule.alpha_bar_at(timesteps.double().cpu().numpy())
        velocity = predictor(state, timesteps)
        return combine((np.sqrt(alpha_bar), velocity), (np.sqrt(1 - alpha_bar), state))

    return denoise
