import pytest
import torch

from models.diffusion.companding import compress, expand

SOUND = torch.linspace(-1, 1, 101)


@pytest.mark.parametrize("mu", [0.0, 0.1, 8.0, 255.0])
def test_what_is_compressed_comes_back(mu):
    torch.testing.assert_close(expand(compress(SOUND, mu), mu), SOUND)


@pytest.mark.parametrize(("x", "y"), [(0.0, 0.0), (1.0, 1.0), (-1.0, -1.0), (0.5, 0.875_703), (-0.01, -0.228_477)])
def test_the_law_of_telephony(x, y):  # ln(1 + 255 |x|) / ln 256
    assert compress(torch.tensor(x), 255.0).item() == pytest.approx(y, abs=2e-6)


def test_soft_sound_is_multiplied_by_the_slope_at_zero():
    assert compress(torch.tensor(1e-4), 8.0).item() == pytest.approx(1e-4 * 8 / 2.197_225, rel=1e-3)


def test_what_a_solver_leaves_beyond_the_range_does_not_overflow():
    torch.testing.assert_close(expand(torch.tensor([1e3, -3.0]), 8.0), torch.tensor([1e3, -3.0]))
