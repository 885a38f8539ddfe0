import io
import os
import platform
import subprocess
import sys
import tracemalloc
from fractions import Fraction

import av
import numpy as np
import pytest

from avbench.errors import MachineError, UsageError
from avbench.media.audio import read_audio
from avbench.media.encode import encode_flac, encode_mp4, write_movie
from avbench.media.probe import probe
from avbench.media.video import VideoReader

TEN = Fraction(10)
RATES = [TEN, Fraction(24), Fraction(30_000, 1001), Fraction(60)]


def decode(source, fps):
    """The pictures on show at 0, 1 / fps, 2 / fps ..."""
    video = probe(source).video
    with VideoReader(source, video) as reader:
        return np.stack(reader.frames_at([k / fps for k in range(video.frames)]))


def psnr(a, b):
    return 10 * np.log10(255**2 / max(np.mean((a.astype(float) - b) ** 2), 1e-9))


@pytest.fixture
def frames(clips):
    """Two seconds of a real clip at 10 fps."""
    video = probe(clips / "vgg_hd.mp4").video
    with VideoReader(clips / "vgg_hd.mp4", video) as reader:
        pictures = reader.frames_at([k / TEN for k in range(20)])
    return [picture[100:356, 200:584] for picture in pictures]


@pytest.fixture
def sound():
    rng = np.random.default_rng(0)
    return (rng.integers(-32768, 32768, (2, 32_000)) / 32768).astype(np.float32)


@pytest.mark.parametrize("lossless", [False, True])
def test_the_same_frames_give_the_same_bytes(lossless, frames):
    assert encode_mp4(frames, TEN, lossless=lossless) == encode_mp4(iter(frames), TEN, lossless=lossless)


def test_the_same_sound_gives_the_same_bytes(sound):
    assert encode_flac(sound, 16_000) == encode_flac(sound.copy(), 16_000)


def test_the_same_movie_gives_the_same_bytes(frames, sound, tmp_path):
    for name in ("a.mp4", "b.mp4"):
        write_movie(tmp_path / name, iter(frames), TEN, sound / 2, 16_000)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


