import numpy as np
import pytest
import torch
from gaussians import SCHEDULE, Gaussian, drawn
from golden_diffusion import CASES, Recorded, denoiser, inputs, largest_deviation

from avbench.errors import UsageError
from models.diffusion.ddim import ddim_process, sample_ddim

START = drawn([0, 1], [(6,), (2, 3)])(0)


def test_the_trajectory_is_that_of_the_released_code():
    case, recorded = CASES["ddim_tinyA_10"], Recorded(denoiser)
    sampled = sample_ddim(recorded, inputs("ddim_tinyA_10.init", 1), SCHEDULE.respaced("ddim10"))
    assert [int(t) for t in recorded.timesteps] == case["network_timesteps"]
    assert largest_deviation(sampled, "ddim_tinyA_10") < case["compare"]["max_abs_over_std"]


def test_more_steps_follow_the_probability_flow_more_closely_in_proportion():
    gaussian, start = Gaussian(0.2, 0.3), (START[0].double(),)

    def error(steps):
        # Without clipping; the last step goes on to t = 0, where the flow is followed to the last noise level.
        (sampled,) = sample_ddim(gaussian.denoiser, start, SCHEDULE.respaced(str(steps)), clip=False)
        return float((sampled - gaussian.flow(start[0])).abs().max())

    assert error(100) < 0.02
    assert error(50) / error(100) == pytest.approx(2, rel=0.2)


def test_with_eta_1_it_is_ddpm_with_the_posterior_s_variance():
    process = ddim_process(SCHEDULE, eta=1.0)
    np.testing.assert_allclose(process.clean_weight, SCHEDULE.posterior_clean_weight, rtol=1e-6, atol=1e-12)
    np.testing.assert_allclose(process.noisy_weight, SCHEDULE.posterior_noisy_weight, rtol=1e-9)
    np.testing.assert_allclose(process.std**2, SCHEDULE.posterior_variance, rtol=1e-9)


def test_samples_of_a_gaussian_have_its_deviation_for_any_eta():
    noise = drawn([0], [(20_000,)])
    (sampled,) = sample_ddim(
        Gaussian(0.3, 0.5).denoiser, noise(1000), SCHEDULE.respaced("200"), eta=0.5, noise=noise, clip=False
    )
    assert float(sampled.mean()) == pytest.approx(0.3, abs=0.02)
    assert float(sampled.std()) == pytest.approx(0.5, rel=0.03)


def test_noise_is_missed_only_with_an_eta_above_0():
    schedule = SCHEDULE.respaced("ddim5")
    sample_ddim(Gaussian(0, 1).denoiser, START, schedule)
    with pytest.raises(UsageError, match="adds noise at each step"):
        sample_ddim(Gaussian(0, 1).denoiser, START, schedule, eta=0.1)


def test_samples_keep_no_graph():
    weight = torch.ones(1, requires_grad=True)
    sampled = sample_ddim(lambda state, t: tuple(weight * x for x in state), START, SCHEDULE.respaced("ddim5"))
    assert not any(tensor.requires_grad for tensor in sampled)
