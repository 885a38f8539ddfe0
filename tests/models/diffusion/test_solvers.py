import pytest
import torch
from gaussians import SCHEDULE, CorrelatedPair, drawn
from golden_diffusion import Recorded

from avbench.errors import UsageError
from models.diffusion.ddpm import sample_ddpm
from models.diffusion.dpm_solver import sample_dpm_solver
from models.diffusion.solvers import DEFAULT_STEPS, SOLVERS, solve, solve_conditional

PAIR = CorrelatedPair(std=0.3, correlation=0.8)
SHAPES = [(50,), (50,)]
NOISE = drawn([0, 1], SHAPES)
START = NOISE(10_000)
CLEAN = torch.linspace(-0.5, 0.5, 50).repeat(2, 1)


def evaluations(solver, steps=None):
    recorded = Recorded(PAIR.denoiser)
    solve(solver, recorded, START, NOISE, schedule=SCHEDULE, steps=steps)
    return [int(t[0]) for t in recorded.timesteps]


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("members", [[0], [0, 1]])
def test_every_solver_samples_batches_of_any_size(solver, members):
    noise = drawn(members, SHAPES)
    sampled = solve(solver, PAIR.denoiser, noise(10_000), noise, schedule=SCHEDULE, steps=10)
    assert [tensor.shape for tensor in sampled] == [(len(members), 50)] * 2
    assert all(tensor.isfinite().all() and float(tensor.abs().max()) < 2 for tensor in sampled)


@pytest.mark.parametrize("solver", DEFAULT_STEPS)
def test_without_a_number_of_steps_it_is_the_solver_s_own(solver):
    assert len(evaluations(solver)) == DEFAULT_STEPS[solver]


@pytest.mark.parametrize("solver", ["dpm", "dpm++", "sde-dpm++", "ddim", "ddpm"])
def test_steps_are_evaluations_of_the_network(solver):
    assert len(evaluations(solver, 13)) == 13


def test_ddim_strides_from_step_0_where_a_stride_fits_and_spaces_evenly_elsewhere():
    assert evaluations("ddim", 25) == list(range(960, -1, -40))
    assert evaluations("ddim", 600)[:2] == [999, 997] and evaluations("ddim", 600)[-1] == 0


def test_names_lead_to_their_solvers():
    dpm = solve("dpm", PAIR.denoiser, START, NOISE, schedule=SCHEDULE, steps=8)
    ddpm = solve("ddpm", PAIR.denoiser, START, NOISE, schedule=SCHEDULE, steps=8)
    assert torch.equal(dpm[0], sample_dpm_solver(PAIR.denoiser, START, SCHEDULE, evaluations=8)[0])
    assert torch.equal(ddpm[0], sample_ddpm(PAIR.denoiser, START, NOISE, SCHEDULE.respaced("8"))[0])


@pytest.mark.parametrize("index", [0, 1])
@pytest.mark.parametrize("solver", SOLVERS)
def test_every_solver_fits_one_modality_to_the_other_by_replacement(solver, index):
    sampled = solve_conditional(
        solver, PAIR.denoiser, START, NOISE, schedule=SCHEDULE, index=index, clean=CLEAN, steps=20
    )
    assert torch.equal(sampled[index], CLEAN)
    assert float(torch.corrcoef(torch.stack([sampled[1 - index].flatten(), CLEAN.flatten()]))[0, 1]) > 0.15


@pytest.mark.parametrize("solver", ["ddim", "ddpm"])
def test_guidance_fits_it_better(solver):
    def distance(scale):
        sampled = solve_conditional(
            solver, PAIR.denoiser, START, NOISE, schedule=SCHEDULE, index=0, clean=CLEAN, scale=scale, steps=25
        )
        return float((sampled[1] - 0.8 * CLEAN).square().mean())

    assert distance(15) < 0.75 * distance(0)


def test_as_published_the_given_modality_is_what_the_network_made_of_it():
    sampled = solve_conditional(
        "ddpm",
        PAIR.denoiser,
        START,
        NOISE,
        schedule=SCHEDULE,
        index=0,
        clean=CLEAN,
        scale=0,
        as_published=True,
        steps=10,
    )
    assert not torch.equal(sampled[0], CLEAN)
    torch.testing.assert_close(sampled[0], CLEAN, atol=0.1, rtol=0)


@pytest.mark.parametrize(
    ("solver", "settings", "message"),
    [
        ("euler", {}, "no solver 'euler'; there are dpm, dpm\\+\\+, sde-dpm\\+\\+, dpm\\+\\+-adaptive, ddim, ddpm"),
        ("dpm", {"scale": 3.0}, "gradient guidance runs with ddpm and ddim, not dpm; replacement"),
        ("ddim", {"as_published": True}, "as published runs with the solver ddpm, not ddim"),
        ("ddim", {"steps": 0}, "from 1 up"),
        ("ddpm", {"steps": 1001}, "wants 1001 steps of a section that has 1000"),
    ],
)
def test_what_a_solver_does_not_offer_is_refused(solver, settings, message):
    with pytest.raises(UsageError, match=message):
        solve_conditional(solver, PAIR.denoiser, START, NOISE, schedule=SCHEDULE, index=0, clean=CLEAN, **settings)
