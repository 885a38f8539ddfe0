from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from avbench.errors import DataError, UsageError
from avbench.media.container import open_source
from avbench.media.probe import probe
from avbench.media.video import VideoReader

THIRTY = [Fraction(k, 30) for k in range(60)]


@pytest.fixture
def movie(tmp_path, make_movie, numbered):
    """Two seconds at 30 fps, with a tone."""
    tone = np.sin(np.arange(96_000) * 0.05)[None].astype(np.float32) / 2
    return make_movie(tmp_path / "movie.mp4", [numbered(k) for k in range(60)], THIRTY, tone)


def test_tells_the_exact_time_of_every_frame_of_a_clip_without_decoding_it(clips):
    info = probe(clips / "dog_a.mp4")
    assert info.video is not None
    assert info.video.times == tuple(Fraction(1001 * k, 30_000) for k in range(180))
    assert info.video.fps == Fraction(30_000, 1001)
    assert (info.video.width, info.video.height, info.video.frames) == (398, 224, 180)
    assert (info.video.start, info.video.end, info.video.vfr) == (0, Fraction(180 * 1001, 30_000), False)
    assert (info.video.codec, info.video.pix_fmt) == ("h264", "yuv420p")


def test_the_time_stamps_are_those_of_the_decoder_for_all_clips(clips):
    for path in sorted(clips.glob("*.mp4")):
        info = probe(path)
        with open_source(path) as container:
            decoded = [frame.pts * frame.time_base for frame in container.decode(video=0)]
        assert list(info.video.times) == decoded, path.name


def test_tells_when_sound_starts_and_ends_and_its_true_rate(clips):
    audio = probe(clips / "vgg_hd.mp4").audio
    assert (audio.sample_rate, audio.channels, audio.codec) == (44_100, 2, "aac")
    assert (audio.start, audio.end) == (0, 10)  # the AAC encoder's priming is not part of it
    assert probe(clips / "bigbuckbunny_5_1.mp4").audio.channels == 6


def test_a_late_picture_keeps_its_offset(clips):
    info = probe(clips / "generated_landscape.mp4")
    assert (info.video.start, info.audio.start) == (Fraction(707, 10_240), 0)


def test_a_silent_video_has_no_sound(clips):
    assert probe(clips / "carphone_silent.mp4").audio is None


def test_a_movie_in_memory_reads_like_a_file(movie):
    assert probe(movie.read_bytes()) == probe(movie)


@pytest.mark.parametrize("name", ["sound.wav", "sound.flac", "sound.mp3", "sound.opus", "sound.m4a"])
def test_a_sound_file_has_no_pictures(name, movie, tmp_path, ffmpeg):
    ffmpeg("-i", movie, "-vn", tmp_path / name)
    info = probe(tmp_path / name)
    assert info.video is None
    assert info.audio is not None
    assert float(info.audio.end - info.audio.start) == pytest.approx(2, abs=0.03)


def test_cover_art_is_no_video(movie, tmp_path, ffmpeg):
    ffmpeg("-i", movie, "-frames:v", 1, tmp_path / "cover.png")
    ffmpeg("-i", movie, "-i", tmp_path / "cover.png", "-map", "0:a", "-map", "1", "-c:v", "copy", tmp_path / "song.mp3")
    assert probe(tmp_path / "song.mp3").video is None


def test_the_default_sound_track_wins_over_the_first(tmp_path, movie, ffmpeg):
    ffmpeg("-i", movie, "-ac", 2, "-c:v", "copy", tmp_path / "stereo.mp4")
    both = ("-i", movie, "-i", tmp_path / "stereo.mp4", "-map", "0", "-map", "1:a", "-c", "copy")
    ffmpeg(*both, "-disposition:a:0", 0, "-disposition:a:1", "default", tmp_path / "second.mkv")
    ffmpeg(*both, "-disposition:a:0", 0, "-disposition:a:1", 0, tmp_path / "none.mkv")
    assert probe(tmp_path / "second.mkv").audio.channels == 2
    assert probe(tmp_path / "none.mkv").audio.channels == 1


def test_rotation_makes_the_size_upright(movie, tmp_path, ffmpeg):
    ffmpeg("-display_rotation", 90, "-i", movie, "-c", "copy", tmp_path / "turned.mp4")
    video = probe(tmp_path / "turned.mp4").video
    assert (video.width, video.height, video.rotation) == (64, 128, 90)


def test_a_mirrored_picture_is_refused_rather_than_shown_upside_down(movie, tmp_path, ffmpeg):
    ffmpeg("-display_hflip", "-i", movie, "-c", "copy", tmp_path / "mirrored.mp4")
    with pytest.raises(DataError, match=r"mirrored\.mp4.*display matrix.*re-encode"):
        probe(tmp_path / "mirrored.mp4")


