"""The first of two stages: a run's sound, which the pictures of another one are made to fit."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from avbench.clip import ClipSpec
from avbench.errors import DataError, UsageError
from models.draws import Draws
from models.model import Condition
from models.sampling.network import SamplingNetwork
from models.sampling.settings import FirstStageSettings

_LEVELS = 2**15  # of 16-bit sound, to either side of silence


class FirstStage:
    """Sound for samples of the same numbers: as the first run's own samples have it, by its own solver.

    It is rounded as files round it, so that what pictures are made to fit is to the bit what a file holds.

    Args:
        network: of the first run, which makes sound alone.
        second: of the run that is given the sound.
        seed: of both stages.

    Raises:
        UsageError: the first run makes something else, or sound of another length or rate than the second one takes.
    """

    def __init__(self, network: SamplingNetwork, second: SamplingNetwork, seed: int) -> None:
        name, modalities = network.settings.run, network.model.modalities
        if modalities != ("audio",):
            raise UsageError(
                f"{name} makes {' and '.join(modalities)}; the first of two stages is a run that makes sound alone, "
                "as one of diffwave"
            )
        own, taken = network.config.spec, second.config.spec
        if (own.sample_rate, own.samples) != (taken.sample_rate, taken.samples):
            raise UsageError(
                f"{name} makes {_told(own)}, and {second.settings.run} takes {_told(taken)}; two stages work together "
                "when they were trained on clips of one length and sample rate"
            )
        self._network = network
        self._seed = seed
        self.settings = FirstStageSettings(network=network.settings, sampling=network.config.sampling)

    def of(self, samples: Sequence[int], device: torch.device, *, as_published: bool) -> Condition:
        """The sound of samples of these numbers.

        Raises:
            DataError: it is not finite.
        """
        draws = Draws(self._seed, "sample", members=samples, device=device)
        with torch.no_grad():
            audio = self._network.model.generate(self._network.network, self._network.config, draws)["audio"]
        if not bool(torch.isfinite(audio).all()):
            run = self.settings.network.run
            raise DataError(f"{run}: its sound is not finite; its weights are damaged, or its training diverged")
        value = _as_in_files(audio)
        return Condition(modality="audio", value=value, guidance="replace", scale=0.0, as_published=as_published)

    def meta(self, sample: int) -> dict[str, Any]:
        """Nothing: a sample's sound comes from nowhere else."""
        return {}


def _as_in_files(audio: Tensor) -> Tensor:
    """Sound in the levels that `avbench.media.encode.encode_flac` keeps."""
    return (audio * _LEVELS).round().clamp(-_LEVELS, _LEVELS - 1) / _LEVELS


def _told(spec: ClipSpec) -> str:
    return f"{float(spec.seconds):g} s of sound at {spec.sample_rate:,} Hz"
