"""What all models that denoise clips share: one loss, and sampling by every solver, with or without a condition."""

import itertools
from abc import abstractmethod
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from accelerate.utils import extract_model_from_parallel
from torch import Tensor, nn

from avbench.clip import ClipSpec
from avbench.clipset import ClipSet
from models.clip_examples import ClipExamples
from models.config import RunConfig
from models.diffusion.objective import noise_losses
from models.diffusion.schedule import linear_schedule
from models.diffusion.solvers import solve, solve_conditional
from models.diffusion.state import Denoiser, State
from models.diffusion.timesteps import draw_timesteps
from models.draws import Draws
from models.model import Condition, Examples, Losses, Modality, Model, OnStep, Tensors

_SCHEDULE = linear_schedule(1000)

Shifts = Callable[[], np.random.Generator]
"""Called once per evaluation of the network: the generator of its random shifts, alike for all batches and ranks."""


class DiffusionModel(Model):
    """A model that predicts the noise in clips, under the linear schedule of 1000 steps."""

    @abstractmethod
    def denoiser(self, network: nn.Module, shifts: Shifts) -> Denoiser:
        """`network`, which may be wrapped, as a denoiser of states in the order of `modalities`."""

    def examples(self, clipset: ClipSet, config: RunConfig) -> Examples:
        return ClipExamples(
            clipset,
            config.spec,
            modalities=self.modalities,
            split=config.split,
            mirror=config.training.mirror,
            channel=config.training.channel,
        )

    def losses(self, network: nn.Module, batch: Tensors, draws: Draws, config: RunConfig) -> Losses:
        """Mean squared error of the noise in each modality, at one timestep for both; the loss is their sum."""
        clean: State = tuple(batch[modality] for modality in self.modalities)
        noise: State = tuple(
            draws.normal("noise", modality, shape=tensor.shape[1:])
            for modality, tensor in zip(self.modalities, clean, strict=True)
        )
        timesteps = draw_timesteps(draws, config.training.timesteps, _SCHEDULE)
        denoiser = self.denoiser(network, lambda: draws.shared("shift"))
        parts = noise_losses(denoiser, clean, noise, timesteps, _SCHEDULE)
        return Losses(dict(zip(self.modalities, parts, strict=True)), timesteps / len(_SCHEDULE))

    def generate(
        self,
        network: nn.Module,
        config: RunConfig,
        draws: Draws,
        *,
        condition: Condition | None = None,
        on_step: OnStep | None = None,
    ) -> dict[Modality, Tensor]:
        shapes = [sample_shape(modality, config.spec) for modality in self.modalities]

        def noise(name: str | int) -> State:
            return tuple(
                draws.normal("noise", name, modality, shape=shape)
                for modality, shape in zip(self.modalities, shapes, strict=True)
            )

        evaluations = itertools.count()
        denoiser = self.denoiser(network, lambda: draws.shared("shift", next(evaluations)))
        solver, steps = config.sampling.solver, config.sampling.steps
        initial = noise("initial")
        if condition is None:
            with torch.no_grad():
                state = solve(solver, denoiser, initial, noise, schedule=_SCHEDULE, steps=steps, on_step=on_step)
        else:
            state = self._fit(condition, denoiser, initial, noise, config, on_step)
        return dict(zip(self.modalities, state, strict=True))

    def _fit(
        self,
        condition: Condition,
        denoiser: Denoiser,
        initial: State,
        noise: Callable[[int], State],
        config: RunConfig,
        on_step: OnStep | None,
    ) -> State:
        gradient = condition.guidance == "gradient"
        with torch.set_grad_enabled(gradient):
            return solve_conditional(
                config.sampling.solver,
                denoiser,
                initial,
                noise,
                schedule=_SCHEDULE,
                index=self.modalities.index(condition.modality),
                clean=condition.value,
                scale=condition.scale if gradient else 0.0,
                as_published=condition.as_published,
                steps=config.sampling.steps,
                on_step=on_step,
            )

    @staticmethod
    def bare(network: nn.Module) -> Any:
        """The network inside its wrappers."""
        return extract_model_from_parallel(network, keep_torch_compile=False)


def sample_shape(modality: Modality, spec: ClipSpec) -> tuple[int, ...]:
    """(3, T, H, W) or (1, S): a sample of a modality without the batch."""
    return (3, spec.frames, spec.size, spec.size) if modality == "video" else (1, spec.samples)