def test_oblong_pixels_are_counted_as_square_ones(movie, tmp_path, ffmpeg):
    ffmpeg("-i", movie, "-vf", "setsar=4/3", tmp_path / "oblong.mp4")
    video = probe(tmp_path / "oblong.mp4").video
    assert (video.width, video.height) == (171, 64)


def test_an_edit_list_hides_what_comes_before_its_start(movie, tmp_path, ffmpeg):
    ffmpeg("-ss", "0.7", "-i", movie, "-c", "copy", tmp_path / "cut.mp4")
    info = probe(tmp_path / "cut.mp4")
    assert info.video.frames == 39
    assert info.video.start >= 0
    assert info.audio.start >= 0


def test_a_transport_stream_keeps_its_own_clock(movie, tmp_path, ffmpeg):
    ffmpeg("-i", movie, "-c", "copy", tmp_path / "stream.ts")
    video = probe(tmp_path / "stream.ts").video
    assert video.start > 1
    assert [time - video.start for time in video.times] == THIRTY


def test_a_varying_frame_rate_is_noticed_and_matroska_rounding_is_not_one(tmp_path, make_movie, numbered):
    pictures = [numbered(k) for k in range(30)]
    steady = [Fraction(k, 30) for k in range(30)]
    uneven = [Fraction(k + k // 3, 30) for k in range(30)]
    assert not probe(make_movie(tmp_path / "steady.mkv", pictures, steady)).video.vfr
    assert probe(make_movie(tmp_path / "uneven.mp4", pictures, uneven)).video.vfr


def test_n_even_frames_last_n_intervals_though_the_container_rounds(tmp_path, make_movie, numbered):
    times = [Fraction(1001 * k, 30_000) for k in range(30)]
    video = probe(make_movie(tmp_path / "ntsc.mkv", [numbered(k) for k in range(30)], times)).video
    assert video.end >= 30 / video.fps


def _damage(movie: Path, out: Path, what: str, ffmpeg) -> Path:
    ffmpeg("-i", movie, "-c", "copy", "-movflags", "faststart", out)
    whole = bytearray(out.read_bytes())
    match what:
        case "empty":
            whole = bytearray()
        case "text":
            whole = bytearray(b"this is no film\n" * 99)
        case "random":
            whole = bytearray(np.random.default_rng(0).bytes(50_000))
        case "without moov":
            whole = bytearray(movie.read_bytes()[:-2000])
        case "half of mdat":
            whole = whole[: len(whole) * 3 // 4]
        case "no frames in moov":
            # The counts of frames in the sample size tables.
            place = -1
            while (place := whole.find(b"stsz", place + 1)) >= 0:
                whole[place + 8 : place + 16] = bytes(8)
    out.write_bytes(whole)
    return out


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("empty", "empty"),
        ("text", "not a media file"),
        ("random", "not a media file"),
        ("without moov", "truncated"),
        ("half of mdat", "truncated"),
        ("no frames in moov", "no frame"),
    ],
)
def test_a_bad_file_is_named_with_what_is_wrong(what, message, movie, tmp_path, ffmpeg):
    bad = _damage(movie, tmp_path / "bad.mp4", what, ffmpeg)
    with pytest.raises(DataError, match=rf"bad\.mp4: .*{message}"):
        probe(bad)
    with pytest.raises(DataError, match=f"<in memory>: .*{message}"):
        probe(bad.read_bytes())


def test_a_subtitle_file_holds_neither_pictures_nor_sound(tmp_path):
    (tmp_path / "words.mp4").write_text(
        "1\n00:00:01,000 --> 00:00:02,000\nhello\n\n2\n00:00:03,000 --> 00:00:04,000\nyou\n"
    )
    with pytest.raises(DataError, match=r"words\.mp4: .*neither pictures nor sound"):
        probe(tmp_path / "words.mp4")


def test_a_playlist_that_poses_as_a_video_opens_nothing_else(movie, tmp_path):
    (tmp_path / "list.mp4").write_text(
        f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nhttp://127.0.0.1:9/{movie.name}\n"
    )
    with pytest.raises(DataError, match=r"list\.mp4"):
        probe(tmp_path / "list.mp4")


def test_a_missing_file_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="no such file"):
        probe(tmp_path / "nowhere.mp4")


def test_a_recording_cut_before_its_first_key_frame_starts_at_that_frame(tmp_path, make_movie, numbered, number_of):
    gop = {"x264-params": "keyint=20:min-keyint=20:scenecut=0"}
    whole = make_movie(tmp_path / "whole.ts", [numbered(k) for k in range(60)], THIRTY, codec_options=gop).read_bytes()
    cut = whole[len(whole) // 188 // 10 * 188 :]
    video = probe(cut).video
    assert video.start - probe(whole).video.start == Fraction(20, 30)
    with VideoReader(cut, video) as reader:
        assert [number_of(picture) for picture in reader.frames_at(video.times)] == list(range(20, 60))
