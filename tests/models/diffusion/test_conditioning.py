import gc
import weakref

import numpy as np
import pytest
import torch
from gaussians import SCHEDULE, CorrelatedPair, drawn
from golden_diffusion import Recorded

from models.diffusion.conditioning import Given, replacing, sample_guided
from models.diffusion.ddim import ddim_process, sample_ddim
from models.diffusion.ddpm import ddpm_process, sample_ddpm
from models.diffusion.dpm_solver import sample_dpm_solver

PAIR = CorrelatedPair(std=0.4, correlation=0.9)
SIZE = 300


def case(members, index=0):
    """The given modality and noise for the other, for a batch."""
    noise = drawn(members, [(SIZE,), (SIZE,)])
    start = noise(10_000)
    (clean, _) = noise(20_000)
    return Given(index, 0.4 * clean, start[index]), (start[1 - index],), lambda k: (noise(k)[1 - index],)


def explained(given, generated):
    """Slope of the generated modality over the given one; the data's is their correlation."""
    return float((generated * given.clean).sum() / given.clean.square().sum())


def test_the_given_modality_takes_its_place_in_the_network_s_state():
    given = Given(1, torch.zeros(2, 3), torch.zeros(2, 3))
    state = (torch.ones(2), torch.full((2,), 2.0), torch.full((2,), 3.0))
    generated = given.leave_out(state)
    assert [float(x[0]) for x in generated] == [1, 3]
    assert [float(x[0]) for x in given.insert(state[1], generated)] == [1, 2, 3]


@pytest.mark.parametrize("index", [0, 1])
def test_replacement_shows_the_network_the_given_modality_at_the_level_it_is_told(index):
    given, start, noise = case([0, 1], index)
    recorded = Recorded(PAIR.denoiser)
    sample_ddpm(replacing(recorded, given, SCHEDULE), start, noise, SCHEDULE.respaced("5"))
    for state, timesteps in zip(recorded.states, recorded.timesteps, strict=True):
        alpha_bar = SCHEDULE.alpha_bar[timesteps[0]]
        expected = float(np.sqrt(alpha_bar)) * given.clean + float(np.sqrt(1 - alpha_bar)) * given.noise
        torch.testing.assert_close(state[index], expected)


def test_replacement_works_with_solvers_that_know_nothing_of_it():
    given, start, _ = case([0, 1])
    (sampled,) = sample_dpm_solver(replacing(PAIR.denoiser, given, SCHEDULE), start, SCHEDULE)
    assert explained(given, sampled) > 0.4


@pytest.mark.parametrize("process_of", [ddpm_process, ddim_process])
def test_guidance_of_scale_0_is_replacement(process_of):
    given, start, noise = case([0, 1])
    schedule = SCHEDULE.respaced("10")
    held = replacing(PAIR.denoiser, given, SCHEDULE)
    (guided,) = sample_guided(PAIR.denoiser, start, noise, process_of(schedule), given, scale=0)
    ddpm = process_of is ddpm_process
    (replaced,) = sample_ddpm(held, start, noise, schedule) if ddpm else sample_ddim(held, start, schedule)
    torch.testing.assert_close(guided, replaced, rtol=1e-4, atol=1e-4)


def test_a_guided_step_is_equation_12_for_a_linear_network():
    """With e_v = a as the noise predicted in v, all of a DDIM step is linear and its gradient known."""
    schedule = SCHEDULE.respaced("2")
    process = ddim_process(schedule)
    given, (start,), _ = case([0, 1])
    first = Recorded(lambda state, t: (state[1], torch.zeros_like(state[1])))
    scale = 0.7
    sample_guided(first, (start,), None, process, given, scale=scale, clip=False)

    after, before = schedule.alpha_bar[1], schedule.alpha_bar[0]
    v_after, v_before = (np.sqrt(ab) * given.clean + np.sqrt(1 - ab) * given.noise for ab in (after, before))
    predicted_clean = (v_after - np.sqrt(1 - after) * start) / np.sqrt(after)
    v = np.sqrt(before) * predicted_clean + np.sqrt(1 - before) * start
    slope = np.sqrt(1 - before) - np.sqrt(before / after) * np.sqrt(1 - after)  # of v by a
    a = np.sqrt(before / after) * start  # with e_a = 0
    expected = a - scale * np.sqrt(1 - before) * 2 * slope * (v - v_before)
    torch.testing.assert_close(first.states[1][1], expected, rtol=1e-3, atol=1e-3 * float(expected.std()))


@pytest.mark.parametrize(("process", "scale"), [(ddim_process(SCHEDULE.respaced("ddim25")), 27), (None, 27)])
def test_guidance_brings_the_correlation_that_replacement_leaves_out(process, scale):
    process = process or ddpm_process(SCHEDULE.respaced("100"))
    given, start, noise = case(range(16))
    replaced, guided = (
        explained(given, sample_guided(PAIR.denoiser, start, noise, process, given, scale=s)[0]) for s in (0, scale)
    )
    assert replaced < 0.65
    assert guided == pytest.approx(0.9, abs=0.06)


def test_guidance_of_a_sample_depends_neither_on_its_batch_nor_on_its_place_in_it():
    def sample(members):
        given, start, noise = case(members)
        return sample_guided(PAIR.denoiser, start, noise, ddpm_process(SCHEDULE.respaced("5")), given, scale=30)[0]

    torch.testing.assert_close(sample([5])[0], sample([3, 4, 5])[2])


def test_the_last_step_is_not_guided():
    given, start, noise = case([0])
    recorded = Recorded(PAIR.denoiser)
    process = ddim_process(SCHEDULE.respaced("3"))
    (sampled,) = sample_guided(recorded, start, noise, process, given, scale=1000)
    last = recorded.states[-1]
    predicted = PAIR.denoiser(last, torch.tensor([0]))[1]
    alpha_bar = float(SCHEDULE.alpha_bar[0])
    clean = ((last[1] - (1 - alpha_bar) ** 0.5 * predicted) / alpha_bar**0.5).clamp(-1, 1)
    torch.testing.assert_close(sampled, clean)


def test_guidance_keeps_no_graph_from_step_to_step():
    given, start, noise = case([0])
    inputs = []

    def denoiser(state, timesteps):
        inputs.append(weakref.ref(state[1]))
        return PAIR.denoiser(state, timesteps)

    alive = []

    def on_step(done, total):
        gc.collect()
        alive.append(sum(ref() is not None for ref in inputs))

    (sampled,) = sample_guided(
        denoiser, start, noise, ddpm_process(SCHEDULE.respaced("4")), given, scale=1, on_step=on_step
    )
    assert not sampled.requires_grad
    assert max(alive) == 0
