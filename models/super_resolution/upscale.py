"""Upscaling: video through the upsampler, frame by frame, by DDIM."""

import torch
from torch import Tensor, nn

from models.diffusion.ddim import sample_ddim
from models.diffusion.learned_variance import noise_only
from models.diffusion.schedule import linear_schedule
from models.diffusion.state import Denoiser

STEPS = 25

_SCHEDULE = linear_schedule(1000)


def upscale(
    network: nn.Module, video: Tensor, noise: Tensor, *, steps: int = STEPS, frames_at_once: int = 16
) -> Tensor:
    """The video at the size of `noise`.

    All frames of a video start from the same noise, as published, which keeps them alike. A frame depends on nothing
    but itself, its noise and the number of steps.

    Args:
        network: a `SuperResolutionUNet` in evaluation mode.
        video: (B, 3, T, h, w), nominally in [-1, 1]: a model's sample as it is, unclipped, or 8-bit levels as
            v / 127.5 - 1.
        noise: (B, 3, H, W), standard normal; H and W as many times h and w as the network was trained for.
        steps: evaluations of the network for each frame; 1000 must have a whole stride that gives exactly as many.
        frames_at_once: frames in one evaluation: what decides memory.

    Returns:
        (B, 3, T, H, W) in [-1, 1].

    Raises:
        UsageError: H or W does not divide, or there is no such stride.

    Source: MM-Diffusion, section 4.1; DDIM with eta 0 and estimates of x_0 clipped to [-1, 1].
    """
    T = video.shape[2]
    schedule = _SCHEDULE.respaced(f"ddim{steps}")
    low_NCHW = video.transpose(1, 2).flatten(0, 1)  # N = B*T frames
    noise_NCHW = noise[:, None].expand(-1, T, -1, -1, -1).flatten(0, 1)
    pictures: list[Tensor] = []
    for begin in range(0, len(low_NCHW), frames_at_once):
        chunk = slice(begin, begin + frames_at_once)
        pictures += sample_ddim(_given(network, low_NCHW[chunk]), (noise_NCHW[chunk],), schedule)
    return torch.cat(pictures).reshape(-1, T, *noise.shape[1:]).transpose(1, 2)


def _given(network: nn.Module, low_res: Tensor) -> Denoiser:
    """The network as a denoiser of the enlarged `low_res`."""

    def noise_and_variance(noisy: Tensor, timesteps: Tensor) -> Tensor:
        prediction: Tensor = network(noisy, timesteps, low_res)
        return prediction

    return noise_only(noise_and_variance)
