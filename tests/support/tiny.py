"""Small stand-ins that make evaluation quick to test: two extractors without weights, and movies with sound."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from avbench.features.extractor import EXTRACTORS, Compute, Extractor, Forward, Switches
from avbench.media.encode import encode_mp4, write_movie

TINY = "tiny_video,tiny_audio"


class TinyVideo(Extractor):
    """Mean colour and its change over time."""

    name, version, modality, dimensions = "tiny_video", "1", "video", 6

    def load(self, checkpoint: Path, compute: Compute, switches: Switches) -> Forward:
        def forward(video_BCTHW: Tensor) -> Tensor:
            colour_BCT = video_BCTHW.mean(dim=(3, 4))
            return torch.cat([colour_BCT.mean(-1), colour_BCT.diff(dim=-1).abs().mean(-1)], dim=1)

        return forward


class TinyAudio(Extractor):
    """Loudness in four quarters of the window. Under `batch_statistics`, less the mean of its batch."""

    name, version, modality, dimensions, sample_rate = "tiny_audio", "1", "audio", 4, 44_100

    def load(self, checkpoint: Path, compute: Compute, switches: Switches) -> Forward:
        def forward(audio_BCS: Tensor) -> Tensor:
            loudness = audio_BCS.reshape(len(audio_BCS), 4, -1).square().mean(-1).sqrt()
            return loudness - loudness.mean(0) if switches.batch_statistics else loudness

        return forward

    def sees_the_batch(self, switches: Switches) -> bool:
        return switches.batch_statistics


def register_tiny_extractors() -> None:
    """Makes `--features tiny_video,tiny_audio` known."""
    for extractor in (TinyVideo(), TinyAudio()):
        if extractor.name not in EXTRACTORS:
            EXTRACTORS.register(extractor.name)(extractor)


def make_movies(
    folder: Path, count: int, *, seed: int = 0, seconds: float = 1.6, fps: int = 10, size: int = 64, sound: bool = True
) -> Path:
    """`count` movies of flickering colour and noise, each of its own colour and loudness."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    for index in range(count):
        colour, loudness = rng.uniform(40, 200, 3), rng.uniform(0.05, 0.5)
        flicker = rng.normal(0, 15, (round(seconds * fps), 1, 1, 3))
        frames = np.clip(colour + flicker + np.zeros((1, size, size, 1)), 0, 255).astype(np.uint8)
        audio = (loudness * rng.uniform(-1, 1, (2, round(seconds * 44_100)))).astype(np.float32)
        path = folder / f"clip{index:03d}.mp4"
        if sound:
            write_movie(path, list(frames), Fraction(fps), audio, 44_100)
        else:
            path.write_bytes(encode_mp4(list(frames), Fraction(fps)))
    return folder