_DIGESTS = """
import hashlib, pathlib
from fractions import Fraction
import numpy as np
from avbench.media.encode import encode_flac, encode_mp4, write_movie
rng = np.random.default_rng(0)
frames = list(rng.integers(0, 256, (20, 30, 40, 3), np.uint8).repeat(8, 1).repeat(8, 2))
sound = rng.uniform(-1, 1, (2, 32_000)).astype(np.float32)
write_movie(pathlib.Path("movie.mp4"), frames, Fraction(10), sound, 16_000)
encoded = [encode_mp4(frames, Fraction(10), lossless=lossless) for lossless in (False, True)]
encoded += [encode_flac(sound, 16_000), pathlib.Path("movie.mp4").read_bytes()]
print(*(hashlib.sha256(data).hexdigest() for data in encoded))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc fills memory on demand")
def test_what_memory_held_before_does_not_show_in_the_bytes(tmp_path):
    def digests(fill):
        # All memory from one heap, filled when it is given out: encoders that read what they never wrote show it.
        memory = {"MALLOC_PERTURB_": str(fill), "MALLOC_MMAP_THRESHOLD_": "1000000000"}
        command = [sys.executable, "-c", _DIGESTS]
        return subprocess.run(
            command, cwd=tmp_path, env=os.environ | memory, capture_output=True, text=True, check=True, timeout=200
        ).stdout.split()

    assert digests(0) == digests(1) == digests(170)


def test_h264_looks_like_what_went_in(frames):
    assert psnr(decode(encode_mp4(frames, TEN), TEN), np.stack(frames)) > 38


@pytest.mark.parametrize(
    "colour", [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 0), (90, 140, 200), (255, 255, 255), (0, 0, 0)]
)
def test_colours_do_not_shift(colour):
    plain = np.full((64, 96, 3), colour, np.uint8)
    # swscale's fast conversion to RGB truncates: up to two levels darker, as everywhere ffmpeg is used.
    assert np.abs(decode(encode_mp4([plain] * 3, TEN), TEN).astype(int) - plain).max() <= 3


@pytest.mark.parametrize("size", [(64, 96), (63, 97)])
def test_lossless_gives_every_pixel_back_even_at_odd_sizes(size):
    frames = [np.random.default_rng(k).integers(0, 256, (*size, 3), np.uint8) for k in range(5)]
    assert np.array_equal(decode(encode_mp4(frames, TEN, lossless=True), TEN), np.stack(frames))


@pytest.mark.parametrize("lossless", [False, True])
@pytest.mark.parametrize("fps", RATES)
def test_frame_k_is_on_show_from_k_over_fps(fps, lossless, numbered, number_of):
    file = encode_mp4((numbered(k) for k in range(90)), fps, lossless=lossless)
    video = probe(file).video
    assert (video.frames, video.fps, video.start, video.end) == (90, fps, 0, 90 / fps)
    assert [number_of(picture) for picture in decode(file, fps)] == list(range(90))


def test_h264_has_a_key_frame_each_second_no_b_frames_and_says_its_colours(frames):
    file = encode_mp4(frames, TEN)
    video = probe(file).video
    assert (video.codec, video.pix_fmt) == ("h264", "yuv420p")
    with av.open(io.BytesIO(file)) as container:
        context = container.streams.video[0].codec_context
        assert (context.colorspace, context.color_range, context.color_primaries, context.color_trc) == (1, 1, 1, 1)
        packets = [packet for packet in container.demux(video=0) if packet.size]
    assert {0, 10} <= {k for k, packet in enumerate(packets) if packet.is_keyframe}
    assert all(packet.pts == packet.dts for packet in packets)


def test_frames_pass_through_without_piling_up(frames):
    def endless():
        for k in range(300):
            yield np.roll(np.zeros((256, 384, 3), np.uint8), k, axis=1)

    tracemalloc.start()
    encode_mp4(endless(), TEN)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * 256 * 384 * 3


def test_flac_gives_every_sample_back(sound):
    file = encode_flac(sound, 44_100)
    audio = probe(file).audio
    assert (audio.sample_rate, audio.channels, audio.start, audio.codec) == (44_100, 2, 0, "flac")
    assert audio.end == Fraction(32_000, 44_100)
    assert np.array_equal(read_audio(file, audio, Fraction(0), 32_000, 44_100), sound)


def test_flac_clips_what_lies_beyond_full_scale():
    file = encode_flac(np.array([[2.0, -2.0] * 100], np.float32), 8_000)
    window = read_audio(file, probe(file).audio, Fraction(0), 200, 8_000)
    assert (window.max(), window.min()) == (32767 / 32768, -1)


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("rate", [16_000, 44_100])
def test_a_movie_holds_picture_and_sound_from_the_same_start(channels, rate, frames, tmp_path):
    time = np.arange(2 * rate) / rate
    tones = np.stack([np.sin(2 * np.pi * (200 + 100 * c) * time) / 2 for c in range(channels)]).astype(np.float32)
    write_movie(tmp_path / "movie.mp4", frames, TEN, tones, rate)
    info = probe(tmp_path / "movie.mp4")
    assert (info.video.frames, info.video.start, info.audio.start, info.audio.end) == (20, 0, 0, 2)
    assert info.audio.channels == channels
    window = read_audio(tmp_path / "movie.mp4", info.audio, Fraction(0), 2 * rate, rate)
    for channel in {0, 1, 2, 4, 5} & set(range(channels)):  # AAC keeps only the bass of channel 3
        heard, played = window[channel, 2_000:-2_000], tones[channel, 2_000:-2_000]
        assert np.corrcoef(heard, played)[0, 1] > 0.99


@pytest.mark.parametrize("rate", [4_000, 16_000, 44_100])
def test_a_movie_with_flac_gives_every_sample_back(rate, frames, sound, tmp_path):
    write_movie(tmp_path / "movie.mp4", frames, TEN, sound[:1], rate, codec="flac")
    info = probe(tmp_path / "movie.mp4")
    assert (info.audio.codec, info.audio.start, info.video.start) == ("flac", 0, 0)
    assert np.array_equal(read_audio(tmp_path / "movie.mp4", info.audio, Fraction(0), 32_000, rate), sound[:1])


def test_a_movie_with_mp3_starts_on_time(frames, tmp_path):
    tone = np.sin(2 * np.pi * 440 * np.arange(32_000) / 16_000)[None].repeat(2, 0).astype(np.float32) / 2
    write_movie(tmp_path / "movie.mp4", frames, TEN, tone, 16_000, codec="mp3")
    info = probe(tmp_path / "movie.mp4").audio
    assert (info.codec, info.channels, info.start) == ("mp3", 2, 0)
    heard = read_audio(tmp_path / "movie.mp4", info, Fraction(0), 32_000, 16_000)
    assert np.abs(heard - 0.95 * tone)[:, 2_000:-2_000].max() < 0.005  # LAME turns everything down by 5 %


def test_a_movie_loses_as_little_as_its_crf_says(frames, sound, tmp_path):
    def quality(crf):
        write_movie(tmp_path / f"{crf}.mp4", frames, TEN, sound, 16_000, crf=crf)
        return psnr(decode(tmp_path / f"{crf}.mp4", TEN), np.stack(frames))

    assert quality(10) > quality(15) + 1 > quality(23) + 3


def test_a_movie_may_be_silent(frames, tmp_path):
    write_movie(tmp_path / "movie.mp4", frames, TEN, None, 16_000)
    info = probe(tmp_path / "movie.mp4")
    assert (info.video.frames, info.audio) == (20, None)


def test_a_movie_keeps_sound_that_outlasts_the_pictures(frames, tmp_path):
    write_movie(tmp_path / "movie.mp4", frames, TEN, np.zeros((1, 48_000), np.float32), 16_000)
    assert probe(tmp_path / "movie.mp4").audio.end == 3


@pytest.mark.parametrize("size", [(63, 96), (64, 97)])
def test_an_odd_size_is_refused_with_advice(size):
    with pytest.raises(UsageError, match=r"even.*97x64|even.*96x63.*lossless"):
        encode_mp4([np.zeros((*size, 3), np.uint8)], TEN)


def test_no_frames_are_refused():
    with pytest.raises(UsageError, match="no frames"):
        encode_mp4([], TEN)


def test_frames_of_two_sizes_are_refused():
    with pytest.raises(UsageError, match=r"frame 1 .*one size"):
        encode_mp4([np.zeros((64, 64, 3), np.uint8), np.zeros((32, 32, 3), np.uint8)], TEN)


@pytest.mark.parametrize("shape", [(3, 100), (1, 0)])
def test_sound_without_samples_or_of_an_unknown_layout_is_refused(shape):
    with pytest.raises(UsageError, match="cannot encode sound"):
        encode_flac(np.zeros(shape, np.float32), 16_000)


@pytest.mark.parametrize(("codec", "rate"), [("aac", 12_345), ("mp3", 4_000)])
def test_a_rate_that_the_codec_does_not_know_is_refused(codec, rate, frames, sound, tmp_path):
    with pytest.raises(UsageError, match=f"{codec.upper()} has no sample rate of {rate:,} Hz"):
        write_movie(tmp_path / "movie.mp4", frames, TEN, sound, rate, codec=codec)


def test_a_movie_that_fails_leaves_nothing_behind(frames, sound, tmp_path):
    with pytest.raises(UsageError):
        write_movie(tmp_path / "movie.mp4", [*frames, frames[0][:32]], TEN, sound, 16_000)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_the_machines_fault(frames, sound, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(MachineError, match="in the way|folder"):
        write_movie(tmp_path / "file" / "folder" / "movie.mp4", frames, TEN, sound, 16_000)
