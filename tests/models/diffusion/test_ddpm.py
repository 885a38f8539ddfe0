import pytest
import torch
from gaussians import SCHEDULE, Gaussian, drawn
from golden_diffusion import CASES, Recorded, denoiser, inputs, largest_deviation, step_noise

from models.diffusion.ddpm import sample_ddpm

SHAPES = [(2, 3), (5,)]


def test_the_trajectory_is_that_of_the_released_code():
    case, recorded = CASES["ddpm_tinyA_8"], Recorded(denoiser)
    initial = inputs("ddpm_tinyA_8.init", 1)
    sampled = sample_ddpm(recorded, initial, step_noise("ddpm_tinyA_8", 1), SCHEDULE.respaced("8"))
    assert [int(t) for t in recorded.timesteps] == case["network_timesteps"]
    assert largest_deviation(sampled, "ddpm_tinyA_8") < case["compare"]["max_abs_over_std"]


def test_samples_of_a_gaussian_have_its_mean_and_deviation():
    gaussian, noise = Gaussian(mean=0.3, std=0.5), drawn([0], [(20_000,)])
    (sampled,) = sample_ddpm(gaussian.denoiser, noise(-1 % 2**32), noise, SCHEDULE, clip=False)
    assert float(sampled.mean()) == pytest.approx(0.3, abs=0.02)
    assert float(sampled.std()) == pytest.approx(0.5, rel=0.03)


def test_a_sample_depends_neither_on_its_batch_nor_on_its_place_in_it():
    schedule = SCHEDULE.respaced("10")

    def sample(members):
        noise = drawn(members, SHAPES)
        return sample_ddpm(Gaussian(0, 0.5).denoiser, noise(100), noise, schedule)

    alone, among = sample([5]), sample([3, 4, 5])
    assert all(torch.equal(a[0], b[2]) for a, b in zip(alone, among, strict=True))


def test_estimates_outside_of_the_data_s_range_are_clipped():
    noise = drawn([0], [(50,)])
    schedule = SCHEDULE.respaced("5")
    (clipped,) = sample_ddpm(Gaussian(3, 0.1).denoiser, noise(100), noise, schedule)
    (free,) = sample_ddpm(Gaussian(3, 0.1).denoiser, noise(100), noise, schedule, clip=False)
    assert float(clipped.max()) == 1 and float(free.mean()) == pytest.approx(3, abs=0.1)


def test_every_step_is_reported_and_noise_drawn_for_all_but_the_last():
    reported, asked = [], []
    noise = drawn([0], SHAPES)

    def listening(k):
        asked.append(k)
        return noise(k)

    def on_step(done, total):
        reported.append((done, total))

    sample_ddpm(Gaussian(0, 1).denoiser, noise(100), listening, SCHEDULE.respaced("4"), on_step=on_step)
    assert reported == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert asked == [0, 1, 2]
