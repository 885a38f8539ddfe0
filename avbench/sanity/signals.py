"""Motion and onsets as networks without weights, so that alignment is extracted and cached as features are."""

from pathlib import Path
from typing import ClassVar, Literal

from torch import Tensor

from avbench.features.extractor import Compute, Extractor, Forward, Switches
from avbench.metrics import alignment

SIGNALS = frozenset({"motion", "onsets"})


class Motion(Extractor):
    """Rows (T - 1) of `alignment.motion`."""

    name = "motion"
    version = "1"
    modality: ClassVar[Literal["video", "audio"]] = "video"
    weights = ""
    dimensions = 0  # as many as the protocol has frames, less one

    def load(self, checkpoint: Path, compute: Compute, switches: Switches) -> Forward:
        return alignment.motion


class Onsets(Extractor):
    """Rows (T - 1) of `alignment.onsets`, for windows of `frames` frames."""

    name = "onsets"
    version = "1"
    modality: ClassVar[Literal["video", "audio"]] = "audio"
    weights = ""
    dimensions = 0
    sample_rate = 16_000

    def __init__(self, frames: int) -> None:
        self._frames = frames

    def load(self, checkpoint: Path, compute: Compute, switches: Switches) -> Forward:
        def forward(sound: Tensor) -> Tensor:
            return alignment.onsets(sound, self.sample_rate, self._frames)

        return forward

    def identity(self, switches: Switches) -> str:
        return f"{super().identity(switches)} frames={self._frames}"
