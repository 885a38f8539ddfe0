"""What samples are made to fit: by default, the sound (or the pictures) of windows of a clip set."""

import dataclasses
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, Protocol

import torch
from torch import Tensor

from avbench.clip import ClipSpec
from avbench.clipset import open_clipset
from avbench.errors import DataError, UsageError
from avbench.protocol import AVBENCH
from avbench.seeds import stream
from avbench.windows import Window, WindowReader, candidates
from models.model import Condition, Modality
from models.sampling.settings import ConditionSettings, FirstStageSettings


class ConditionSource(Protocol):
    """Where the condition of a sample comes from; it depends on the sample's number alone."""

    @property
    def settings(self) -> ConditionSettings | FirstStageSettings:
        """What decides it besides the number."""
        ...

    def of(self, samples: Sequence[int], device: torch.device, *, as_published: bool) -> Condition:
        """What samples of these numbers are to fit, in the paper's way or in that of the released scripts."""
        ...

    def meta(self, sample: int) -> dict[str, Any]:
        """What a sample's `meta` tells of its condition."""
        ...


class Conditions:
    """Windows of a clip set, one for every `per_condition` samples in a row.

    They are drawn without overlap or repetition, from all clips, in an order that only the seed decides; where samples
    outnumber them, the order begins anew. A window is brought to `spec` as training does it.

    Args:
        modality: the given one.
        split: of the clip set; a set with one split is read whole.
        scale: of the gradient.

    Raises:
        UsageError: there is no such split.
        DataError: no clip has the modality and is long enough.
    """

    def __init__(
        self,
        path: Path,
        modality: Modality,
        spec: ClipSpec,
        *,
        split: str,
        seed: int,
        guidance: Literal["replace", "gradient"] = "replace",
        scale: float = 0.0,
        per_condition: int = 1,
    ) -> None:
        clipset = open_clipset(path)
        split = _existing(split, sorted({record.split for record in clipset.records}), path)
        # The clean protocol's windows and reading, in the shape of `spec`.
        protocol = dataclasses.replace(AVBENCH, frames=spec.frames, fps=spec.fps, size=spec.size, split=split)
        windows = [
            window
            for window in candidates(clipset, protocol)
            if (record := clipset.records[window.clip])
            and (record.has_audio if modality == "audio" else record.has_video)
        ]
        if not windows:
            what = "sound" if modality == "audio" else "pictures"
            raise DataError(f"{path}: no clip has {what} for {float(spec.seconds):g} s, as the network wants them")
        self._modality = modality
        self._spec = spec
        self._records = clipset.records
        self._reader = WindowReader(clipset, protocol)
        self._windows: list[Window] = [windows[k] for k in stream(seed, "conditions").permutation(len(windows))]
        self.settings = ConditionSettings(
            modality=modality,
            clipset=clipset.name,
            fingerprint=clipset.fingerprint,
            split=split,
            guidance=guidance,
            scale=scale,
            per_condition=per_condition,
        )

    def of(self, samples: Sequence[int], device: torch.device, *, as_published: bool) -> Condition:
        """What samples of these numbers are to fit, in the paper's way or in that of the released scripts."""
        values = [self._value(self._window(sample)) for sample in samples]
        return Condition(
            modality=self._modality,
            value=torch.stack(values).to(device),
            guidance=self.settings.guidance,
            scale=self.settings.scale,
            as_published=as_published,
        )

    def meta(self, sample: int) -> dict[str, Any]:
        """Which clip a sample was made to fit, and where in it the window starts, in seconds."""
        window = self._window(sample)
        start: Fraction = window.start
        return {"condition_key": self._records[window.clip].key, "condition_start": float(start)}

    def _window(self, sample: int) -> Window:
        return self._windows[sample // self.settings.per_condition % len(self._windows)]

    def _value(self, window: Window) -> Tensor:
        if self._modality == "audio":
            return self._reader.audio(window, self._spec.sample_rate)
        # 8-bit levels, as in training: the file then holds exactly what the network was given.
        return (self._reader.video(window) * 255).round() / 127.5 - 1


def _existing(split: str, splits: Sequence[str], path: Path) -> str:
    if len(splits) == 1:
        return splits[0]
    if split not in splits:
        raise UsageError(f'{path}: there is no split "{split}", only {", ".join(splits)}; choose one with --split')
    return split
