"""Training examples from a clip set: windows of clips, from random places, as tensors."""

import logging
from collections.abc import Sequence
from fractions import Fraction
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from avbench.clip import ClipSpec
from avbench.clipset import ClipRecord, ClipSet
from avbench.errors import DataError
from avbench.media.audio import mix_down
from avbench.media.resize import fit
from models.model import Modality

logger = logging.getLogger(__name__)

SMALL_SIDE = 64  # pixels of the frames that `avbench prepare --v64` stores


class ClipExamples:
    """Windows of the clips of one split; a set with one split is read whole, whatever it is called.

    A window starts at a random multiple of 1 / fps. Its frames are letterboxed with an antialiased bicubic filter, as
    the released training does but for the antialiasing. Where the set has small frames (`prepare --v64`) and `spec`
    asks for no larger ones, they are read in the place of the stored video: an example then takes a fifth of the time.
    Its pictures lack the video's compression (45 dB on the synthetic data); below 64 pixels they are scaled a second
    time, which moves them less than that (54 dB and more).

    Args:
        spec: the shape of an example.
        modalities: what an example is made of; clips that lack one of them are passed over.
        mirror: turn pictures left to right never, always, or every other time.
        channel: what is heard of sound with several channels: the first, as in the released training, or their mean.

    Raises:
        DataError: no clip is long enough and has what is trained on, or there is no such split.
    """

    def __init__(
        self,
        clipset: ClipSet,
        spec: ClipSpec,
        *,
        modalities: Sequence[Modality],
        split: str = "train",
        mirror: Literal["none", "always", "random"] = "none",
        channel: Literal["left", "mix"] = "mix",
    ) -> None:
        self._clipset = clipset
        self._spec = spec
        self._modalities = tuple(modalities)
        self._mirror = mirror
        self._channel: Literal["left", "mix"] = channel
        self._clips = self._usable(split)

    def __len__(self) -> int:
        return len(self._clips)

    def read(self, index: int, generator: np.random.Generator) -> dict[str, Tensor]:
        """A window of usable clip `index`.

        Returns:
            "video": (3, T, H, W), "audio": (1, S), those that were asked for; float32 in [-1, 1].

        Raises:
            DataError: the clip cannot be decoded.
        """
        clip = self._clips[index]
        start = self._start(self._clipset.records[clip], generator)
        mirrored = self._mirror == "always" or (self._mirror == "random" and generator.random() < 0.5)
        example = {}
        small = self._small_window(clip, start) if "video" in self._modalities else None
        read = self._clipset.clip(
            clip,
            start,
            self._spec,
            video="video" in self._modalities and small is None,
            audio="audio" in self._modalities,
        )
        frames = read.video if small is None else small
        if frames is not None:
            video_CTHW = torch.from_numpy(frames).permute(3, 0, 1, 2).float() / 127.5 - 1
            example["video"] = (video_CTHW.flip(-1) if mirrored else video_CTHW).contiguous()
        if read.audio is not None:
            example["audio"] = torch.from_numpy(mix_down(read.audio, self._channel))
        return example

    def _start(self, record: ClipRecord, generator: np.random.Generator) -> Fraction:
        # A clip that was made to last one window may come out up to a frame short: encoders pad and trim.
        room = max(Fraction(0), record.duration - self._spec.seconds)
        return int(generator.integers(int(room * self._spec.fps) + 1)) / self._spec.fps

    def _small_window(self, clip: int, start: Fraction) -> NDArray[np.uint8] | None:
        """(T, H, W, 3) from the stored small frames; None where they do not serve."""
        stored = self._clipset.small_frames(clip) if self._spec.size <= SMALL_SIDE else None
        if stored is None:
            return None
        fps = self._clipset.records[clip].fps
        shown = [int((start + k / self._spec.fps) * fps) for k in range(self._spec.frames)]
        window = stored[np.minimum(shown, len(stored) - 1)]
        if self._spec.size == SMALL_SIDE:
            return window
        frames_TCHW = torch.from_numpy(window).permute(0, 3, 1, 2).float()
        fitted = fit(frames_TCHW, self._spec.size, how="letterbox", antialias=True).round().clamp(0, 255)
        array: NDArray[np.uint8] = fitted.to(torch.uint8).permute(0, 2, 3, 1).numpy()
        return array

    def _usable(self, split: str) -> list[int]:
        """The numbers of the clips that are long enough and have what is trained on."""
        records = self._clipset.records
        splits = sorted({record.split for record in records})
        if len(splits) > 1 and split not in splits:
            raise DataError(
                f'{self._clipset.path}: there is no split "{split}", only {", ".join(splits)}; '
                "choose one with --set split=NAME"
            )
        chosen = [index for index, record in enumerate(records) if len(splits) == 1 or record.split == split]
        lacking = {index: lack for index in chosen if (lack := self._lack(records[index]))}
        usable = [index for index in chosen if index not in lacking]
        counts = ", ".join(f"{list(lacking.values()).count(lack)} {lack}" for lack in sorted(set(lacking.values())))
        if not usable:
            where_to_go = "choose another data set"
            if any(lack.startswith("shorter") for lack in lacking.values()):
                longest = float(max(records[index].duration for index in chosen))
                where_to_go = (
                    f"the longest lasts {longest:.2f} s. Choose another data set, or a shape that it can fill with "
                    "--set spec.frames=N"
                )
            raise DataError(
                f"{self._clipset.path}: none of its {len(chosen)} clips can be trained on: {counts}; {where_to_go}"
            )
        if lacking:
            logger.warning(
                "%s: %d of %d clips are passed over: %s", self._clipset.path, len(lacking), len(chosen), counts
            )
        return usable

    def _lack(self, record: ClipRecord) -> str:
        """What keeps a clip from being trained on; "" if nothing."""
        if "video" in self._modalities and not record.has_video:
            return "without picture"
        if "audio" in self._modalities and not record.has_audio:
            return "without sound"
        if record.duration < self._spec.seconds - 1 / self._spec.fps:
            return f"shorter than {float(self._spec.seconds):g} s"
        return ""
