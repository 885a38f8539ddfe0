"""The embedded data set `synthetic` as a source: its clips go through the same codecs and shards as everybody's."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from avbench.clipset.timeline import Stretch
from avbench.errors import UsageError
from avbench.media.probe import AudioStream, MediaInfo, VideoStream
from pipelines.source import Harvest, Item, Recording, source
from pipelines.synthetic import SyntheticClip, render


@source("synthetic")
def synthetic(clips: int, *, seed: int = 0) -> Harvest:
    """The first `clips` clips of the data set that `seed` names, all for training.

    Raises:
        UsageError: fewer than one clip is asked for.
    """
    if clips < 1:
        raise UsageError(f"--clips is {clips}; a data set needs at least one")
    items = tuple(_item(index, seed) for index in range(clips))
    return Harvest(source="synthetic", origin=f"seed {seed}", items=items)


def _item(index: int, seed: int) -> "RenderedClip":
    key = f"synthetic-{seed}-{index:06d}"
    return RenderedClip(key=key, split="train", source=key, identity=key, index=index, seed=seed)


@dataclass(frozen=True, kw_only=True)
class RenderedClip(Item):
    """A clip that is made when it is opened."""

    index: int
    seed: int

    @contextlib.contextmanager
    def open(self) -> Iterator[Recording]:
        yield _RenderedRecording(render(self.index, self.seed))


class _RenderedRecording(Recording):
    def __init__(self, clip: SyntheticClip) -> None:
        frames, height, width, _ = clip.video.shape
        channels, samples = clip.audio.shape
        seconds = min(frames / clip.fps, Fraction(samples, clip.sample_rate))
        self.label = clip.label
        self.meta = clip.meta
        self.stretch = Stretch(Fraction(0), Fraction(0), seconds)
        self.info = MediaInfo(
            video=VideoStream(
                width=width,
                height=height,
                frames=frames,
                fps=clip.fps,
                start=Fraction(0),
                end=frames / clip.fps,
                times=tuple(k / clip.fps for k in range(frames)),
                vfr=False,
                rotation=0,
                codec="none",
                pix_fmt="rgb24",
            ),
            audio=AudioStream(
                sample_rate=clip.sample_rate,
                channels=channels,
                start=Fraction(0),
                end=Fraction(samples, clip.sample_rate),
                codec="none",
            ),
        )
        self._clip = clip

    def frames(self, times: Sequence[Fraction]) -> Iterator[NDArray[np.uint8]]:
        last = len(self._clip.video) - 1
        return (self._clip.video[min(int(time * self._clip.fps), last)] for time in times)

    def sound(self, start: Fraction, samples: int, sample_rate: int) -> NDArray[np.float32]:
        assert sample_rate == self._clip.sample_rate, "it is made at the rate that clips are stored at"
        out = np.zeros((len(self._clip.audio), samples), np.float32)
        begin = round(start * sample_rate)
        heard = self._clip.audio[:, begin : begin + samples]
        out[:, : heard.shape[1]] = heard
        return out
