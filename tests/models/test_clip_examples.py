import io
import logging
from fractions import Fraction

import numpy as np
import pytest
from tiny import make_movies

from avbench.clip import ClipSpec
from avbench.clipset import ClipRecord, open_clipset
from avbench.clipset.write import ShardWriter, StoredClip
from avbench.errors import DataError
from avbench.media.encode import encode_flac, encode_mp4
from models.clip_examples import ClipExamples

BOTH = ("video", "audio")


def random_from(seed):
    return np.random.default_rng(seed)


def stored_clip(key, *, split="train", frames=20, small=False, stereo=False):
    """A clip at 10 fps: frame k has the grey 10 k on its left half and black on its right; the sound is a ramp."""
    pictures = np.zeros((frames, 64, 64, 3), np.uint8)
    pictures[:, :, :32] = 10 * np.arange(frames, dtype=np.uint8)[:, None, None, None]
    ramp = np.arange(frames * 100, dtype=np.float32)[None] / 32768
    sound = np.concatenate([ramp, -ramp / 2]) if stereo else ramp
    members = {"mp4": encode_mp4(list(pictures), Fraction(10)), "flac": encode_flac(sound, 1000), "json": b"{}"}
    if small:
        file = io.BytesIO()
        np.save(file, pictures + np.uint8(1))  # so that it can be told who was read
        members["v64.npy"] = file.getvalue()
    record = ClipRecord(
        key=key,
        split=split,
        label="",
        source=key,
        sha256=key,
        duration=Fraction(frames, 10),
        frames=frames,
        fps=Fraction(10),
        width=64,
        height=64,
        sample_rate=1000,
        channels=len(sound),
        source_fps=Fraction(10),
        source_channels=len(sound),
    )
    return StoredClip(record, members, Fraction(0))


def clip_set(folder, *clips):
    with ShardWriter(folder) as writer:
        for clip in sorted(clips, key=lambda clip: (clip.record.split, clip.record.key)):
            writer.add(clip)
        writer.finish(name="set", items=len(clips), failures=[], fit="native", channel="native", made={})
    return open_clipset(folder)


def spec(frames=4, size=64, fps=10):
    return ClipSpec(frames=frames, fps=Fraction(fps), size=size, sample_rate=1000)


def frame_numbers(video):
    """Which frames of a `stored_clip` are seen."""
    levels = (video[0, :, 32, 10] + 1) * 127.5
    return (levels / 10).round().int().tolist()


def test_an_example_has_the_shape_of_the_spec_and_lies_between_minus_one_and_one(tmp_path):
    examples = ClipExamples(clip_set(tmp_path, stored_clip("a")), spec(size=32), modalities=BOTH)
    example = examples.read(0, random_from(0))
    assert example["video"].shape == (3, 4, 32, 32) and example["audio"].shape == (1, 400)
    assert all(str(tensor.dtype) == "torch.float32" and tensor.is_contiguous() for tensor in example.values())
    assert example["video"].min() == pytest.approx(-1, abs=0.03) and example["video"].max() <= 1


@pytest.mark.parametrize("small", [False, True])
def test_picture_and_sound_are_of_one_window_that_starts_anywhere_on_the_grid(tmp_path, small):
    examples = ClipExamples(clip_set(tmp_path, stored_clip("a", small=small)), spec(), modalities=BOTH)
    firsts = set()
    for seed in range(60):
        example = examples.read(0, random_from(seed))
        numbers = frame_numbers(example["video"])
        assert numbers == list(range(numbers[0], numbers[0] + 4))
        assert example["audio"][0, 0].item() * 32768 == pytest.approx(100 * numbers[0], abs=0.5)
        firsts.add(numbers[0])
    assert {0, 16} < firsts < set(range(17)) and len(firsts) > 12


def test_an_example_depends_on_its_generator_alone(tmp_path):
    examples = ClipExamples(clip_set(tmp_path, stored_clip("a")), spec(), modalities=BOTH, mirror="random")
    first, again, other = (examples.read(0, random_from(seed)) for seed in (5, 5, 6))
    assert all(first[name].equal(again[name]) for name in BOTH)
    assert not first["video"].equal(other["video"])


def test_small_frames_are_read_in_the_place_of_the_video(tmp_path):
    examples = ClipExamples(clip_set(tmp_path, stored_clip("a", small=True)), spec(), modalities=["video"])
    video = examples.read(0, random_from(0))["video"]
    assert ((video[0, :, 32, 10] + 1) * 127.5 % 10).round().tolist() == [1] * 4


def test_small_frames_scaled_down_look_like_the_video_scaled_down(tmp_path):
    sets = (clip_set(tmp_path / str(small), stored_clip("a", small=small)) for small in (True, False))
    examples = (ClipExamples(clipset, spec(size=16), modalities=["video"]) for clipset in sets)
    one, other = (small_or_stored.read(0, random_from(3))["video"] for small_or_stored in examples)
    assert (one - other).abs().mean() < 0.02


