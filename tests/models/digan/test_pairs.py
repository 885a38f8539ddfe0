import numpy as np
import pytest
import torch

from models.digan.pairs import FramePairs, drawn_times
from models.draws import Draws


class Counting:
    """Clips whose frames show their own number."""

    def __init__(self, frames=16):
        self.frames = frames

    def __len__(self):
        return 7

    def read(self, index, generator):
        return {"video": torch.arange(self.frames).float()[None, :, None, None].expand(3, -1, 4, 4)}


@pytest.fixture(scope="module")
def read():
    generator = np.random.default_rng(0)
    examples = [FramePairs(Counting()).read(0, generator) for _ in range(4000)]
    return torch.stack([each["video"][0, :, 0, 0] for each in examples]), torch.stack(
        [each["gap"] for each in examples]
    )


def test_frames_come_in_order_with_the_time_between_them(read):
    frames, gaps = read
    torch.testing.assert_close((frames[:, 1] - frames[:, 0]) / 15, gaps)
    assert frames.min() == 0 and frames.max() == 15 and gaps.min() == 0


def test_frames_are_distributed_as_in_the_released_code(read):
    # The early and the late draw have the means 1/3 and 2/3 and the distributions 1 - (1 - x)^2 and x^2; the larger of
    # both is at most x with the probability x^2 (1 - (1 - x)^2).
    frames, _ = read
    for x in (0.25, 0.5, 0.75):
        share = (frames[:, 1] < 16 * x).float().mean()
        assert float(share) == pytest.approx(x**2 * (1 - (1 - x) ** 2), abs=0.03)


def test_made_times_have_the_distribution_of_real_ones(read):
    frames, _ = read
    times = drawn_times(Draws(0, "train", 1, members=range(4000)), "generator")
    assert (times[:, 0] <= times[:, 1]).all() and times.min() >= 0 and times.max() <= 1
    torch.testing.assert_close(times.mean(0), ((frames + 0.5) / 16).mean(0), rtol=0, atol=0.02)
    torch.testing.assert_close(times.std(0), (frames / 16).std(0), rtol=0, atol=0.02)


def test_a_clip_of_one_frame_makes_a_pair_without_time_between():
    example = FramePairs(Counting(frames=1)).read(0, np.random.default_rng(0))
    assert example["gap"] == 0 and example["video"].shape == (3, 2, 4, 4)
