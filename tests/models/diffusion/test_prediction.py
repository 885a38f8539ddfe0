import numpy as np
import torch
from gaussians import SCHEDULE

from models.diffusion.objective import diffuse, velocity
from models.diffusion.prediction import as_denoiser

T = torch.tensor([0, 400, 999])


def drawn(seed):
    generator = torch.Generator().manual_seed(seed)
    shapes = ((3, 3, 2, 4, 4), (3, 1, 8))
    return tuple(torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes)


CLEAN, NOISE = drawn(0), drawn(1)
NOISY = diffuse(CLEAN, NOISE, T, SCHEDULE)


def test_a_predicted_velocity_is_turned_into_the_noise():
    exact = velocity(CLEAN, NOISE, T, SCHEDULE)
    found = as_denoiser(lambda state, t: exact, "velocity", SCHEDULE)(NOISY, T)
    for noise, truth in zip(found, NOISE, strict=True):
        torch.testing.assert_close(noise, truth)


def test_between_steps_the_share_of_the_signal_is_the_schedules_own():
    nothing = tuple(torch.zeros_like(x) for x in NOISY)
    between = torch.tensor([0.5, 400.25, 998.75])
    video, _ = as_denoiser(lambda state, t: nothing, "velocity", SCHEDULE)(NOISY, between)
    share = 1 - SCHEDULE.alpha_bar_at(between.double().numpy())
    torch.testing.assert_close(video, NOISY[0] * torch.from_numpy(np.sqrt(share))[:, None, None, None, None])


def test_a_predicted_noise_is_left_as_it_is():
    def predictor(state, timesteps):
        return NOISE

    assert as_denoiser(predictor, "noise", SCHEDULE) is predictor


def test_an_error_of_the_velocity_is_not_multiplied_in_the_clean_state():
    wrong = tuple(v + 0.1 for v in velocity(CLEAN, NOISE, T, SCHEDULE))
    noise, _ = as_denoiser(lambda state, t: wrong, "velocity", SCHEDULE)(NOISY, T)
    alpha_bar = torch.from_numpy(SCHEDULE.alpha_bar[T])[:, None, None, None, None]
    clean = (NOISY[0] - (1 - alpha_bar).sqrt() * noise) / alpha_bar.sqrt()
    assert (clean - CLEAN[0]).abs().max() < 0.1 + 1e-9
