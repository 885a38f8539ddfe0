from fractions import Fraction
from itertools import islice, pairwise

import av
import numpy as np
import pytest

from avbench.errors import DataError, UsageError
from avbench.media.probe import probe
from avbench.media.video import VideoReader


def read(source, times):
    with VideoReader(source, probe(source).video) as reader:
        return reader.frames_at(times)


@pytest.fixture
def movie(tmp_path, make_movie, numbered):
    """Four seconds at 30 fps: frame k is on show from k / 30. A key frame each half second, B-frames between."""
    gop = {"x264-params": "keyint=15:scenecut=0"}
    times = [Fraction(k, 30) for k in range(120)]
    return make_movie(tmp_path / "movie.mp4", [numbered(k) for k in range(120)], times, codec_options=gop)


@pytest.mark.parametrize(
    "frame_times",
    [
        pytest.param([Fraction(k, 30) for k in range(60)], id="30 fps"),
        pytest.param([Fraction(1001 * k, 30_000) for k in range(60)], id="29.97 fps"),
        pytest.param([Fraction(k, 25) for k in range(60)], id="25 fps"),
        pytest.param([Fraction(k, 60) for k in range(120)], id="60 fps"),
        pytest.param([Fraction(k + k // 3 + k // 7, 30) for k in range(60)], id="variable"),
    ],
)
@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "avi"])
def test_the_frame_on_show_at_a_time_is_the_last_one_at_or_before_it(
    suffix, frame_times, tmp_path, make_movie, numbered, number_of
):
    tick = frame_times[1] if suffix == "avi" else Fraction(1, 90_000)  # AVI counts in frames
    pictures = [numbered(k) for k in range(len(frame_times))]
    movie = make_movie(tmp_path / f"movie.{suffix}", pictures, frame_times, time_base=tick)
    video = probe(movie).video
    assert video.frames == len(frame_times)
    grid = [video.start + Fraction(k, 10) for k in range(int((video.end - video.start) * 10))]
    expected = [sum(time <= at for time in video.times) - 1 for at in grid]
    assert [number_of(picture) for picture in read(movie, grid)] == expected


def test_times_before_the_first_frame_show_it_and_times_after_the_last_show_that(movie, number_of):
    assert [number_of(picture) for picture in read(movie, [Fraction(-5), Fraction(0), Fraction(99)])] == [0, 0, 119]


def test_a_time_just_before_a_frame_shows_the_one_before(movie, number_of):
    eve = Fraction(7, 30) - Fraction(1, 10**9)
    assert [number_of(picture) for picture in read(movie, [eve, Fraction(7, 30)])] == [6, 7]


def test_random_windows_in_any_order_equal_the_frames_decoded_in_one_pass(clips):
    rng = np.random.default_rng(0)
    for name in ("vgg_b.mp4", "dog_a.mp4"):
        video = probe(clips / name).video
        whole = dict(zip(video.times, read(clips / name, video.times), strict=True))
        with VideoReader(clips / name, video) as reader:
            for start in rng.uniform(0, float(video.end) - 1.6, 8):
                times = [Fraction(start) + Fraction(k, 10) for k in range(16)]
                for time, picture in zip(times, reader.frames_at(times), strict=True):
                    shown = max(stamp for stamp in video.times if stamp <= time)
                    assert np.array_equal(picture, whole[shown])


def test_every_frame_of_a_clip_is_what_pyav_decodes(clips):
    path = clips / "vgg_portrait.mp4"
    with av.open(str(path)) as container:
        first = [frame.to_ndarray(format="rgb24") for frame in islice(container.decode(video=0), 20)]
    assert np.array_equal(np.stack(read(path, probe(path).video.times[:20])), np.stack(first))


@pytest.mark.parametrize("suffix", ["mp4", "ts", "mkv"])
def test_jumps_back_and_far_ahead_find_their_frame(suffix, movie, tmp_path, number_of, ffmpeg):
    ffmpeg("-stream_loop", 9, "-i", movie, "-c", "copy", tmp_path / f"long.{suffix}")
    video = probe(tmp_path / f"long.{suffix}").video
    with VideoReader(tmp_path / f"long.{suffix}", video) as reader:
        for number in (1100, 3, 4, 70, 600, 599, 601, 0, 1199):
            assert number_of(reader.frames_at([video.times[number]])[0]) == number % 120


def test_an_edit_list_is_honoured(movie, tmp_path, number_of, ffmpeg):
    ffmpeg("-ss", "1.31", "-i", movie, "-c", "copy", tmp_path / "cut.mp4")
    video = probe(tmp_path / "cut.mp4").video
    numbers = [number_of(picture) for picture in read(tmp_path / "cut.mp4", video.times)]
    assert numbers == list(range(120 - video.frames, 120))
    assert video.frames < 90


def test_a_movie_in_memory_reads_like_a_file(movie):
    times = [Fraction(k, 10) for k in range(20)]
    assert np.array_equal(read(movie.read_bytes(), times), read(movie, times))


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_turned_pictures_stand_as_ffmpeg_stands_them(turn, clips, tmp_path, ffmpeg):
    ffmpeg("-display_rotation", turn, "-i", clips / "vgg_b.mp4", "-t", "0.5", "-c", "copy", tmp_path / "turned.mp4")
    info = probe(tmp_path / "turned.mp4").video
    raw = ffmpeg("-i", tmp_path / "turned.mp4", "-frames:v", 1, "-pix_fmt", "rgb24", "-f", "rawvideo", "-")
    expected = np.frombuffer(raw, np.uint8).reshape(info.height, info.width, 3)
    picture = read(tmp_path / "turned.mp4", [Fraction(0)])[0]
    # ffmpeg turns before it converts colours, so that the edges of half-size chroma differ a little.
    assert np.abs(picture.astype(int) - expected).mean() < 1.5


def test_oblong_pixels_are_stretched_to_square_ones(movie, tmp_path, number_of, ffmpeg):
    ffmpeg("-i", movie, "-vf", "setsar=2/1", "-t", "0.5", tmp_path / "oblong.mp4")
    picture = read(tmp_path / "oblong.mp4", [Fraction(5, 30)])[0]
    assert picture.shape == (64, 256, 3)
    assert number_of(picture) == 5


@pytest.mark.parametrize(
    ("codec", "pix_fmt", "suffix"),
    [
        ("libx264", "yuv420p10le", "mp4"),
        ("libx265", "yuv420p10le", "mp4"),
        ("libx264", "yuv444p", "mp4"),
        ("libx264", "yuvj420p", "mp4"),
        ("libvpx-vp9", "yuv420p", "webm"),
        ("mpeg4", "yuv420p", "avi"),
        ("ffv1", "bgr0", "mkv"),
        ("prores_ks", "yuv422p10le", "mov"),
    ],
)
def test_any_pixel_format_becomes_the_same_rgb(codec, pix_fmt, suffix, clips, tmp_path, ffmpeg):
    original = read(clips / "vgg_b.mp4", [Fraction(0)])[0]
    out = tmp_path / f"clip.{suffix}"
    quality = {"mpeg4": ("-q:v", 1), "libvpx-vp9": ("-crf", 5, "-cpu-used", 8)}.get(codec, ())
    if codec in ("libx264", "libx265"):
        quality = ("-crf", 5)
    ffmpeg("-i", clips / "vgg_b.mp4", "-t", "0.3", "-an", "-c:v", codec, *quality, "-pix_fmt", pix_fmt, out)
    picture = read(out, [probe(out).video.start])[0]
    error = np.mean((picture.astype(float) - original) ** 2)
    assert 10 * np.log10(255**2 / max(error, 1e-9)) > 34  # swapped planes, a wrong range or depth give under 25
    assert abs(picture.mean() - original.mean()) < 2


def test_frames_that_come_twice_are_decoded_once(movie):
    twice = read(movie, [Fraction(1), Fraction(1), Fraction(101, 100)])
    assert twice[0] is twice[1] is twice[2]


def test_descending_times_are_refused(movie):
    with pytest.raises(UsageError, match="ascend"):
        read(movie, [Fraction(1), Fraction(0)])


def _rotten(movie):
    """The movie with noise over the second half of its pictures."""
    whole = bytearray(movie.read_bytes())
    begin = whole.find(b"mdat") + 4
    length = int.from_bytes(whole[begin - 8 : begin - 4])
    middle = begin + length // 2
    whole[middle : begin + length - 100] = np.random.default_rng(0).bytes(length - 100 - length // 2)
    return bytes(whole)


def test_bit_rot_is_an_error_that_names_the_file_and_the_time(movie, tmp_path):
    (tmp_path / "rotten.mp4").write_bytes(_rotten(movie))
    with pytest.raises(DataError, match=r"rotten\.mp4: damaged at [123]\.\d+ s"):
        read(tmp_path / "rotten.mp4", [Fraction(k, 10) for k in range(40)])


def test_what_lies_before_bit_rot_can_still_be_read(movie, number_of):
    rotten = _rotten(movie)
    with VideoReader(rotten, probe(rotten).video) as reader:
        with pytest.raises(DataError, match="<in memory>: damaged"):
            reader.frames_at([Fraction(0), Fraction(39, 10)])
        pictures = reader.frames_at([Fraction(k, 30) for k in range(5)])
    assert [number_of(picture) for picture in pictures] == [0, 1, 2, 3, 4]


def test_only_the_frames_asked_for_are_converted_to_rgb(movie, monkeypatch):
    converted: list[float] = []
    picture = VideoReader._picture
    monkeypatch.setattr(
        VideoReader, "_picture", lambda self, frame: converted.append(frame.time) or picture(self, frame)
    )
    read(movie, [Fraction(0), Fraction(2), Fraction(2)])
    assert converted == [0, 2]


def test_ascending_calls_go_on_where_the_last_one_stopped(movie, number_of, monkeypatch):
    with VideoReader(movie, probe(movie).video) as reader:
        monkeypatch.setattr(reader, "_seek", lambda target: pytest.fail(f"seeks to {target}"))
        windows = [[Fraction(k, 10) for k in range(first, first + 4)] for first in range(0, 36, 4)]
        numbers = [number_of(picture) for window in windows for picture in reader.frames_at(window)]
    assert numbers == [3 * k for k in range(36)]
    assert all(later > earlier for earlier, later in pairwise(numbers))
