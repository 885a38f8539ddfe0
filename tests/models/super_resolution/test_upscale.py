import golden_super_resolution as cases
import pytest
import torch
from rule_weights import golden_input
from torch import nn

from avbench.errors import UsageError
from models.super_resolution.upscale import upscale


class Recorder(nn.Module):
    """Predicts no noise, and notes what it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.timesteps: list[list[int]] = []

    def forward(self, noisy, timesteps, low_res):
        self.timesteps.append(timesteps.tolist())
        return torch.cat([low_res.mean() * noisy, noisy], dim=1)


def test_takes_the_published_trajectory_of_25_steps():
    given = cases.inputs("sr_tiny_ddim25")
    out = upscale(cases.network(), given["low_res"][:, :, None], given["noise"])[:, :, 0]
    golden = cases.output("sr_tiny_ddim25.out")
    tolerance = cases.CASES["sr_tiny_ddim25"]["compare"]["max_abs_over_std"]
    assert (out - golden).abs().max() / golden.std() < tolerance


def test_frames_of_a_video_share_its_noise_whatever_is_computed_at_once():
    video, noise = golden_input("video", (2, 3, 3, 4, 4)), golden_input("noise", (2, 3, 16, 16))
    network = Recorder()
    together = upscale(network, video, noise, steps=5)
    apart = upscale(network, video, noise, steps=5, frames_at_once=6)
    assert together.shape == (2, 3, 3, 16, 16) and torch.equal(together, apart)
    still = upscale(network, video[:, :, :1].expand(-1, -1, 3, -1, -1), noise, steps=5)
    assert torch.equal(still[:, :, 0], still[:, :, 2])


def test_asks_the_network_at_the_timesteps_of_the_respaced_schedule():
    network = Recorder()
    upscale(network, torch.zeros(1, 3, 2, 4, 4), torch.zeros(1, 3, 16, 16), frames_at_once=2)
    assert network.timesteps == [[t, t] for t in range(960, -1, -40)]


def test_never_computes_more_frames_at_once_than_told():
    network = Recorder()
    upscale(network, torch.zeros(2, 3, 3, 4, 4), torch.zeros(2, 3, 16, 16), steps=2, frames_at_once=4)
    assert [len(timesteps) for timesteps in network.timesteps] == [4, 4, 2, 2]


def test_refuses_a_number_of_steps_that_no_stride_gives():
    with pytest.raises(UsageError, match="no whole stride"):
        upscale(Recorder(), torch.zeros(1, 3, 1, 4, 4), torch.zeros(1, 3, 16, 16), steps=999)
