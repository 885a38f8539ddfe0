"""Sound by time: a window of a track, to the sample, at any rate; and the way the published evaluation reads it."""

import contextlib
from collections.abc import Iterator
from fractions import Fraction
from itertools import chain
from math import ceil, floor, gcd
from typing import Any, Literal

import av
import numpy as np
import torch
import torchaudio
from av.audio.frame import AudioFrame
from av.container import InputContainer
from numpy.typing import NDArray

from avbench.media.container import Source, damage, decode, open_source, packets, pick_stream, time_of
from avbench.media.probe import AudioStream

# The one resampling kernel: torchaudio's "kaiser best", 64 zero crossings to each side.
_ZERO_CROSSINGS = 64
_ROLLOFF = 0.9475937167399596
_BETA = 14.769656459379492

_PUBLISHED_RATE = 44_100  # Hz; the rate of the published evaluation
_GAP = Fraction(5, 1000)  # seconds; time stamps off by more mean that sound is missing, not that they are rounded
# AAC's noise substitution depends on all that was decoded before, so lossy sound is decoded from its start, which
# takes 2 ms per second; only beyond this many seconds do we seek, and then warm the decoder up for a second.
_SEEK_LOSSY_BEYOND = 300
_WARM_UP = 1  # seconds


def read_audio(
    source: Source, info: AudioStream, start: Fraction, samples: int, sample_rate: int
) -> NDArray[np.float32]:
    """A window of the sound track, with its own channels.

    The output's samples lie on the grid of the whole resampled track, whose sample 0 is at `info.start`; the window
    begins at the one nearest to `start`. A window equals the same stretch of the whole resampled track (lossy tracks
    more than 5 minutes in: but for the codec's own noise). Memory grows with the window, not with the track.

    Args:
        source: the file that `probe` described as `info`.
        start: seconds on the container's clock; may lie outside the track.
        samples: length of the window at `sample_rate`.
        sample_rate: Hz. The track's own rate gives its samples bit by bit; any other is resampled by
            `torchaudio.functional.resample` with a Kaiser window.

    Returns:
        (C, samples) in [-1, 1]; zeros outside the track.

    Raises:
        DataError: the track is damaged there; the message says where.
    """
    first = floor((start - info.start) * sample_rate + Fraction(1, 2))
    if sample_rate == info.sample_rate:
        return _read_native(source, info, first, samples).clip(-1, 1)
    return _read_resampled(source, info, first, samples, sample_rate).clip(-1, 1)


def read_audio_ffmpeg(source: Source, info: AudioStream, first: int, samples: int) -> NDArray[np.float32]:
    """What `ffmpeg -ar 44100 -ac 2 -f s16le` writes: how the published evaluation hears a file.

    Time stamps are ignored. Mono comes out on both channels at 1/sqrt(2) of its level, as swresample mixes it.

    Args:
        source: the file that `probe` described as `info`.
        first: index at 44,100 Hz, counted from the first decoded sample.
        samples: length of the window at 44,100 Hz.

    Returns:
        (2, samples) multiples of 1/32768 in [-1, 1]; zeros past the end.

    Raises:
        DataError: the track is damaged before the window's end; the message says where.
    """
    out = np.zeros((2, samples), np.float32)
    resampler = av.AudioResampler(format="s16", layout="stereo", rate=_PUBLISHED_RATE)
    position = 0
    with open_source(source) as container:
        # The resampler remembers what went before, so equality with ffmpeg needs the track from its start.
        for frame in chain(_frames(source, info, container), [None]):
            for block in resampler.resample(frame):
                _paste(out, _to_float(block), position - first)
                position += block.samples
            if position >= first + samples:
                break
    return out


def mix_down(audio: NDArray[np.float32], channel: Literal["left", "mix"]) -> NDArray[np.float32]:
    """(C, S) -> (1, S): the first channel, or all of them mixed.

    Stereo and most layouts are averaged. 5.1 (L, R, C, LFE, Ls, Rs) is the average of the usual stereo downmix
    (ITU-R BS.775: centre and surrounds at 1/sqrt(2), no LFE), scaled to peak 1 where it would clip.
    """
    if channel == "left":
        return audio[:1]
    if len(audio) != 6:
        return np.asarray(audio.mean(axis=0, keepdims=True))
    side = 0.5**0.5
    weights = np.array([[0.5, 0.5, side, 0, side / 2, side / 2]], np.float32)
    mono = weights @ audio
    return np.asarray(mono / max(np.float32(1), np.abs(mono).max(initial=0)))


