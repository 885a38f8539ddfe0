from fractions import Fraction

import numpy as np
import pytest
import torch
import torchaudio

from avbench.errors import DataError
from avbench.media.audio import mix_down, read_audio, read_audio_ffmpeg
from avbench.media.encode import encode_flac
from avbench.media.probe import AudioStream, probe


def noise(channels, samples, seed=0):
    """White noise on the grid of 16-bit sound."""
    rng = np.random.default_rng(seed)
    return (rng.integers(-20_000, 20_000, (channels, samples)) / 32768).astype(np.float32)


def whole(source, sample_rate):
    audio = probe(source).audio
    samples = round((audio.end - audio.start) * sample_rate)
    return audio, read_audio(source, audio, audio.start, samples, sample_rate)


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("rate", [8_000, 44_100, 96_000])
def test_the_native_rate_gives_the_stored_samples_bit_by_bit(channels, rate):
    sound = noise(channels, 2 * rate)
    file = encode_flac(sound, rate)
    window = read_audio(file, probe(file).audio, Fraction(1, 4), rate, rate)
    assert np.array_equal(window, sound[:, rate // 4 : rate // 4 + rate])


@pytest.mark.parametrize(
    "codec", ["pcm_s16le", "pcm_u8", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_f64le", "pcm_s16be"]
)
def test_every_sample_format_has_full_scale_one(codec, tmp_path, ffmpeg):
    sound = noise(2, 8_000)
    (tmp_path / "sound.flac").write_bytes(encode_flac(sound, 8_000))
    ffmpeg("-i", tmp_path / "sound.flac", "-c:a", codec, tmp_path / "sound.mov")
    window = whole(tmp_path / "sound.mov", 8_000)[1]
    assert np.abs(window - sound).max() <= (1 / 128 if codec == "pcm_u8" else 0)


def test_zeros_surround_the_track():
    sound = noise(1, 8_000)
    file = encode_flac(sound, 8_000)
    window = read_audio(file, probe(file).audio, Fraction(-1, 2), 16_000, 8_000)
    assert np.array_equal(window[:, 4_000:12_000], sound)
    assert not window[:, :4_000].any()
    assert not window[:, 12_000:].any()


@pytest.mark.parametrize("start", [-3, 5])
@pytest.mark.parametrize("rate", [8_000, 16_000])
def test_a_window_beside_the_track_is_silent(start, rate):
    file = encode_flac(noise(2, 8_000), 8_000)
    window = read_audio(file, probe(file).audio, Fraction(start), 1_600, rate)
    assert window.shape == (2, 1_600)
    assert not window.any()


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000, 22_050])
@pytest.mark.parametrize("name", ["vgg_hd.mp4", "bigbuckbunny_5_1.mp4", "generated_landscape.mp4"])
def test_a_resampled_window_equals_that_stretch_of_the_whole_resampled_track(name, rate, clips):
    audio = probe(clips / name).audio
    native = read_audio(clips / name, audio, audio.start, 5 * audio.sample_rate, audio.sample_rate)
    track = torchaudio.functional.resample(
        torch.from_numpy(native),
        audio.sample_rate,
        rate,
        lowpass_filter_width=64,
        rolloff=0.9475937167399596,
        resampling_method="sinc_interp_kaiser",
        beta=14.769656459379492,
    )
    expected = track.clip(-1, 1).numpy()
    for start in (Fraction(0), Fraction(1, 3), Fraction(17, 10), Fraction(5, 2)):
        window = read_audio(clips / name, audio, audio.start + start, rate, rate)
        first = int(start * rate + Fraction(1, 2))
        assert np.abs(window - expected[:, first : first + rate]).max() < 1e-6


def test_a_resampled_track_begins_and_ends_with_the_track(clips):
    audio, track = whole(clips / "vgg_hd.mp4", 16_000)
    wide = read_audio(clips / "vgg_hd.mp4", audio, audio.start - 1, 12 * 16_000, 16_000)
    assert np.array_equal(wide[:, 16_000 : 16_000 + track.shape[1]], track)
    assert not wide[:, :16_000].any()
    assert not wide[:, 16_000 + track.shape[1] :].any()


def test_a_tone_keeps_its_pitch_level_and_phase_when_resampled():
    tone = np.sin(2 * np.pi * 1_000 * np.arange(44_100) / 44_100)[None].astype(np.float32) / 2
    file = encode_flac(tone, 44_100)
    window = read_audio(file, probe(file).audio, Fraction(1, 4), 8_000, 16_000)
    expected = np.sin(2 * np.pi * 1_000 * (np.arange(8_000) / 16_000 + 0.25)) / 2
    assert np.abs(window[0] - expected).max() < 1e-4


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "webm", "mov"])
def test_windows_of_any_container_are_cut_from_one_track(suffix, clips, tmp_path, ffmpeg):
    out = tmp_path / f"sound.{suffix}"
    ffmpeg("-i", clips / "vgg_b.mp4", "-vn", *(() if suffix == "webm" else ("-c:a", "copy")), out)
    audio, track = whole(out, 16_000)
    for start in (Fraction(16, 10), Fraction(51, 10)):
        window = read_audio(out, audio, audio.start + start, 16_000, 16_000)
        assert np.array_equal(window, track[:, round(start * 16_000) :][:, :16_000])


