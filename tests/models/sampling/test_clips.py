"""From tensors to pixels and sound."""

import numpy as np
import pytest
import torch

from avbench.clip import ClipSpec
from avbench.errors import DataError
from models.sampling.clips import file_name, to_clip, write_sample

SPEC = ClipSpec(frames=1, size=2, sample_rate=40)

# Levels between 0 and 255: half-way ones, whole ones, and what lies outside.
LEVELS = torch.tensor([-9.0, 0.4, 0.6, 254.4, 254.6, 300.0])
ROUNDED, TRUNCATED = [0, 0, 1, 254, 255, 255], [0, 0, 0, 254, 254, 255]


def video(levels):
    """(3, 1, 2, 3), the three colours alike."""
    return (levels.reshape(1, 1, 2, 3) / 127.5 - 1).expand(3, -1, -1, -1)


def test_pixels_are_rounded():
    clip = to_clip({"video": video(LEVELS)}, SPEC, "a")
    assert clip.video.dtype == np.uint8 and clip.video.shape == (1, 2, 3, 3)
    assert clip.video[..., 0].ravel().tolist() == ROUNDED


def test_pixels_are_truncated_as_published():
    clip = to_clip({"video": video(LEVELS)}, SPEC, "a", as_published=True)
    assert clip.video[..., 2].ravel().tolist() == TRUNCATED


def test_sound_is_clipped():
    clip = to_clip({"audio": torch.tensor([[-2.0, -0.5, 0.995, 2.0]])}, SPEC, "a")
    assert clip.audio.tolist() == [[-1.0, -0.5, pytest.approx(0.995), 1.0]]


def test_sound_is_limited_and_doubled_as_published():
    clip = to_clip({"audio": torch.tensor([[-2.0, -0.5, 0.995, 2.0]])}, SPEC, "a", as_published=True)
    one = [pytest.approx(value) for value in (-0.99, -0.5, 0.99, 0.99)]
    assert clip.audio.tolist() == [one, one]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_not_finite_is_no_sample(value):
    with pytest.raises(DataError, match="a: its audio is not finite"):
        to_clip({"audio": torch.tensor([[0.0, value]])}, SPEC, "a")


@pytest.mark.parametrize("modalities", [("video",), ("audio",), ("video", "audio")])
def test_a_file_is_called_as_is_foretold(modalities, tmp_path):
    sample = {"video": torch.zeros(3, 2, 4, 4), "audio": torch.zeros(1, 8)}
    clip = to_clip({modality: sample[modality] for modality in modalities}, SPEC, "sample-000007")
    assert write_sample(tmp_path, clip) == tmp_path / file_name("sample-000007", modalities)
    assert [path.name for path in tmp_path.iterdir()] == [file_name("sample-000007", modalities)]