def _read_resampled(
    source: Source, info: AudioStream, first: int, samples: int, sample_rate: int
) -> NDArray[np.float32]:
    """The stretch [first, first + samples) of the whole track resampled to `sample_rate`.

    `resample` works in blocks of `old` samples in and `new` out (the rates in lowest terms), so that cutting at blocks,
    with more than the kernel's half width around, leaves every output sample the same neighbours as in the whole.
    """
    old, new = (rate // gcd(info.sample_rate, sample_rate) for rate in (info.sample_rate, sample_rate))
    margin = ceil(ceil(_ZERO_CROSSINGS * old / (min(old, new) * _ROLLOFF)) / old)  # blocks
    begin, end = first // new - margin, ceil(Fraction(first + samples, new)) + margin
    native = _read_native(source, info, begin * old, (end - begin) * old)
    resampled = torchaudio.functional.resample(
        torch.from_numpy(native),
        old,
        new,
        lowpass_filter_width=_ZERO_CROSSINGS,
        rolloff=_ROLLOFF,
        resampling_method="sinc_interp_kaiser",
        beta=_BETA,
    ).numpy()
    out = np.zeros((len(native), samples), np.float32)
    # The kernel rings for a few samples around the track; the track itself is what counts.
    before, after = max(0, -begin * new), ceil(Fraction(_length(info) * new, old)) - begin * new
    _paste(out, resampled[:, before : max(before, after)], begin * new + before - first)
    return out


def _read_native(source: Source, info: AudioStream, first: int, samples: int) -> NDArray[np.float32]:
    """(C, samples) of the track itself, from its sample `first` on; zeros outside."""
    out = np.zeros((info.channels, samples), np.float32)
    end = min(first + samples, _length(info))
    if end <= 0 or first >= end:
        return out
    with _opened_near(source, info, first) as container:
        expected: int | None = None
        for frame in _frames(source, info, container):
            time = time_of(frame)
            stamped = expected if time is None else floor((time - info.start) * info.sample_rate + Fraction(1, 2))
            # Time stamps may be rounded (Matroska: to 1 ms), samples are not: count, unless sound is missing.
            if expected is None or stamped is None or abs(stamped - expected) > _GAP * info.sample_rate:
                expected = stamped or 0
            _paste(out, _to_float(frame)[:, : max(0, _length(info) - expected)], expected - first)
            expected += frame.samples
            if expected >= end:
                break
    return out


def _length(info: AudioStream) -> int:
    """Samples of the track; what the decoder gives beyond is padding."""
    return round((info.end - info.start) * info.sample_rate)


@contextlib.contextmanager
def _opened_near(source: Source, info: AudioStream, first: int) -> Iterator[InputContainer]:
    """The source, to be decoded from shortly before sample `first`, or from its start."""
    with open_source(source) as container:
        try:
            _approach(container, info, first)
        except av.FFmpegError:
            pass  # FLAC of a single block cannot always be searched
        else:
            yield container
            return
    with open_source(source) as container:  # anew: after a search that failed, the first one is at its end
        yield container


def _approach(container: InputContainer, info: AudioStream, first: int) -> None:
    """Seek to shortly before sample `first` where that is exact and pays; else stay at the start."""
    stream = pick_stream(container, "audio")
    if stream.time_base * info.sample_rate > 1:  # rounded time stamps cannot tell which sample a seek landed on
        return
    lossless = stream.codec_context.codec.lossless and not stream.codec_context.codec.lossy
    seconds = Fraction(first, info.sample_rate)
    if seconds > (_WARM_UP if lossless else _SEEK_LOSSY_BEYOND):
        goal = info.start + seconds - (0 if lossless else _WARM_UP)
        container.seek(floor(goal / stream.time_base), stream=stream)


def _frames(source: Source, info: AudioStream, container: InputContainer) -> Iterator[AudioFrame]:
    stream = pick_stream(container, "audio")
    stream.codec_context.thread_count = 1
    for packet in packets(source, container, stream):
        for frame in decode(source, packet):
            if (frame.sample_rate, frame.layout.nb_channels) != (info.sample_rate, info.channels):
                raise damage(source, time_of(frame), "its sound changes sample rate or channels")
            yield frame


def _to_float(frame: AudioFrame) -> NDArray[np.float32]:
    """(C, n) float32 with full scale 1, from any sample format."""
    samples: Any = frame.to_ndarray()
    if not frame.format.is_planar:
        samples = samples.reshape(-1, frame.layout.nb_channels).T
    if samples.dtype == np.uint8:
        return np.asarray((samples.astype(np.float32) - 128) / 128)
    scale = 1.0 if samples.dtype.kind == "f" else -float(np.iinfo(samples.dtype).min)
    return np.asarray(samples / scale, np.float32)


def _paste(out: NDArray[np.float32], block: NDArray[np.float32], at: int) -> None:
    """Copy that part of `block`, placed at sample `at` of `out`, which falls inside `out`."""
    begin, end = max(0, at), min(out.shape[1], at + block.shape[1])
    if begin < end:
        out[:, begin:end] = block[:, begin - at : end - at]
