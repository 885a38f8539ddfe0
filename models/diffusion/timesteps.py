"""Which timesteps a training sees, and how often."""

import numpy as np
import torch
from torch import Tensor

from models.config import Timesteps
from models.diffusion.schedule import Schedule
from models.draws import Draws


def draw_timesteps(draws: Draws, density: Timesteps, schedule: Schedule) -> Tensor:
    """One step of the schedule for each member of a batch: (B,) int64.

    Args:
        density: "uniform": each as often as any other. "log-snr": as often as the logarithm of the signal-to-noise
            ratio falls there, so that all of its range is seen alike; the error of the noise then has the weight that
            it has in the variational bound. With the linear schedule of 1000 steps a third of them lies below t = 50,
            where it is otherwise a twentieth.

    Source: Kingma and Gao 2023, "Understanding Diffusion Objectives as the ELBO with Simple Data Augmentation", sec. 3.
    """
    if density == "uniform":
        return draws.integers("timestep", high=len(schedule))
    below = np.cumsum(-np.gradient(schedule.log_snr))
    drawn = draws.uniform("timestep", shape=())
    shares = torch.as_tensor(below / below[-1], dtype=drawn.dtype, device=drawn.device)
    return torch.searchsorted(shares, drawn, right=True)
