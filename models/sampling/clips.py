"""Samples as clips: from a network's tensors to pixels and sound, and to files."""

from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from avbench.clip import Clip, ClipSpec
from avbench.clipset.made import write_clip
from avbench.errors import DataError
from avbench.media.encode import check_even, check_sample_rate
from models.model import Modality

_PUBLISHED_CRF = 23
_PUBLISHED_PEAK = 0.99  # to which moviepy limits sound


def to_clip(sample: Mapping[Modality, Tensor], spec: ClipSpec, key: str, *, as_published: bool = False) -> Clip:
    """One sample as a clip.

    Args:
        sample: "video" (3, T, H, W) and "audio" (1, S), or one of them; nominally in [-1, 1].
        spec: gives the rates; the size is the sample's own.
        as_published: pixels are truncated and sound is limited to 0.99, on two channels, as the released scripts do;
            otherwise pixels are rounded and sound is clipped.

    Raises:
        DataError: the sample is not finite.
    """
    for modality, tensor in sample.items():
        if not bool(torch.isfinite(tensor).all()):
            raise DataError(
                f"{key}: its {modality} is not finite; the network's weights are damaged, or its training diverged"
            )
    video, audio = sample.get("video"), sample.get("audio")
    pixels = None if video is None else _pixels(video, truncate=as_published)
    sound = None
    if audio is not None:
        peak = _PUBLISHED_PEAK if as_published else 1.0
        sound = audio.clamp(-peak, peak).cpu().numpy().astype(np.float32)
        sound = np.repeat(sound, 2, axis=0) if as_published else sound
    return Clip(key=key, video=pixels, audio=sound, fps=spec.fps, sample_rate=spec.sample_rate)


def write_sample(folder: Path, clip: Clip, *, as_published: bool = False) -> Path:
    """Writes a sample: H.264 at crf 10 with FLAC; FLAC alone without pictures; as published, crf 23 with MP3."""
    if as_published:
        return write_clip(folder, clip, crf=_PUBLISHED_CRF, codec="mp3")
    return write_clip(folder, clip)


def file_name(key: str, modalities: Collection[Modality]) -> str:
    """What `write_sample` calls the file."""
    return f"{key}.mp4" if "video" in modalities else f"{key}.flac"


def check_files(modalities: Collection[Modality], spec: ClipSpec, *, as_published: bool) -> None:
    """Refuses what files could not hold, before anything is computed.

    Raises:
        UsageError: an odd size, or a sample rate that MP3 does not know.
    """
    if "video" in modalities:
        check_even(spec.size, spec.size)
    if {"video", "audio"} <= set(modalities) and as_published:
        check_sample_rate("mp3", spec.sample_rate)


def _pixels(video_CTHW: Tensor, *, truncate: bool) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """(3, T, H, W) in [-1, 1] -> (T, H, W, 3)."""
    levels = ((video_CTHW + 1) * 127.5).clamp(0, 255)
    levels = levels if truncate else levels.round()
    return levels.to(torch.uint8).permute(1, 2, 3, 0).contiguous().cpu().numpy()
