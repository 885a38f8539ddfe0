import pytest
import torch
from gaussians import SCHEDULE, Gaussian, drawn
from golden_diffusion import CASES, Recorded, denoiser, inputs, largest_deviation

from avbench.errors import DataError
from models.diffusion.dpm_solver_adaptive import sample_dpm_solver_adaptive

SHAPES = [(2, 3), (5,)]


def uneven(state, timesteps):
    """A denoiser of data that lie at +1 or -1, so that samples part at different times."""
    alpha_bar = torch.from_numpy(SCHEDULE.alpha_bar)[timesteps].float()

    def noise(x):
        ab = alpha_bar.reshape(-1, *[1] * (x.ndim - 1))
        clean = torch.tanh(x * ab.sqrt() / (1 - ab))
        return (x - ab.sqrt() * clean) / (1 - ab).sqrt()

    return tuple(noise(x) for x in state)


@pytest.mark.slow
def test_the_trajectory_is_that_of_the_released_code_with_every_rejected_step():
    case, recorded = CASES["dpmpp_tinyA_adaptive"], Recorded(denoiser)
    initial = inputs("dpmpp_tinyA_adaptive.init", 2)
    sampled = sample_dpm_solver_adaptive(recorded, initial, SCHEDULE, as_published=True)
    assert [t.tolist() for t in recorded.timesteps] == [[n, n] for n in case["network_timesteps"]]
    assert largest_deviation(sampled, "dpmpp_tinyA_adaptive") < case["compare"]["max_abs_over_std"]


def test_samples_come_from_the_data():
    sampled = sample_dpm_solver_adaptive(uneven, drawn(range(4), SHAPES)(0), SCHEDULE)
    for tensor in sampled:
        torch.testing.assert_close(tensor.abs(), torch.ones_like(tensor), atol=0.05, rtol=0)


def test_a_sample_has_steps_of_its_own():
    def sample(members, as_published=False):
        recorded = Recorded(uneven)
        sampled = sample_dpm_solver_adaptive(recorded, drawn(members, SHAPES)(0), SCHEDULE, as_published=as_published)
        return sampled, torch.stack(recorded.timesteps)

    (alone, own_steps), (among, steps) = sample([5]), sample([3, 4, 5])
    assert all(torch.equal(a[0], b[2]) for a, b in zip(alone, among, strict=True))
    assert torch.equal(own_steps[:, 0], steps[: len(own_steps), 2])
    assert not torch.equal(steps[:, 0], steps[:, 2])


def test_as_published_the_batch_shares_its_steps():
    recorded = Recorded(uneven)
    sample_dpm_solver_adaptive(recorded, drawn([3, 4, 5], SHAPES)(0), SCHEDULE, as_published=True)
    assert all(len(set(timesteps.tolist())) == 1 for timesteps in recorded.timesteps)


def test_progress_is_the_share_of_the_log_snr_covered():
    reported = []

    def on_step(done, total):
        reported.append((done, total))

    sample_dpm_solver_adaptive(Gaussian(0.2, 0.3).denoiser, drawn([0], SHAPES)(0), SCHEDULE, on_step=on_step)
    assert reported == sorted(reported) and reported[-1] == (1000, 1000)


def test_predictions_that_are_not_finite_are_refused():
    with pytest.raises(DataError, match="not finite"):
        sample_dpm_solver_adaptive(
            lambda state, t: tuple(x * float("nan") for x in state), drawn([0], SHAPES)(0), SCHEDULE
        )
