import wave
from fractions import Fraction

import numpy as np
import pytest
import torch

from avbench.clipset import open_clipset
from avbench.errors import DataError
from avbench.media.encode import encode_flac, encode_mp4
from avbench.protocol import AVBENCH, PUBLISHED
from avbench.windows import Window, WindowReader, candidates, starts


def numbered(count: int, size: int = 64) -> list[np.ndarray]:
    """Flat frames whose red and green tell their number."""
    return [np.full((size, size, 3), (20 + 10 * (k % 20), 20 + 10 * (k // 20), 128), np.uint8) for k in range(count)]


def noise(seconds: float, channels: int = 2) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.uniform(-0.5, 0.5, (channels, round(seconds * 44_100))).astype(np.float32)


@pytest.fixture
def movie(tmp_path):
    """Opens one movie of numbered frames, with its sound beside it as FLAC, so that samples are exact."""

    def movie(*, fps: int = 10, seconds: float = 4.0, channels: int = 2):
        (tmp_path / "a.mp4").write_bytes(encode_mp4(numbered(round(fps * seconds)), Fraction(fps)))
        (tmp_path / "a.flac").write_bytes(encode_flac(noise(seconds, channels), 44_100))
        return open_clipset(tmp_path)

    return movie


def numbers(video: torch.Tensor) -> list[int]:
    """The numbers of the frames of a window."""
    units, twenties = ((video[:2].mean(dim=(2, 3)) * 255 - 20) / 10).round().int().tolist()
    return [unit + 20 * twenty for unit, twenty in zip(units, twenties, strict=True)]


def test_published_windows_start_at_every_frame(movie):
    clipset = movie(fps=30, seconds=10.0)
    assert len(candidates(clipset, PUBLISHED)) == 100 - 16 + 1  # as the released loader counts


def test_clean_windows_do_not_overlap(movie):
    clipset = movie(seconds=4.0)
    assert [window.start for window in candidates(clipset, AVBENCH)] == [0, Fraction(8, 5)]


def test_one_window_a_clip_is_the_first(movie):
    clipset = movie(seconds=4.0)
    assert candidates(clipset, AVBENCH.with_switches({"windows": "one"})) == [Window(0, Fraction(0))]


def test_a_generated_clip_of_exactly_a_window_gives_one(movie):
    clipset = movie(seconds=1.6)
    assert len(candidates(clipset, AVBENCH)) == len(candidates(clipset, PUBLISHED)) == 1


@pytest.mark.parametrize("fps", [10, 24, 25, 30])
def test_frames_chosen_by_index_are_the_loaders(movie, fps):
    reader = WindowReader(movie(fps=fps), PUBLISHED)
    step = fps / 10
    assert numbers(reader.video(Window(0, Fraction(7, 10)))) == [int((7 + k) * step) for k in range(16)]


def test_frames_chosen_by_time_are_the_last_at_or_before(movie):
    reader = WindowReader(movie(fps=24), AVBENCH)
    assert numbers(reader.video(Window(0, Fraction(8, 5)))) == [
        int((Fraction(8, 5) + Fraction(k, 10)) * 24) for k in range(16)
    ]


def test_windows_read_out_of_order_are_those_read_in_order(movie):
    clipset = movie(fps=30)
    chosen = candidates(clipset, PUBLISHED)
    in_order, backwards = WindowReader(clipset, PUBLISHED), WindowReader(clipset, PUBLISHED)
    forward = {window: in_order.video(window) for window in chosen}
    for window in reversed(chosen):
        assert torch.equal(backwards.video(window), forward[window])


def test_the_transport_takes_one_from_levels_1_to_63(tmp_path):
    # Lossless video, so that levels arrive as they were.
    ramp = np.repeat(np.arange(256, dtype=np.uint8).reshape(16, 16), 4, 0).repeat(4, 1)
    frames = [np.dstack([ramp] * 3)] * 16
    (tmp_path / "ramp.mkv").write_bytes(encode_mp4(frames, Fraction(10), lossless=True))
    seen = WindowReader(open_clipset(tmp_path), PUBLISHED).video(Window(0, Fraction(0)))
    got = (seen[0, 0, ::4, ::4] * 255).round().flatten().tolist()
    assert got == [level - 1 if 1 <= level <= 63 else level for level in range(256)]


@pytest.mark.parametrize(("fps", "heard"), [(10, 70_560), (30, 67_620)])
def test_the_published_sound_is_as_long_as_its_source_frames_and_ends_in_zeros(movie, fps, heard):
    sound = WindowReader(movie(fps=fps), PUBLISHED).audio(Window(0, Fraction(0)), 44_100)
    assert sound.shape == (1, 70_560)  # as the released loader counts
    assert torch.count_nonzero(sound[0, heard:]) == 0
    assert torch.count_nonzero(sound[0, heard - 100 : heard]) > 90


def test_the_published_sound_is_the_left_channel_from_the_first_source_frame(movie):
    sound = WindowReader(movie(fps=30), PUBLISHED).audio(Window(0, Fraction(7, 10)), 44_100)
    expected = noise(4.0)[0, 30_870 : 30_870 + 67_620]
    np.testing.assert_allclose(sound[0, :67_620], expected, atol=1 / 32768)


def test_a_mono_source_is_3_db_quieter_under_published_and_not_under_avbench(movie):
    clipset = movie(channels=1)
    original = noise(4.0, 1)[0, :60_000]
    quieter = WindowReader(clipset, PUBLISHED).audio(Window(0, Fraction(0)), 44_100)[0, :60_000]
    exact = WindowReader(clipset, AVBENCH).audio(Window(0, Fraction(0)), 44_100)[0, :60_000]
    np.testing.assert_allclose(quieter, original / np.sqrt(2), atol=2 / 32768)
    np.testing.assert_allclose(exact, original, atol=1 / 32768)


def test_the_clean_sound_is_the_mean_of_the_channels_over_the_whole_window(movie):
    sound = WindowReader(movie(fps=30), AVBENCH).audio(Window(0, Fraction(8, 5)), 44_100)
    np.testing.assert_allclose(sound[0], noise(4.0).mean(0)[70_560:141_120], atol=1 / 32768)


def test_what_a_clip_lacks_is_named(tmp_path):
    (tmp_path / "silent.mp4").write_bytes(encode_mp4(numbered(16), Fraction(10)))
    (tmp_path / "sound.flac").write_bytes(encode_flac(noise(1.6), 44_100))
    clipset = open_clipset(tmp_path)
    reader = WindowReader(clipset, AVBENCH)
    for record_index, record in enumerate(clipset.records):
        read = reader.audio if record.has_video else reader.video
        arguments = (Window(record_index, Fraction(0)), 44_100)[: 2 if record.has_video else 1]
        with pytest.raises(DataError, match=f"{record.source}: the clip has no (sound|picture)"):
            read(*arguments)


def test_other_models_clips_give_windows_of_one_shape(tmp_path):
    # 8 s, 24 fps, 512x288, 44.1 kHz sound in a wav of its own.
    frames = [np.full((288, 512, 3), 100, np.uint8)] * 192
    (tmp_path / "other.mp4").write_bytes(encode_mp4(frames, Fraction(24)))
    with wave.open(str(tmp_path / "other.wav"), "wb") as file:
        file.setparams((2, 2, 44_100, 0, "NONE", ""))
        file.writeframes((noise(8.0).T * 32767).astype("<i2").tobytes())
    clipset = open_clipset(tmp_path)
    for protocol in (PUBLISHED, AVBENCH):
        window = Window(0, starts(clipset.records[0], protocol)[-1])
        reader = WindowReader(clipset, protocol)
        assert reader.video(window).shape == (3, 16, 64, 64)
        assert reader.audio(window, 44_100).shape == (1, 70_560)
        bars = reader.video(window)[:, :, :10]
        assert torch.count_nonzero(bars) == 0  # letterboxed
