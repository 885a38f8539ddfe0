import numpy as np
import pytest
import torch
from torch import nn

from avbench.clipset import open_clipset
from avbench.errors import DataError
from avbench.media.encode import encode_flac, encode_mp4
from models.super_resolution.compare import compare_with_bicubic, psnr


def test_psnr_of_an_error_of_one_level_is_48_decibels():
    original = np.full((4, 4, 3), 100, np.uint8)
    assert psnr(original, original + 1) == pytest.approx(20 * np.log10(255))


def test_psnr_of_equal_pictures_is_infinite():
    assert psnr(np.zeros((2, 2), np.uint8), np.zeros((2, 2), np.uint8)) == float("inf")


def test_compares_as_many_pictures_as_wanted_whatever_the_number_of_clips(network, clipset):
    comparison = compare_with_bicubic(network, clipset, pictures=5, steps=2)
    assert len(comparison.upscaled_db) == len(comparison.bicubic_db) == 5
    assert np.isfinite(comparison.upscaled_db).all()


def test_the_same_seed_compares_the_same_pictures(network, clipset):
    once, again, other = (compare_with_bicubic(network, clipset, pictures=3, steps=2, seed=seed) for seed in (1, 1, 2))
    assert once == again and once.bicubic_db != other.bicubic_db


class Oracle(nn.Module):
    """Knows that all pictures are of one flat grey."""

    def __init__(self, network, level):
        super().__init__()
        self.config, self._clean = network.config, level / 127.5 - 1
        self.weight = nn.Parameter(torch.zeros(()))
        self._alpha_bar = torch.cumprod(1 - torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64), 0)

    def forward(self, noisy, timesteps, low_res):
        alpha_bar = self._alpha_bar[timesteps][:, None, None, None].float()
        noise = (noisy - alpha_bar.sqrt() * self._clean) / (1 - alpha_bar).sqrt()
        return torch.cat([noise, noise], dim=1)


def test_black_bars_do_not_count(tmp_path, network):
    # A wide picture of one grey in a letterbox: bicubic is perfect inside, but blurs the edges of the bars.
    movie = encode_mp4([np.full((8, 32, 3), 140, np.uint8)] * 4, fps=10, lossless=True)
    (tmp_path / "wide.mkv").write_bytes(movie)
    comparison = compare_with_bicubic(Oracle(network, 140), open_clipset(tmp_path), pictures=1)
    assert comparison.upscaled_db == (float("inf"),)


def test_a_set_without_pictures_is_refused(tmp_path, network):
    (tmp_path / "a.flac").write_bytes(encode_flac(np.zeros((1, 16_000), np.float32), 16_000))
    with pytest.raises(DataError, match="has a picture"):
        compare_with_bicubic(network, open_clipset(tmp_path), pictures=1)
