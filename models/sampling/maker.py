"""What makes samples: a run's network, perhaps an upsampler behind it, and all that decides sample i."""

import dataclasses
from collections.abc import Sequence

import torch
from torch import Tensor

from avbench.clip import Clip
from avbench.errors import UsageError
from models.config import SamplingConfig
from models.draws import Draws
from models.model import Modality, OnStep
from models.sampling.clips import check_files, to_clip
from models.sampling.conditions import ConditionSource
from models.sampling.network import SamplingNetwork
from models.sampling.sample_set import key_of
from models.sampling.settings import SampleSettings
from models.super_resolution.upscale import upscale


class SampleMaker:
    """Makes samples by number. Sample i depends on the seed and on i alone, up to rounding.

    Args:
        network: of the run.
        upsampler: a super-resolution run's, for a second, enlarged copy of every sample.
        conditions: what samples are made to fit.
        as_published: pixels and conditioning as the released scripts have them.

    Raises:
        UsageError: the network cannot do what is asked, or files could not hold the samples.
    """

    def __init__(
        self,
        network: SamplingNetwork,
        sampling: SamplingConfig,
        seed: int,
        *,
        conditions: ConditionSource | None = None,
        upsampler: SamplingNetwork | None = None,
        as_published: bool = False,
    ) -> None:
        self._network = network
        self._config = dataclasses.replace(network.config, sampling=sampling)
        self._conditions = conditions
        self._upsampler = upsampler
        self.modalities: tuple[Modality, ...] = network.model.modalities
        self.settings = SampleSettings(
            network=network.settings,
            spec=self._config.spec,
            sampling=sampling,
            seed=seed,
            as_published=as_published,
            condition=conditions.settings if conditions else None,
        )
        self._check_solver()
        self._check_condition()
        for settings in (self.settings, self.upscaled_settings):
            if settings is not None:
                check_files(self.modalities, settings.spec, as_published=as_published)

    @property
    def upscaled_settings(self) -> SampleSettings | None:
        """Those of the enlarged copies."""
        if self._upsampler is None:
            return None
        spec, shape = self.settings.spec, self._upsampler.config.network
        if self._upsampler.settings.model != "super-resolution":
            raise UsageError(f"{self._upsampler.settings.run} is no super-resolution run; it cannot enlarge samples")
        if "video" not in self.modalities:
            raise UsageError(f"{self.settings.network.run} makes no pictures; there is nothing to enlarge")
        return dataclasses.replace(
            self.settings,
            spec=dataclasses.replace(spec, size=spec.size * shape.enlargement),
            upsampler=self._upsampler.settings,
            upsampler_steps=self._upsampler.config.sampling.steps,
        )

    def make(self, numbers: Sequence[int], on_step: OnStep | None = None) -> list[list[Clip]]:
        """Samples of these numbers; with an upsampler, also their enlarged copies.

        Raises:
            DataError: one is not finite.
        """
        seed, device = self.settings.seed, self._network.device
        condition = None
        if self._conditions is not None:
            condition = self._conditions.of(numbers, device, as_published=self.settings.as_published)
        draws = Draws(seed, "sample", members=numbers, device=device)
        samples = self._network.model.generate(
            self._network.network, self._config, draws, condition=condition, on_step=on_step
        )
        if condition is not None and (condition.modality == "audio" or not self.settings.as_published):
            # The true sound goes into the movie. The released scripts put the network's own pictures to made sound.
            samples[condition.modality] = condition.value
        made = [self._clips(numbers, samples, self.settings)]
        if (upscaled := self.upscaled_settings) is not None:
            samples = {**samples, "video": self._enlarged(samples["video"], numbers, upscaled.spec.size)}
            made.append(self._clips(numbers, samples, upscaled))
        return made

    def _clips(self, numbers: Sequence[int], samples: dict[Modality, Tensor], settings: SampleSettings) -> list[Clip]:
        return [
            to_clip(
                {modality: tensor[place] for modality, tensor in samples.items()},
                settings.spec,
                key_of(number),
                as_published=settings.as_published,
            )
            for place, number in enumerate(numbers)
        ]

    def _enlarged(self, video: Tensor, numbers: Sequence[int], size: int) -> Tensor:
        """(B, 3, T, h, w), as it came from the network, unclipped -> (B, 3, T, size, size)."""
        assert self._upsampler is not None
        draws = Draws(self.settings.seed, "upscale", members=numbers, device=video.device)
        steps = self._upsampler.config.sampling.steps
        with torch.no_grad():
            return upscale(self._upsampler.network, video, draws.normal("noise", shape=(3, size, size)), steps=steps)

    def _check_solver(self) -> None:
        solver, known = self.settings.sampling.solver, self._network.model.solvers
        if solver not in known:
            raise UsageError(
                f"{self.settings.network.run} cannot be sampled by {solver}; {self.settings.network.model} knows "
                f"{', '.join(known)}"
            )

    def _check_condition(self) -> None:
        if self._conditions is None:
            return
        given = self._conditions.settings.modality
        known = self._network.model.conditions
        if given not in known:
            raise UsageError(
                f"{self.settings.network.run} makes {' and '.join(self.modalities)}, and can be given "
                f"{' or '.join(known) or 'nothing'}; it cannot be given {given}. Sample a run of mm-diffusion "
                "or, for pictures to sound, of tats-audio"
            )
