"""Writing media: the same input gives the same bytes (for one build of the libraries), and frames pass through singly.

Encoders run with one thread, since x264's output depends on the count, and leave out dates and random numbers.
"""

import io
from collections.abc import Iterable, Iterator
from fractions import Fraction
from itertools import chain
from math import floor
from pathlib import Path
from typing import Any, Literal

import av
import numpy as np
from av.codec.context import Flags as CodecFlags
from av.container import Flags as ContainerFlags
from av.container import OutputContainer
from av.video.reformatter import ColorPrimaries, ColorRange, Colorspace, ColorTrc, VideoReformatter
from numpy.typing import NDArray

from avbench.errors import UsageError
from avbench.workspace import atomic_file

SoundCodec = Literal["aac", "flac", "mp3"]

_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}
_MP3_RATES = (8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000)  # Hz
_RATES = {"aac": (*_MP3_RATES, 64_000, 88_200, 96_000), "mp3": _MP3_RATES}  # FLAC takes any
_ENCODERS = {"aac": "aac", "flac": "flac", "mp3": "libmp3lame"}
_AAC_BIT_RATE = 96_000  # per second and channel
_CRF = 15


def encode_mp4(frames: Iterable[NDArray[np.uint8]], fps: Fraction, *, lossless: bool = False) -> bytes:
    """Pictures as H.264 in mp4 (yuv420p, BT.709, crf 15, a key frame each second, no B-frames).

    Frame k is on show from k / fps. Memory holds one frame and the encoded file.

    Args:
        frames: (H, W, 3) RGB, all of one size, H and W even.
        fps: frames per second.
        lossless: FFV1 in Matroska instead: RGB bit by bit, of any size, about five times as large.

    Raises:
        UsageError: no frames, sizes that differ, or an odd size, which H.264's halved colour planes cannot hold.
    """
    first, frames = _peek(frames)
    file = io.BytesIO()
    with av.open(file, "w", format="matroska" if lossless else "mp4") as container:
        stream = _add_ffv1(container, first, fps) if lossless else _add_h264(container, first, fps)
        for frame in _video_frames(frames, fps, stream):
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()


def encode_flac(audio: NDArray[np.float32], sample_rate: int) -> bytes:
    """(C, S) in [-1, 1] as 16-bit FLAC; what lies outside is clipped. Multiples of 1/32768 come back bit by bit.

    Raises:
        UsageError: no samples, or a number of channels other than 1, 2 or 6.
    """
    samples = _sixteen_bit(audio)
    file = io.BytesIO()
    with av.open(file, "w", format="flac") as container:
        stream = _add_audio(container, "flac", audio, sample_rate)
        for begin in range(0, audio.shape[1], sample_rate):
            container.mux(stream.encode(_audio_frame(samples, begin, begin + sample_rate, stream)))
        container.mux(stream.encode())
    return file.getvalue()


def write_movie(
    path: Path,
    frames: Iterable[NDArray[np.uint8]],
    fps: Fraction,
    audio: NDArray[np.float32] | None,
    sample_rate: int,
    *,
    crf: int = _CRF,
    codec: SoundCodec = "aac",
) -> None:
    """Pictures and sound that start together, as one mp4 (H.264 as in `encode_mp4`) that any player opens.

    Args:
        path: written whole or not at all.
        frames: (H, W, 3) RGB, all of one size, H and W even.
        audio: (C, S) in [-1, 1]; None for a movie without sound.
        sample_rate: Hz.
        crf: how much x264 may lose: 0 nothing, 51 all.
        codec: of the sound. FLAC keeps it to 16 bits, as `encode_flac`; AAC and MP3 lose some, and LAME's MP3
            is 5 % quieter.

    Raises:
        UsageError: as `encode_mp4` and `encode_flac`, or a sample rate that `codec` does not know.
        MachineError: `path` cannot be written.
    """
    first, frames = _peek(frames)
    if audio is not None:
        check_sample_rate(codec, sample_rate)
    with atomic_file(path) as temporary, av.open(str(temporary), "w", format="mp4") as container:
        video = _add_h264(container, first, fps, crf)
        sound = None if audio is None else _Soundtrack(container, codec, audio, sample_rate)
        for number, frame in enumerate(_video_frames(frames, fps, video), start=1):
            container.mux(video.encode(frame))
            if sound is not None:
                # In step with the pictures, or the muxer would hold back one of the two streams in memory.
                sound.write(until=floor(number * sample_rate / fps))
        if sound is not None:
            sound.write()
        container.mux(video.encode())
        if sound is not None:
            sound.flush()


def check_even(height: int, width: int) -> None:
    """Refuses a size that H.264 in yuv420p cannot hold.

    Raises:
        UsageError: it is odd.
    """
    if height % 2 or width % 2:
        raise UsageError(
            f"H.264 in yuv420p needs an even width and height, the frames have {width}x{height}; "
            "crop or scale them to even sizes, or encode with lossless=True"
        )


def check_sample_rate(codec: SoundCodec, sample_rate: int) -> None:
    """Refuses a rate that a codec does not know.

    Raises:
        UsageError: it does not.
    """
    if sample_rate not in _RATES.get(codec, (sample_rate,)):
        raise UsageError(
            f"{codec.upper()} has no sample rate of {sample_rate:,} Hz; resample to 16,000, 44,100 or 48,000"
        )


