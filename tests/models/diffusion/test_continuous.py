import numpy as np
import pytest
from gaussians import SCHEDULE, TIMES
from golden_diffusion import CONSTANTS

from avbench.errors import UsageError
from models.diffusion.continuous import ContinuousSchedule

T = CONSTANTS["dpm.t"]


def test_signal_and_its_ratio_to_noise_are_those_of_the_released_code():
    np.testing.assert_allclose(np.log(TIMES.alpha(T)), CONSTANTS["dpm.log_alpha"], rtol=1e-5)
    np.testing.assert_allclose(TIMES.log_snr(T), CONSTANTS["dpm.lambda"], rtol=1e-5)
    # The released code takes 1 - alpha^2 in float32, whose rounding is 2e-5 of sigma where sigma is 0.01.
    np.testing.assert_allclose(TIMES.sigma(T) ** 2, CONSTANTS["dpm.sigma"] ** 2, rtol=1e-5, atol=1e-8)


def test_time_is_found_again_from_the_log_snr():
    t = np.linspace(TIMES.end, 1, 777)
    np.testing.assert_allclose(TIMES.time_at(TIMES.log_snr(t)), t, rtol=1e-9)


def test_the_steps_of_the_schedule_stand_at_their_times():
    n = np.arange(1000)
    np.testing.assert_allclose(TIMES.alpha((n + 1) / 1000) ** 2, SCHEDULE.alpha_bar, rtol=1e-6)
    np.testing.assert_allclose(TIMES.timestep((n + 1) / 1000), n, atol=1e-9)


def test_the_grid_of_the_published_run_is_that_of_the_released_code():
    grid = TIMES.log_snr_grid(20)
    np.testing.assert_allclose(grid, CONSTANTS["dpm.official20.time_grid"], rtol=1e-5)
    np.testing.assert_allclose(TIMES.log_snr(grid), CONSTANTS["dpm.official20.lambda_grid"], rtol=1e-5)
    assert TIMES.truncated_timestep(grid).tolist() == CONSTANTS["dpm.official20.network_timesteps"].tolist()


@pytest.mark.parametrize("intervals", range(1, 60))
def test_every_grid_starts_at_the_last_timestep_and_ends_at_the_first(intervals):
    timesteps = TIMES.truncated_timestep(TIMES.log_snr_grid(intervals))
    assert timesteps[0] == 999 and timesteps[-1] == 0
    assert (np.diff(timesteps) <= 0).all()


def test_a_respaced_schedule_is_refused():
    with pytest.raises(UsageError, match="chooses its own times"):
        ContinuousSchedule(SCHEDULE.respaced("ddim25"))
