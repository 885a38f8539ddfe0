import re

import numpy as np
import pytest
from golden_diffusion import CASES, CONSTANTS
from hypothesis import given
from hypothesis import strategies as st

from avbench.errors import UsageError
from models.diffusion.schedule import linear_schedule

SCHEDULE = linear_schedule()
RESPACINGS = ("ddim25", "8", "50", "10,20,30")


@pytest.mark.parametrize(
    ("table", "published"),
    [
        ("betas", "betas"),
        ("alpha_bar", "alphas_cumprod"),
        ("alpha_bar_before", "alphas_cumprod_prev"),
        ("posterior_clean_weight", "posterior_mean_coef1"),
        ("posterior_noisy_weight", "posterior_mean_coef2"),
        ("posterior_variance", "posterior_variance"),
        ("posterior_log_variance", "posterior_log_variance_clipped"),
        ("large_log_variance", "fixed_large_log_variance"),
    ],
)
def test_tables_are_those_of_the_released_code(table, published):
    np.testing.assert_allclose(getattr(SCHEDULE, table), CONSTANTS[f"linear1000.{published}"], rtol=1e-10)


@pytest.mark.parametrize("spacing", RESPACINGS)
def test_respacing_keeps_the_timesteps_that_the_released_code_keeps(spacing):
    assert SCHEDULE.respaced(spacing).timesteps.tolist() == CASES["diffusion_constants"]["timestep_maps"][spacing]


@pytest.mark.parametrize("spacing", RESPACINGS)
def test_respaced_tables_are_those_of_the_released_code(spacing):
    respaced = SCHEDULE.respaced(spacing)
    np.testing.assert_allclose(respaced.betas, CONSTANTS[f"respaced.{spacing}.betas"], rtol=1e-10)
    np.testing.assert_allclose(respaced.alpha_bar, CONSTANTS[f"respaced.{spacing}.alphas_cumprod"], rtol=1e-10)


@given(steps=st.integers(2, 1000))
def test_any_number_of_steps_up_to_all_can_be_spaced_evenly_from_the_first_to_the_last(steps):
    timesteps = SCHEDULE.respaced(str(steps)).timesteps
    assert len(timesteps) == steps and timesteps[0] == 0 and timesteps[-1] == 999
    assert np.ptp(np.diff(timesteps)) <= 1


@given(first=st.integers(2, 500), second=st.integers(1, 500))
def test_respacing_leaves_the_noise_at_the_kept_timesteps_as_it_is(first, second):
    respaced = SCHEDULE.respaced(f"{first},{second}")
    np.testing.assert_allclose(respaced.alpha_bar, SCHEDULE.alpha_bar[respaced.timesteps], rtol=1e-9)


def test_a_respaced_schedule_can_be_respaced_again():
    assert SCHEDULE.respaced("ddim100").respaced("ddim25").timesteps.tolist() == list(range(0, 1000, 40))


def test_the_noise_is_known_at_timesteps_and_between_them():
    assert SCHEDULE.alpha_bar_at(np.array([0.0, 999.0])) == pytest.approx(SCHEDULE.alpha_bar[[0, 999]])
    between = SCHEDULE.alpha_bar_at(np.array([500.5]))
    assert between == pytest.approx(np.sqrt(SCHEDULE.alpha_bar[500] * SCHEDULE.alpha_bar[501]))


def test_a_schedule_of_other_length_ends_as_noisy():
    assert linear_schedule(250).alpha_bar[-1] == pytest.approx(SCHEDULE.alpha_bar[-1], rel=0.2)


@pytest.mark.parametrize(
    ("spacing", "message"),
    [
        ("ddim600", "no whole stride takes exactly 600 of 1000 steps; use respacing '600' instead"),
        ("2000", "wants 2000 steps of a section that has 1000"),
        ("10,600", "wants 600 steps of a section that has 500"),
        ("1", "leaves one step"),
        ("0", "from 1 up"),
        ("fast", "none of 'ddimN', 'n' and 'n1,n2,...'"),
        ("10,", "none of 'ddimN', 'n' and 'n1,n2,...'"),
    ],
)
def test_an_impossible_respacing_is_refused(spacing, message):
    with pytest.raises(UsageError, match=re.escape(message)):
        SCHEDULE.respaced(spacing)
