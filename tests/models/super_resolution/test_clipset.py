from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from tiny import make_movies

from avbench.clip import ClipSpec
from avbench.clipset import open_clipset
from avbench.clipset.made import MadeClip, MadeFolder
from avbench.errors import DataError, MachineError, UsageError
from avbench.media.audio import read_audio
from avbench.media.encode import encode_flac, write_movie
from avbench.workspace import lock
from models.super_resolution.clipset import upscale_clipset
from models.super_resolution.enlarge import Bicubic, Upsampler

BICUBIC = Bicubic(low_size=8, size=16)


@pytest.fixture
def upsampler(network) -> Upsampler:
    return Upsampler(network=network, name="tiny-1@400", steps=2)


@pytest.fixture
def samples(tmp_path):
    """Two samples of 8 pixels, as `avbench sample` writes them."""
    folder = tmp_path / "samples"
    rng = np.random.default_rng(0)
    for number in range(2):
        frames = rng.integers(0, 256, (16, 8, 8, 3)).astype(np.uint8)
        sound = (rng.integers(-32768, 32768, (1, 25_600)) / 32768).astype(np.float32)
        write_movie(folder / f"{number}.mp4", frames, Fraction(10), sound, 16_000, crf=10, codec="flac")
    clips = [MadeClip(file=f"{number}.mp4", source=f"source-{number}", meta={"seed": number}) for number in range(2)]
    MadeFolder(name="samples", clips=clips, made={}).write(folder)
    return open_clipset(folder)


def sound(clipset, index: int):
    media = clipset.media(index)
    return read_audio(media.audio, media.info_audio, media.audio_origin, 25_600, 16_000)


def pictures(folder, index: int):
    return open_clipset(folder).clip(index, spec=ClipSpec(size=16), audio=False).video


def files(folder):
    return {path.name: path.read_bytes() for path in folder.glob("*.mp4")}


def test_the_upscaled_set_has_the_same_clips_with_larger_pictures(samples, upsampler, tmp_path):
    large = open_clipset(upscale_clipset(samples, tmp_path / "large", upsampler))
    assert [(r.key, r.source, r.meta) for r in large.records] == [(r.key, r.source, r.meta) for r in samples.records]
    assert [(r.width, r.height, r.frames, r.fps) for r in large.records] == [(16, 16, 16, 10)] * 2


def test_sound_is_kept_bit_by_bit(samples, upsampler, tmp_path):
    large = open_clipset(upscale_clipset(samples, tmp_path / "large", upsampler))
    assert all(np.array_equal(sound(large, index), sound(samples, index)) for index in range(2))


def test_a_clips_pictures_depend_on_seed_and_key_alone(samples, upsampler, tmp_path):
    whole = files(upscale_clipset(samples, tmp_path / "whole", upsampler))
    alone = tmp_path / "alone"
    alone.mkdir()
    (alone / "1.mp4").write_bytes((samples.path / "1.mp4").read_bytes())
    MadeFolder(name="alone", clips=[MadeClip(file="1.mp4")], made={}).write(alone)
    assert files(upscale_clipset(open_clipset(alone), tmp_path / "one", upsampler)) == {"1.mp4": whole["1.mp4"]}
    other = replace(upsampler, seed=1)
    assert files(upscale_clipset(samples, tmp_path / "other", other)) != whole


def test_what_was_interrupted_goes_on_with_the_missing_clips(samples, upsampler, tmp_path):
    def interrupt(what: str, done: int, total: int) -> None:
        raise KeyboardInterrupt

    out = tmp_path / "large"
    with pytest.raises(KeyboardInterrupt):
        upscale_clipset(samples, out, upsampler, progress=interrupt)
    with pytest.raises(DataError, match="interrupted"):
        open_clipset(out)
    (first,) = files(out)
    written = (out / first).stat().st_mtime_ns
    upscale_clipset(samples, out, upsampler)
    assert len(open_clipset(out)) == 2 and (out / first).stat().st_mtime_ns == written
    assert files(out) == files(upscale_clipset(samples, tmp_path / "at-once", upsampler))


class OneOfTwo:
    """A process of two; the first one meets the other where it waits for it."""

    count = 2

    def __init__(self, index, meet=lambda: None):
        self.index, self.first, self._meet = index, index == 0, meet

    def from_first(self, value):
        return True  # there is something to do

    def from_all(self, values):
        self._meet()
        return values


def test_processes_share_the_clips(samples, upsampler, tmp_path):
    written = {}

    def second():
        written[0] = set(files(tmp_path / "large"))
        upscale_clipset(samples, tmp_path / "large", upsampler, ranks=OneOfTwo(1))
        written[1] = set(files(tmp_path / "large")) - written[0]

    upscale_clipset(samples, tmp_path / "large", upsampler, ranks=OneOfTwo(0, meet=second))
    assert written == {0: {"0.mp4"}, 1: {"1.mp4"}} and len(open_clipset(tmp_path / "large")) == 2


def test_a_finished_set_is_left_as_it_is(samples, upsampler, tmp_path):
    calls = []
    out = upscale_clipset(samples, tmp_path / "large", upsampler)
    upscale_clipset(samples, out, upsampler, progress=lambda *done: calls.append(done))
    assert not calls


def test_other_settings_do_not_mix_with_a_set_that_is_there(samples, upsampler, tmp_path):
    out = upscale_clipset(samples, tmp_path / "large", upsampler)
    with pytest.raises(UsageError, match="seed: 0 -> 1"):
        upscale_clipset(samples, out, replace(upsampler, seed=1))


def test_a_folder_with_something_else_is_refused(samples, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.tex").write_text("")
    with pytest.raises(UsageError, match="not empty"):
        upscale_clipset(samples, tmp_path / "mine", BICUBIC)


def test_a_second_process_is_kept_out(samples, tmp_path):
    with lock(tmp_path / "large"), pytest.raises(MachineError, match="another avbench command"):
        upscale_clipset(samples, tmp_path / "large", BICUBIC)


def test_clips_of_another_size_are_first_brought_to_the_low_one(tmp_path):
    clipset = open_clipset(make_movies(tmp_path / "movies", 1, size=32))
    out = upscale_clipset(clipset, tmp_path / "large", BICUBIC)
    small = clipset.clip(0, spec=ClipSpec(size=8), audio=False).video
    assert np.abs(pictures(out, 0).astype(int) - BICUBIC.enlarge(small, "")).mean() < 4  # what H.264 loses


def test_clips_without_sound_stay_silent(tmp_path):
    clipset = open_clipset(make_movies(tmp_path / "movies", 1, size=8, sound=False))
    assert not open_clipset(upscale_clipset(clipset, tmp_path / "large", BICUBIC)).records[0].has_audio


def test_splits_stay_apart(tmp_path):
    for split, seed in (("train", 0), ("test", 1)):
        make_movies(tmp_path / "movies" / split, 1, size=8, seed=seed)
    clipset = open_clipset(tmp_path / "movies")
    large = open_clipset(upscale_clipset(clipset, tmp_path / "large", BICUBIC))
    assert [(r.split, r.key) for r in large.records] == [(r.split, r.key) for r in clipset.records]


def test_a_clip_without_picture_is_refused_by_its_key(tmp_path):
    (tmp_path / "sounds").mkdir()
    (tmp_path / "sounds" / "rain.flac").write_bytes(encode_flac(np.zeros((1, 16_000), np.float32), 16_000))
    with pytest.raises(DataError, match="clip rain-.* has no picture"):
        upscale_clipset(open_clipset(tmp_path / "sounds"), tmp_path / "large", BICUBIC)
