import pytest
import torch
from gaussians import SCHEDULE, Gaussian, drawn

from avbench.errors import UsageError
from models.diffusion.sde_dpm_solver_pp import sample_sde_dpm_solver_pp

SHAPES = [(2, 3), (5,)]
_LARGE = 2**31  # no number of a step


def sampled(gaussian, evaluations, *, number=20_000):
    noise = drawn([0], [(number,)])
    return sample_sde_dpm_solver_pp(gaussian.denoiser, noise(_LARGE), noise, SCHEDULE, evaluations=evaluations)[0]


def test_samples_of_a_gaussian_have_its_mean_and_deviation():
    samples = sampled(Gaussian(mean=0.2, std=0.2), 50)
    assert float(samples.mean()) == pytest.approx(0.2, abs=0.006)
    # The last step gives the expected clean state, which has lost 0.01^2 / (0.2^2 + 0.01^2) of the variance.
    assert float(samples.std()) == pytest.approx(0.2, rel=0.02)


def test_12_evaluations_come_nearer_than_50_without_extrapolation():
    # Steps of order 1, which are linear here, end with a deviation of 0.137 after 12 evaluations, 0.182 after 50.
    assert float(sampled(Gaussian(mean=0, std=0.2), 12).std()) == pytest.approx(0.2, abs=0.01)


def test_an_error_of_the_beginning_is_forgotten():
    """Unlike along the flow: wherever it begins, a sample ends in the distribution of the data."""
    gaussian, noise = Gaussian(mean=0, std=0.2), drawn([0], [(20_000,)])
    far = tuple(tensor + 3 for tensor in noise(_LARGE))
    (samples,) = sample_sde_dpm_solver_pp(gaussian.denoiser, far, noise, SCHEDULE, evaluations=50)
    assert float(samples.mean()) == pytest.approx(0, abs=0.006)


def test_of_data_that_are_one_point_all_samples_are_that_point():
    assert torch.allclose(sampled(Gaussian(mean=0.4, std=1e-4), 5, number=50), torch.tensor(0.4), atol=1e-3)


def test_a_sample_depends_neither_on_its_batch_nor_on_its_place_in_it():
    def sample(members):
        noise = drawn(members, SHAPES)
        return sample_sde_dpm_solver_pp(Gaussian(0.5, 0.8).denoiser, noise(_LARGE), noise, SCHEDULE, evaluations=10)

    alone, among = sample([5]), sample([3, 4, 5])
    assert all(torch.equal(a[0], b[2]) for a, b in zip(alone, among, strict=True))


def test_samples_stay_in_range_where_the_network_leaves_it():
    assert float(sampled(Gaussian(3, 0.1), 20, number=500).abs().max()) <= 1


def test_every_step_is_reported_and_noise_drawn_for_all_but_the_last():
    reported, asked = [], []
    noise = drawn([0], SHAPES)

    def listening(k):
        asked.append(k)
        return noise(k)

    sample_sde_dpm_solver_pp(
        Gaussian(0, 1).denoiser,
        noise(_LARGE),
        listening,
        SCHEDULE,
        evaluations=4,
        on_step=lambda done, total: reported.append((done, total)),
    )
    assert reported == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert asked == [0, 1, 2]


def test_a_single_evaluation_is_refused():
    with pytest.raises(UsageError, match="at least 2 evaluations, not 1"):
        sampled(Gaussian(0, 1), 1, number=5)