class _Soundtrack:
    """A movie's sound, encoded piece by piece beside its pictures."""

    def __init__(
        self, container: OutputContainer, codec: SoundCodec, audio: NDArray[np.float32], sample_rate: int
    ) -> None:
        self._container = container
        self._stream = _add_audio(container, _ENCODERS[codec], audio, sample_rate)
        self._audio: NDArray[Any] = audio if self._stream.format.is_planar else _sixteen_bit(audio)
        self._written = 0  # samples

    def write(self, until: int | None = None) -> None:
        """Encode up to sample `until`, or all."""
        length = self._audio.shape[1]
        until = length if until is None else min(until, length)
        if until > self._written:
            self._container.mux(self._stream.encode(_audio_frame(self._audio, self._written, until, self._stream)))
            self._written = until

    def flush(self) -> None:
        self._container.mux(self._stream.encode())


def _peek(frames: Iterable[NDArray[np.uint8]]) -> tuple[NDArray[np.uint8], Iterator[NDArray[np.uint8]]]:
    """The first frame, and all of them."""
    iterator = iter(frames)
    first = next(iterator, None)
    if first is None:
        raise UsageError("there are no frames to encode; a video needs at least one")
    return first, chain([first], iterator)


def _add_h264(container: OutputContainer, first: NDArray[np.uint8], fps: Fraction, crf: int = _CRF) -> Any:
    check_even(*first.shape[:2])
    # Without the macroblock tree: x264's reads memory that nobody wrote, so that now and then equal frames gave other
    # bytes. Files grow by a few per cent.
    options = {"crf": str(crf), "preset": "fast", "mbtree": "0"}
    stream = _add_video(container, "libx264", first, fps, pix_fmt="yuv420p", options=options)
    context = stream.codec_context
    context.gop_size = max(1, round(fps))
    context.max_b_frames = 0
    context.colorspace = Colorspace.ITU709
    context.color_range = ColorRange.MPEG
    context.color_primaries = ColorPrimaries.BT709
    context.color_trc = ColorTrc.BT709
    return stream


def _add_ffv1(container: OutputContainer, first: NDArray[np.uint8], fps: Fraction) -> Any:
    stream = _add_video(container, "ffv1", first, fps, pix_fmt="bgr0", options={"level": "3"})
    stream.codec_context.gop_size = 1
    return stream


def _add_video(
    container: OutputContainer,
    codec: str,
    first: NDArray[np.uint8],
    fps: Fraction,
    *,
    pix_fmt: str,
    options: dict[str, str],
) -> Any:
    stream: Any = container.add_stream(codec, rate=fps, options=options)
    stream.height, stream.width = first.shape[:2]
    stream.pix_fmt = pix_fmt
    # Matroska counts in milliseconds; rounding k / fps down to them ourselves keeps frame k on show at k / fps.
    stream.codec_context.time_base = Fraction(1, 1000) if container.format.name == "matroska" else 1 / fps
    _make_reproducible(container, stream)
    return stream


def _add_audio(container: OutputContainer, codec: str, audio: NDArray[np.float32], sample_rate: int) -> Any:
    channels, samples = audio.shape
    if not samples or channels not in _LAYOUTS:
        raise UsageError(
            f"cannot encode sound of {channels} channels and {samples} samples; "
            f"at least one sample and {', '.join(map(str, _LAYOUTS))} channels are possible"
        )
    stream: Any = container.add_stream(codec, rate=sample_rate, layout=_LAYOUTS[channels])
    if codec == "aac":
        stream.codec_context.bit_rate = _AAC_BIT_RATE * channels
    if codec == "libmp3lame":
        stream.format = "fltp"
    _make_reproducible(container, stream)
    return stream


def _make_reproducible(container: Any, stream: Any) -> None:
    """No dates, no random numbers, no versions in the headers, and no threads."""
    container.flags |= ContainerFlags.bitexact.value
    stream.codec_context.flags |= CodecFlags.bitexact.value
    stream.codec_context.thread_count = 1


def _video_frames(frames: Iterable[NDArray[np.uint8]], fps: Fraction, stream: Any) -> Iterator[av.VideoFrame]:
    time_base = stream.codec_context.time_base
    reformatter = VideoReformatter()  # one for all: to set one up takes longer than to use it
    for number, array in enumerate(frames):
        if array.shape != (stream.height, stream.width, 3):
            raise UsageError(
                f"frame {number} has the shape {array.shape}, the first one {(stream.height, stream.width, 3)}; "
                "all frames of a video need one size"
            )
        frame = reformatter.reformat(
            av.VideoFrame.from_ndarray(np.ascontiguousarray(array), format="rgb24"),
            format=stream.pix_fmt,
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
            interpolation="BICUBIC",
            threads=1,
        )
        frame.pts = floor(number / fps / time_base)
        frame.time_base = time_base
        yield frame


def _sixteen_bit(audio: NDArray[np.float32]) -> NDArray[np.int16]:
    return np.asarray(np.clip(np.rint(audio * np.float32(32768)), -32768, 32767), np.int16)


def _audio_frame(audio: NDArray[Any], begin: int, end: int, stream: Any) -> av.AudioFrame:
    """Samples [begin, end) of (C, S), as the encoder wants them: float per channel, or int16 interleaved."""
    block = np.ascontiguousarray(audio[:, begin:end])
    if stream.format.is_planar:
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout=stream.layout.name)
    else:
        frame = av.AudioFrame.from_ndarray(block.T.reshape(1, -1), format="s16", layout=stream.layout.name)
    frame.sample_rate = stream.rate
    frame.pts = begin
    frame.time_base = Fraction(1, stream.rate)
    return frame