def test_time_counts_from_where_a_late_track_starts(tmp_path, make_movie):
    sound = noise(1, 48_000)
    movie = make_movie(tmp_path / "late.mov", audio=sound, audio_start=Fraction(1, 2), audio_codec="pcm_f32le")
    audio = probe(movie).audio
    assert audio.start == Fraction(1, 2)
    window = read_audio(movie, audio, Fraction(0), 48_000, 48_000)
    assert not window[:, :24_000].any()
    assert np.array_equal(window[:, 24_000:], sound[:, :24_000])


def test_an_edit_list_starts_the_sound_to_the_sample(clips, tmp_path, ffmpeg):
    ffmpeg("-ss", "3.3", "-i", clips / "dog_a.mp4", "-c", "copy", tmp_path / "cut.mp4")
    cut, original = probe(tmp_path / "cut.mp4").audio, probe(clips / "dog_a.mp4").audio
    window = read_audio(tmp_path / "cut.mp4", cut, cut.start + Fraction(1, 2), 44_100, 44_100)
    wide = read_audio(clips / "dog_a.mp4", original, Fraction(3), 2 * 44_100, 44_100)
    lag = np.argmax(np.correlate(wide[0], window[0, :20_000], "valid")) / 44_100
    # Copying starts at a packet of 23 ms; the offset that is left must be the one the container states.
    assert abs(3 + lag - (3.3 + 0.5 + float(cut.start))) < 0.001


def test_a_gap_in_the_time_stamps_is_silence_not_a_shift(clips):
    path = clips / "generated_landscape.mp4"  # 8 ms of sound are missing every 1.7 s
    audio = probe(path).audio
    window = read_audio(path, audio, Fraction(27_200 - 1_000, 16_000), 3_000, 16_000)
    assert not window[:, 872 : 872 + 128].any()
    assert window[:, 1_000:].any()


def test_every_window_of_a_track_too_short_to_be_searched_is_exact():
    sound = noise(1, 2_000)
    file = encode_flac(sound, 1_000)
    info = probe(file).audio
    for first in range(1_000, 2_000, 20):
        window = read_audio(file, info, Fraction(first, 1_000), 10, 1_000)
        np.testing.assert_array_equal(window, sound[:, first : first + 10])


def test_a_late_window_of_a_long_lossless_track_is_exact(tmp_path):
    sound = noise(1, 8_000 * 90)
    file = encode_flac(sound, 8_000)
    window = read_audio(file, probe(file).audio, Fraction(77), 8_000, 8_000)
    assert np.array_equal(window, sound[:, 77 * 8_000 : 78 * 8_000])


def test_a_late_window_of_a_long_lossy_track_lies_in_its_place(clips, tmp_path, ffmpeg):
    ffmpeg("-stream_loop", 39, "-i", clips / "vgg_b.mp4", "-vn", "-c:a", "copy", tmp_path / "long.mp4")
    audio = probe(tmp_path / "long.mp4").audio
    assert audio.end > 390
    from_the_start = read_audio(tmp_path / "long.mp4", audio, Fraction(299), 52 * 44_100, 44_100)
    window = read_audio(tmp_path / "long.mp4", audio, Fraction(350), 44_100, 44_100)
    assert np.abs(window - from_the_start[:, -44_100:]).max() < 0.05  # the codec's own noise may differ


