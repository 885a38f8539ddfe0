import numpy as np
import pytest
import torch
from gaussians import SCHEDULE, Gaussian

from models.diffusion.objective import diffuse, noise_losses
from models.diffusion.preconditioning import Preconditioning

T = torch.tensor([0, 400, 999])
STDS = (0.5, 0.06)
SCALES = Preconditioning(STDS, SCHEDULE)


def drawn(seed, stds=(1.0, 1.0), batch=3):
    generator = torch.Generator().manual_seed(seed)
    shapes = ((batch, 3, 4, 8, 8), (batch, 1, 800))
    return tuple(
        std * torch.randn(shape, generator=generator, dtype=torch.float64)
        for std, shape in zip(stds, shapes, strict=True)
    )


CLEAN, NOISE = drawn(0, STDS), drawn(1)
NOISY = diffuse(CLEAN, NOISE, T, SCHEDULE)


def nothing(state, timesteps):
    return tuple(torch.zeros_like(x) for x in state)


def test_the_network_sees_variance_1_at_every_noise_level():
    seen = []
    SCALES.denoiser(lambda state, t: seen.append(state) or state)(NOISY, T)
    for x in seen[0]:
        np.testing.assert_allclose(x.flatten(1).std(1), 1, rtol=0.1)


def test_what_the_network_is_to_predict_has_variance_1():
    losses = noise_losses(SCALES.denoiser(nothing), CLEAN, NOISE, T, SCHEDULE)
    for loss, weight in zip(losses, SCALES.loss_weights(T), strict=True):
        np.testing.assert_allclose(loss * weight, 1, rtol=0.2)


def test_a_network_that_predicts_nothing_is_the_best_denoiser_of_independent_elements():
    for number, std in enumerate(STDS):
        found = SCALES.denoiser(nothing)(NOISY, T)[number]
        torch.testing.assert_close(found, Gaussian(0, std).denoiser(NOISY, T)[number], rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("number", [0, 1])
def test_weighted_losses_are_the_errors_of_the_networks_own_output(number):
    def output(error):
        return SCALES.denoiser(lambda state, t: tuple(torch.full_like(x, error) for x in state))(NOISY, T)[number]

    # An output that is wrong by 0.5 has a squared error of 0.25, wherever the noise level.
    error = (output(0.5) - output(0.0)).square().flatten(1).mean(1)
    np.testing.assert_allclose(error * SCALES.loss_weights(T)[number], 0.25, rtol=1e-5)


def test_between_steps_the_share_of_the_signal_is_the_schedules_own():
    between = torch.tensor([0.5, 400.25, 998.75])
    alpha_bar = torch.from_numpy(SCHEDULE.alpha_bar_at(between.double().numpy()))[:, None, None]
    noise = SCALES.denoiser(nothing)(NOISY, between)[1]
    torch.testing.assert_close(noise, NOISY[1] * (1 - alpha_bar).sqrt() / (1 - alpha_bar + alpha_bar * 0.06**2))


def test_no_error_of_the_network_is_multiplied_in_the_clean_state():
    right, wrong = (
        SCALES.denoiser(lambda state, t, by=by: tuple(x + by for x in state))(NOISY, T) for by in (0.0, 1.0)
    )
    alpha_bar = torch.from_numpy(SCHEDULE.alpha_bar[T])[:, None, None]
    moved = (right[1] - wrong[1]).abs() * ((1 - alpha_bar) / alpha_bar).sqrt()
    assert moved.max() <= 0.06 * (1 + 1e-9)
