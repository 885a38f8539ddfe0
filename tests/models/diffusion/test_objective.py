import numpy as np
import pytest
import torch
from gaussians import SCHEDULE
from golden_diffusion import CASES, inputs, network

from models.diffusion.objective import diffuse, noise_losses

T = torch.tensor([0, 400, 999])


def pair(value, batch=3):
    return torch.full((batch, 3, 2, 4, 4), value), torch.full((batch, 1, 8), value)


def test_a_noisy_state_is_the_clean_one_and_noise_with_squared_weights_that_add_up_to_1():
    (only_clean, _), (only_noise, _) = (diffuse(pair(c), pair(1 - c), T, SCHEDULE) for c in (1.0, 0.0))
    np.testing.assert_allclose(only_clean[:, 0, 0, 0, 0], np.sqrt(SCHEDULE.alpha_bar[T]), rtol=1e-6)
    np.testing.assert_allclose(only_clean**2 + only_noise**2, 1, rtol=1e-6)


def test_all_modalities_of_a_sample_have_the_same_noise_level():
    video, audio = diffuse(pair(1.0), pair(0.0), T, SCHEDULE)
    assert torch.equal(video[:, 0, 0, 0, 0], audio[:, 0, 0])


def test_losses_are_those_of_the_released_code():
    case = CASES["train_tinyA"]
    shifts = torch.tensor(list(case["shift_by_block"].values()))
    clean, noise = inputs("train_tinyA.x0", 2, 0.5), inputs("train_tinyA.noise", 2)
    t = torch.tensor(case["timesteps"])
    video, audio = noise_losses(lambda state, t: network()(*state, t, shifts), clean, noise, t, SCHEDULE)
    terms, tolerance = case["terms"], case["compare"]["terms_rel"]
    assert video.tolist() == pytest.approx(terms["mse_video"], rel=tolerance)
    assert audio.tolist() == pytest.approx(terms["mse_audio"], rel=tolerance)
    assert (video + audio).tolist() == pytest.approx(terms["loss"], rel=tolerance)


def test_modalities_count_alike_whatever_their_size():
    video, audio = noise_losses(lambda state, t: state, pair(0.0), pair(0.0), T, SCHEDULE)
    assert video.tolist() == audio.tolist() == [0, 0, 0]
    video, audio = noise_losses(lambda state, t: pair(2.0), pair(0.0), pair(0.0), T, SCHEDULE)
    assert video.tolist() == audio.tolist() == [4, 4, 4]


def test_the_network_is_told_its_own_timesteps_under_a_respaced_schedule():
    asked = []

    def denoiser(state, timesteps):
        asked.extend(timesteps.tolist())
        return state

    noise_losses(denoiser, pair(0.0, 2), pair(0.0, 2), torch.tensor([0, 24]), SCHEDULE.respaced("ddim25"))
    assert asked == [0, 960]


def test_a_prediction_in_bfloat16_gives_a_loss_in_float32():
    video, _ = noise_losses(lambda s, t: tuple(x.bfloat16() for x in pair(1.0)), pair(0.0), pair(0.0), T, SCHEDULE)
    assert video.dtype == torch.float32
