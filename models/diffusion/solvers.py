"""The solvers by name, with and without a condition."""

from typing import Literal, get_args

from torch import Tensor

from avbench.errors import UsageError
from models.diffusion.conditioning import Given, replacing, sample_guided
from models.diffusion.conditioning_published import sample_conditional_as_published
from models.diffusion.ddim import ddim_process, sample_ddim
from models.diffusion.ddpm import ddpm_process, sample_ddpm
from models.diffusion.dpm_solver import sample_dpm_solver
from models.diffusion.dpm_solver_adaptive import sample_dpm_solver_adaptive
from models.diffusion.dpm_solver_pp import sample_dpm_solver_pp
from models.diffusion.reverse import ReverseProcess
from models.diffusion.schedule import Schedule
from models.diffusion.sde_dpm_solver_pp import sample_sde_dpm_solver_pp
from models.diffusion.state import Denoiser, NoiseSource, OnStep, State

Solver = Literal["dpm", "dpm++", "sde-dpm++", "dpm++-adaptive", "ddim", "ddpm"]
SOLVERS: tuple[Solver, ...] = get_args(Solver)

DEFAULT_STEPS: dict[str, int] = {"dpm": 20, "dpm++": 20, "sde-dpm++": 50, "ddim": 25, "ddpm": 1000}
"""Evaluations of the denoiser. "dpm++-adaptive" is not here: it takes as many as it needs."""


def solve(
    solver: str,
    denoiser: Denoiser,
    initial: State,
    noise: NoiseSource,
    *,
    schedule: Schedule,
    steps: int | None = None,
    on_step: OnStep | None = None,
) -> State:
    """Samples by the solver of that name.

    Args:
        solver: "dpm" (DPM-Solver of order 3, with 20 steps the published run), "dpm++" (DPM-Solver++, multistep of
            order 2), "sde-dpm++" (the same with new noise at each step), "dpm++-adaptive", "ddim" (eta 0) or "ddpm".
        initial: standard normal noise.
        noise: for "ddpm" and "sde-dpm++", which alone use it.
        schedule: the full one.
        steps: evaluations of the denoiser; None: `DEFAULT_STEPS`. "dpm++-adaptive" takes no notice of it.

    Raises:
        UsageError: no such solver, or it cannot take that number of steps.
    """
    steps = _steps(solver, steps)
    match solver:
        case "dpm":
            return sample_dpm_solver(denoiser, initial, schedule, evaluations=steps, on_step=on_step)
        case "dpm++":
            return sample_dpm_solver_pp(denoiser, initial, schedule, evaluations=steps, on_step=on_step)
        case "sde-dpm++":
            return sample_sde_dpm_solver_pp(denoiser, initial, noise, schedule, evaluations=steps, on_step=on_step)
        case "dpm++-adaptive":
            return sample_dpm_solver_adaptive(denoiser, initial, schedule, on_step=on_step)
        case "ddim":
            return sample_ddim(denoiser, initial, _ddim_spaced(schedule, steps), on_step=on_step)
        case _:
            return sample_ddpm(denoiser, initial, noise, _ddpm_spaced(schedule, steps), on_step=on_step)


def solve_conditional(
    solver: str,
    denoiser: Denoiser,
    initial: State,
    noise: NoiseSource,
    *,
    schedule: Schedule,
    index: int,
    clean: Tensor,
    scale: float = 0.0,
    as_published: bool = False,
    steps: int | None = None,
    on_step: OnStep | None = None,
) -> State:
    """Samples that fit one given modality, by a network trained on all of them.

    Args:
        solver: any with replacement; "ddpm" or "ddim" with gradient guidance; "ddpm" for the published variant.
        initial: standard normal noise of the whole state. That of the given modality is what it is held with.
        noise: of the whole state.
        index: place of the given modality in the state.
        clean: its value, (B, ...), in [-1, 1].
        scale: 0: replacement; above: of gradient guidance, see `sample_guided` for its convention.
        as_published: what the released scripts do, see `sample_conditional_as_published`; theirs is a scale of 3.

    Returns:
        The whole state, the given modality as it was given; with `as_published` as the scripts leave it.

    Raises:
        UsageError: no such solver, or it does not offer this.
    """
    steps = _steps(solver, steps)
    given = Given(index, clean, initial[index])
    generated = given.leave_out(initial)

    def generated_noise(k: int) -> State:
        return given.leave_out(noise(k))

    if as_published:
        if solver != "ddpm":
            raise UsageError(f"conditioning as published runs with the solver ddpm, not {solver}")
        spaced = _ddpm_spaced(schedule, steps)
        return sample_conditional_as_published(denoiser, generated, noise, spaced, given, scale=scale, on_step=on_step)
    if scale == 0:
        held = replacing(denoiser, given, schedule)
        sampled = solve(solver, held, generated, generated_noise, schedule=schedule, steps=steps, on_step=on_step)
    else:
        process = _guidable_process(solver, schedule, steps)
        sampled = sample_guided(denoiser, generated, generated_noise, process, given, scale=scale, on_step=on_step)
    return given.insert(clean, sampled)


def _steps(solver: str, steps: int | None) -> int:
    if solver not in SOLVERS:
        raise UsageError(f"there is no solver {solver!r}; there are {', '.join(SOLVERS)}")
    return DEFAULT_STEPS.get(solver, 0) if steps is None else steps


def _guidable_process(solver: str, schedule: Schedule, steps: int) -> ReverseProcess:
    match solver:
        case "ddpm":
            return ddpm_process(_ddpm_spaced(schedule, steps))
        case "ddim":
            return ddim_process(_ddim_spaced(schedule, steps))
        case _:
            raise UsageError(f"gradient guidance runs with ddpm and ddim, not {solver}; replacement runs with any")


def _ddpm_spaced(schedule: Schedule, steps: int) -> Schedule:
    return schedule.respaced(str(steps))


def _ddim_spaced(schedule: Schedule, steps: int) -> Schedule:
    """By a whole stride from step 0, as DDIM is usually run: 0, 40, ..., 960. Evenly, where there is no such stride."""
    try:
        return schedule.respaced(f"ddim{steps}")
    except UsageError:
        return schedule.respaced(str(steps))
