import numpy as np
import torch

from models.diffusion.state import combine, per_sample, predict_noise


def test_a_combination_gives_all_modalities_the_same_coefficients():
    a, b = (torch.ones(2, 3), torch.ones(2, 1, 4)), (torch.full((2, 3), 10.0), torch.full((2, 1, 4), 10.0))
    video, audio = combine((2.0, a), (0.5, b))
    assert (video == 7).all() and (audio == 7).all()


def test_a_coefficient_may_differ_from_sample_to_sample():
    (x,) = combine((np.array([1.0, 3.0]), (torch.ones(2, 1, 2, 2),)))
    assert x.mean(dim=(1, 2, 3)).tolist() == [1, 3]


def test_values_per_sample_take_the_dtype_of_what_they_multiply_unless_they_are_no_numbers():
    like = torch.zeros(2, 3, 4)
    assert per_sample(np.array([1.0, 2.0]), like).dtype == torch.float32
    assert per_sample(np.array([True, False]), like).dtype == torch.bool
    assert per_sample(np.array([1.0, 2.0]), like).shape == (2, 1, 1)


def test_the_network_gets_one_timestep_for_each_sample_whole_or_with_its_fraction():
    asked = []

    def denoiser(state, timesteps):
        asked.append(timesteps)
        return state

    for timestep in (7, 7.25, np.array([3, 4, 5])):
        predict_noise(denoiser, (torch.zeros(3, 1),), timestep)
    assert [t.tolist() for t in asked] == [[7, 7, 7], [7.25, 7.25, 7.25], [3, 4, 5]]
    assert [t.dtype for t in asked] == [torch.int64, torch.float32, torch.int64]


def test_a_prediction_in_half_precision_is_taken_up_in_that_of_the_state():
    (noise,) = predict_noise(lambda state, t: (state[0].half(),), (torch.ones(1, 2),), 0)
    assert noise.dtype == torch.float32