@pytest.mark.parametrize(
    "name", ["vgg_a.mp4", "vgg_hd.mp4", "dog_a.mp4", "bigbuckbunny_5_1.mp4", "generated_landscape.mp4"]
)
def test_the_published_way_gives_the_samples_that_ffmpeg_gives(name, clips, ffmpeg):
    raw = ffmpeg("-i", clips / name, "-vn", "-ar", 44_100, "-ac", 2, "-f", "s16le", "-")
    expected = np.frombuffer(raw, np.int16).reshape(-1, 2).T / np.float32(32768)
    audio = probe(clips / name).audio
    sound = read_audio_ffmpeg(clips / name, audio, 0, expected.shape[1])
    # Other builds of swresample round a few resampled values the other way.
    assert np.abs(sound - expected).max() <= 1 / 32768
    window = read_audio_ffmpeg(clips / name, audio, 70_560, 67_620)
    assert np.array_equal(window, sound[:, 70_560 : 70_560 + 67_620])


def test_the_published_way_attenuates_mono_and_leaves_stereo():
    mono = noise(1, 44_100)
    once, twice = encode_flac(mono, 44_100), encode_flac(np.repeat(mono, 2, axis=0), 44_100)
    from_mono = read_audio_ffmpeg(once, probe(once).audio, 0, 44_100)
    from_stereo = read_audio_ffmpeg(twice, probe(twice).audio, 0, 44_100)
    assert np.array_equal(from_stereo, np.repeat(mono, 2, axis=0))
    assert np.abs(from_mono - from_stereo / np.sqrt(2)).max() <= 1 / 32768


def test_the_published_way_ignores_time_stamps_and_pads_with_zeros(tmp_path, make_movie):
    sound = np.repeat(noise(1, 44_100), 2, axis=0)
    options = {"audio": sound, "sample_rate": 44_100, "audio_codec": "pcm_f32le"}
    late = make_movie(tmp_path / "late.mov", audio_start=Fraction(1, 2), **options)
    read = read_audio_ffmpeg(late, probe(late).audio, 0, 50_000)
    assert np.array_equal(read[:, :44_100], sound)
    assert not read[:, 44_100:].any()


def test_left_is_the_first_channel_and_mix_the_mean():
    sound = noise(2, 100)
    assert np.array_equal(mix_down(sound, "left"), sound[:1])
    assert np.allclose(mix_down(sound, "mix"), sound.mean(axis=0, keepdims=True))
    assert np.array_equal(mix_down(sound[:1], "mix"), sound[:1])


def test_five_point_one_is_mixed_with_its_centre_and_without_its_bass_channel():
    sound = np.zeros((6, 10), np.float32)
    sound[2], sound[3] = 0.5, 0.9
    assert np.allclose(mix_down(sound, "mix"), 0.5 / np.sqrt(2))


def test_a_five_point_one_mix_that_would_clip_is_scaled():
    mixed = mix_down(np.full((6, 10), 0.9, np.float32), "mix")
    assert mixed.shape == (1, 10)
    assert np.allclose(mixed, 1)


def test_what_a_codec_gives_beyond_full_scale_is_clipped(tmp_path, make_movie):
    loud = np.full((1, 4_800), 1.5, np.float32)
    movie = make_movie(tmp_path / "loud.mov", audio=loud, audio_codec="pcm_f32le")
    assert whole(movie, 48_000)[1].max() == 1


def test_bit_rot_is_an_error_that_names_the_file_and_the_time(clips, tmp_path, ffmpeg):
    path = tmp_path / "rotten.m4a"
    ffmpeg("-i", clips / "vgg_b.mp4", "-vn", "-c:a", "copy", path)
    rotten = bytearray(path.read_bytes())
    middle = rotten.find(b"mdat") + 60_000
    rotten[middle : middle + 3_000] = np.random.default_rng(0).bytes(3_000)
    path.write_bytes(rotten)
    audio = probe(path).audio
    with pytest.raises(DataError, match=r"rotten\.m4a: damaged at \d\.\d+ s"):
        read_audio(path, audio, Fraction(0), 16_000 * 10, 16_000)
    with pytest.raises(DataError, match=r"rotten\.m4a: damaged at \d\.\d+ s"):
        read_audio_ffmpeg(path, audio, 0, 44_100 * 10)


def test_a_track_other_than_the_one_probed_is_an_error():
    file = encode_flac(noise(2, 8_000), 8_000)
    other = AudioStream(sample_rate=8_000, channels=1, start=Fraction(0), end=Fraction(1), codec="flac")
    with pytest.raises(DataError, match="changes sample rate or channels"):
        read_audio(file, other, Fraction(0), 100, 8_000)
