import math

import numpy as np
import pytest
import torch
from gaussians import SCHEDULE, TIMES, Gaussian, drawn
from golden_diffusion import CASES, CONSTANTS, Recorded, denoiser, inputs, largest_deviation
from hypothesis import given
from hypothesis import strategies as st

from avbench.errors import UsageError
from models.diffusion.dpm_solver import integrate, sample_dpm_solver, singlestep_orders

SHAPES = [(2, 3), (5,)]
GAUSSIAN = Gaussian(0.2, 0.3)


def test_the_trajectory_is_that_of_the_released_code():
    case, recorded = CASES["dpm_tinyA_5"], Recorded(denoiser)
    sampled = sample_dpm_solver(recorded, inputs("dpm_tinyA_5.init", 2), SCHEDULE, evaluations=5)
    assert [t.tolist() for t in recorded.timesteps] == [[n, n] for n in case["network_timesteps"]]
    assert singlestep_orders(5, order=3) == case["orders"]
    assert largest_deviation(sampled, "dpm_tinyA_5") < case["compare"]["max_abs_over_std"]


def test_by_default_the_network_is_asked_as_in_the_published_run():
    recorded = Recorded(GAUSSIAN.denoiser)
    sample_dpm_solver(recorded, drawn([0], SHAPES)(0), SCHEDULE)
    # The published list goes on to the end of the grid, where nothing is evaluated.
    assert [int(t) for t in recorded.timesteps] == CONSTANTS["dpm.official20.network_timesteps"][:-1].tolist()
    assert singlestep_orders(20, order=3) == CASES["diffusion_constants"]["timestep_maps"]["dpm.official20.orders"]


@pytest.mark.parametrize(("order", "few"), [(1, 96), (2, 48), (3, 96)])
def test_doubling_the_evaluations_divides_the_error_by_two_to_the_power_of_the_order(order, few):
    start = torch.linspace(-1, 1, 9, dtype=torch.float64)[None]

    def error(evaluations):
        grid, orders = TIMES.log_snr_grid(evaluations), [order] * (evaluations // order)
        (sampled,) = integrate(GAUSSIAN.noise_at, (start,), TIMES, grid, orders)
        return float((sampled - GAUSSIAN.flow(start)).abs().max())

    assert math.log2(error(few) / error(2 * few)) == pytest.approx(order, abs=0.35)


@given(evaluations=st.integers(1, 100), order=st.integers(1, 3))
def test_orders_use_up_the_evaluations(evaluations, order):
    orders = singlestep_orders(evaluations, order)
    assert sum(orders) == evaluations and max(orders) <= order


@pytest.mark.parametrize(
    ("evaluations", "orders"), [(1, [1]), (2, [2]), (3, [2, 1]), (6, [3, 2, 1]), (7, [3, 3, 1]), (8, [3, 3, 2])]
)
def test_the_last_steps_of_order_3_are_of_lower_orders(evaluations, orders):
    assert singlestep_orders(evaluations, order=3) == orders


@pytest.mark.parametrize("evaluations", [4, 6, 7])
def test_sound_moves_as_pictures_do_also_by_first_order_steps(evaluations):
    x = drawn([0, 1], [(4,)])(0)[0]
    video, audio = sample_dpm_solver(GAUSSIAN.denoiser, (x, x.clone()), SCHEDULE, evaluations=evaluations)
    assert torch.equal(video, audio)


def test_a_first_order_step_moves_sound_by_its_closed_form():
    video, audio = drawn([0], SHAPES)(0)
    _, sampled = sample_dpm_solver(lambda state, t: (video, 0.1 * audio), (video, audio), SCHEDULE, evaluations=1)
    alpha, sigma = (np.asarray(f([1.0, TIMES.end])) for f in (TIMES.alpha, TIMES.sigma))
    # The probability flow with a constant noise prediction e: (x - sigma e) / alpha stays as it is.
    expected = alpha[1] * (audio - sigma[0] * 0.1 * audio) / alpha[0] + sigma[1] * 0.1 * audio
    torch.testing.assert_close(sampled, expected.float(), rtol=1e-4, atol=1e-4)


def test_a_sample_depends_neither_on_its_batch_nor_on_its_place_in_it():
    def sample(members):
        return sample_dpm_solver(GAUSSIAN.denoiser, drawn(members, SHAPES)(0), SCHEDULE)

    alone, among = sample([5]), sample([3, 4, 5])
    assert all(torch.equal(a[0], b[2]) for a, b in zip(alone, among, strict=True))


def test_evaluations_are_reported_after_each_step():
    reported = []
    sample_dpm_solver(
        GAUSSIAN.denoiser,
        drawn([0], SHAPES)(0),
        SCHEDULE,
        evaluations=8,
        on_step=lambda done, total: reported.append((done, total)),
    )
    assert reported == [(3, 8), (6, 8), (8, 8)]


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"order": 4}, "orders 1, 2 and 3, not 4"), ({"evaluations": 0}, "at least 1 evaluation")],
)
def test_impossible_settings_are_refused(settings, message):
    with pytest.raises(UsageError, match=message):
        sample_dpm_solver(GAUSSIAN.denoiser, drawn([0], SHAPES)(0), SCHEDULE, **settings)
