import math

import pytest
import torch
from gaussians import SCHEDULE, Gaussian, drawn

from avbench.errors import UsageError
from models.diffusion.dpm_solver_pp import sample_dpm_solver_pp, threshold

SHAPES = [(2, 3), (5,)]
GAUSSIAN = Gaussian(0.2, 0.3)


def error(evaluations):
    # Float32 timesteps limit the accuracy to some 1e-6. No estimate here leaves [-1, 1], so nothing is thresholded.
    start = torch.linspace(-1, 1, 9, dtype=torch.float64)[None]
    (sampled,) = sample_dpm_solver_pp(GAUSSIAN.denoiser, (start,), SCHEDULE, evaluations=evaluations)
    return float((sampled - GAUSSIAN.flow(start)).abs().max())


def test_doubling_the_evaluations_divides_the_error_by_four():
    assert math.log2(error(48) / error(96)) == pytest.approx(2, abs=0.2)


def test_20_evaluations_follow_the_probability_flow():
    assert error(20) < 0.005


def test_a_sample_depends_neither_on_its_batch_nor_on_its_place_in_it():
    def sample(members):
        return sample_dpm_solver_pp(Gaussian(0.5, 0.8).denoiser, drawn(members, SHAPES)(0), SCHEDULE)

    alone, among = sample([5]), sample([3, 4, 5])
    assert all(torch.equal(a[0], b[2]) for a, b in zip(alone, among, strict=True))


def test_samples_stay_in_range_where_the_network_leaves_it():
    (sampled,) = sample_dpm_solver_pp(Gaussian(3, 0.1).denoiser, (drawn([0], [(500,)])(0)), SCHEDULE)
    assert float(sampled.abs().max()) < 1.1


def test_a_threshold_is_the_quantile_of_each_sample_and_modality():
    loud, quiet = torch.linspace(-2, 2, 201), torch.linspace(-0.5, 0.5, 201)
    (limited,) = threshold((torch.stack([loud, quiet]),))
    assert float(limited[0].max()) == 1
    # 99.5 % of 201 absolute values, evenly spaced up to 2, lie below 1.98 + a half.
    assert float(limited[0, 150]) == pytest.approx(1 / float(loud.abs().quantile(0.995)))
    assert torch.equal(limited[1], quiet)


def test_each_step_is_reported():
    reported = []
    sample_dpm_solver_pp(
        GAUSSIAN.denoiser,
        drawn([0], SHAPES)(0),
        SCHEDULE,
        evaluations=3,
        on_step=lambda done, total: reported.append((done, total)),
    )
    assert reported == [(1, 3), (2, 3), (3, 3)]


def test_no_evaluation_is_refused():
    with pytest.raises(UsageError, match="at least 1 evaluation, not 0"):
        sample_dpm_solver_pp(GAUSSIAN.denoiser, drawn([0], SHAPES)(0), SCHEDULE, evaluations=0)
