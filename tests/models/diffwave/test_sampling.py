import golden_diffwave as golden
import numpy as np
import pytest
import torch

from avbench.errors import UsageError
from models.diffusion.schedule import Schedule
from models.diffwave import sampling
from models.diffwave.sampling import FAST, aligned_steps, sample


def linear(steps, end):
    return Schedule(betas=np.linspace(1e-4, end, steps), timesteps=np.arange(steps))


def run(network, case, noise, **options):
    """A sample (S,) and the state after the first step (S,)."""
    network = golden.with_golden_table(network) if case != "authors_uncond" else network
    states = []

    def denoise(state, steps):
        states.append(state)
        return (network(*state, steps),)

    with torch.no_grad():
        (made,) = sample(denoise, *noise, linear(20, 0.05), **options)
    return made.flatten(), states[1][0].flatten()


def test_full_sampling_equals_lmnts():
    found = golden.output("lmnt_sample_full")
    made, first = run(golden.lmnt(), "lmnt_sample_full", golden.noises("sample/full/", (1, 400)))
    torch.testing.assert_close(first, found["first_step"].flatten(), rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(made, found["x_0"].flatten(), rtol=1e-3, atol=1e-4)


def test_fast_sampling_equals_lmnts(monkeypatch):
    found = golden.output("lmnt_sample_fast")
    schedule = golden.CASES["lmnt_sample_fast"]["inference_schedule"]
    monkeypatch.setattr(sampling, "FAST", tuple(schedule))
    made, first = run(golden.lmnt(), "lmnt_sample_fast", golden.noises("sample/fast/", (1, 400)), fast=True)
    np.testing.assert_allclose(aligned_steps(schedule, linear(20, 0.05)), found["aligned_steps"], rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(first, found["first_step"].flatten(), rtol=1e-3, atol=1e-4)
    torch.testing.assert_close(made, found["x_0"].flatten(), rtol=1e-3, atol=1e-4)


def test_the_authors_sampling_does_not_clamp():
    found = golden.output("authors_uncond")["sample_x_0"].flatten()
    made, _ = run(golden.authors(), "authors_uncond", golden.noises("authors/sample/", (1, 1, 400)), clamp=False)
    torch.testing.assert_close(made, found, rtol=1e-3, atol=1e-4)
    assert found.abs().max() > 1


@pytest.mark.parametrize(
    ("steps", "end", "aligned"),
    [
        (200, 0.02, [0, 3.2007, 13.4303, 33.8203, 73.9825, 138.0839]),
        (50, 0.05, [0, 0.8941, 4.0867, 10.4518, 22.9925, 42.9186]),
    ],
)
def test_the_fast_schedule_is_aligned_with_a_training_as_in_lmnts_code(steps, end, aligned):
    np.testing.assert_allclose(aligned_steps(FAST, linear(steps, end)), aligned, atol=1e-3)


def test_a_short_schedule_that_leaves_the_training_is_refused():
    with pytest.raises(UsageError, match=r"signal levels from 0\.9999 to 0\.6130.*--solver ddpm"):
        aligned_steps(FAST, linear(20, 0.05))


def test_a_perfect_denoiser_ends_at_the_clean_sound():
    clean = golden.audio("")[:1] / 4
    schedule = linear(50, 0.05)

    def denoise(state, steps):
        alpha_bar = schedule.alpha_bar[int(steps[0])]
        return ((state[0] - alpha_bar**0.5 * clean) / (1 - alpha_bar) ** 0.5,)

    initial, noise = golden.noises("sample/full/", (1, 400))
    (made,) = sample(denoise, initial, lambda k: noise(k % 19), schedule, clamp=False)
    torch.testing.assert_close(made, clean, rtol=0, atol=1e-4)


def test_every_step_is_told():
    told = []
    initial, noise = golden.noises("sample/full/", (1, 400))
    sample(
        lambda state, steps: (torch.zeros_like(state[0]),),
        initial,
        noise,
        linear(50, 0.05),
        fast=True,
        on_step=lambda *step: told.append(step),
    )
    assert told == [(done, 6) for done in range(1, 7)]