def test_small_frames_are_not_enlarged(tmp_path):
    examples = ClipExamples(clip_set(tmp_path, stored_clip("a", small=True)), spec(size=96), modalities=["video"])
    assert examples.read(0, random_from(0))["video"].shape == (3, 4, 96, 96)


def test_slower_rates_pass_over_frames(tmp_path):
    examples = ClipExamples(
        clip_set(tmp_path, stored_clip("a", small=True)), spec(frames=4, fps=5), modalities=["video"]
    )
    numbers = frame_numbers(examples.read(0, random_from(1))["video"])
    assert np.diff(numbers).tolist() == [2, 2, 2]


def test_only_what_is_asked_for_is_read(tmp_path):
    clipset = clip_set(tmp_path, stored_clip("a", small=True))
    for modality in BOTH:
        assert list(ClipExamples(clipset, spec(), modalities=[modality]).read(0, random_from(0))) == [modality]


@pytest.mark.parametrize(("mirror", "shares"), [("none", [0.0]), ("always", [1.0]), ("random", [0.25, 0.75])])
def test_pictures_are_mirrored_as_told(tmp_path, mirror, shares):
    examples = ClipExamples(clip_set(tmp_path, stored_clip("a", small=True)), spec(), modalities=BOTH, mirror=mirror)
    videos = [examples.read(0, random_from(seed))["video"] for seed in range(40)]
    mirrored = sum(bool(video[..., -1, -1].mean() > video[..., -1, 0].mean()) for video in videos) / 40
    assert min(shares) <= mirrored <= max(shares)


@pytest.mark.parametrize(("channel", "slope"), [("left", 1.0), ("mix", 0.25)])
def test_of_several_channels_the_first_or_their_mean_is_heard(tmp_path, channel, slope):
    clipset = clip_set(tmp_path, stored_clip("a", stereo=True))
    audio = ClipExamples(clipset, spec(), modalities=["audio"], channel=channel).read(0, random_from(0))["audio"]
    assert (audio[0, -1] - audio[0, 0]).item() * 32768 == pytest.approx(399 * slope, abs=1)


def test_a_split_is_chosen_and_a_set_with_one_is_read_whole(tmp_path):
    both = clip_set(tmp_path / "both", stored_clip("a"), stored_clip("b", split="test"), stored_clip("c"))
    assert len(ClipExamples(both, spec(), modalities=BOTH)) == 2
    assert len(ClipExamples(both, spec(), modalities=BOTH, split="test")) == 1
    one = clip_set(tmp_path / "one", stored_clip("a", split="test"))
    assert len(ClipExamples(one, spec(), modalities=BOTH)) == 1
    with pytest.raises(DataError, match='no split "val", only test, train; choose one with --set split=NAME'):
        ClipExamples(both, spec(), modalities=BOTH, split="val")


def test_a_clip_that_is_up_to_a_frame_short_is_read_from_its_start(tmp_path):
    examples = ClipExamples(clip_set(tmp_path, stored_clip("a", frames=3)), spec(frames=4), modalities=BOTH)
    assert frame_numbers(examples.read(0, random_from(0))["video"]) == [0, 1, 2, 2]


def test_clips_that_cannot_be_used_are_passed_over_with_a_warning(tmp_path, caplog):
    clipset = clip_set(tmp_path, stored_clip("a"), stored_clip("b", frames=2), stored_clip("c", frames=2))
    with caplog.at_level(logging.WARNING):
        assert len(ClipExamples(clipset, spec(), modalities=BOTH)) == 1
    assert "2 of 3 clips are passed over: 2 shorter than 0.4 s" in caplog.text


def test_a_set_of_short_clips_is_refused_with_the_numbers(tmp_path):
    clipset = clip_set(tmp_path, stored_clip("a", frames=2), stored_clip("b", frames=3))
    with pytest.raises(DataError, match=r"none of its 2 clips .*: 2 shorter than 1\.6 s; the longest lasts 0\.30 s"):
        ClipExamples(clipset, spec(frames=16), modalities=BOTH)


def test_clips_without_sound_serve_for_pictures_alone(tmp_path):
    clipset = open_clipset(make_movies(tmp_path / "silent", 2, sound=False, size=16))
    assert len(ClipExamples(clipset, spec(), modalities=["video"])) == 2
    with pytest.raises(DataError, match="none of its 2 clips can be trained on: 2 without sound"):
        ClipExamples(clipset, spec(), modalities=BOTH)


def test_sounds_alone_serve_for_sound_alone(tmp_path):
    (tmp_path / "sounds").mkdir()
    (tmp_path / "sounds" / "a.flac").write_bytes(encode_flac(np.zeros((1, 2000), np.float32), 1000))
    clipset = open_clipset(tmp_path / "sounds")
    assert ClipExamples(clipset, spec(), modalities=["audio"]).read(0, random_from(0))["audio"].shape == (1, 400)
    with pytest.raises(DataError, match="1 without picture"):
        ClipExamples(clipset, spec(), modalities=BOTH)
