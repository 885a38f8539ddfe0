from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch
from tiny import make_movies

from avbench.clipset import open_clipset
from avbench.errors import DataError
from avbench.media.encode import encode_flac
from models.super_resolution.data import PicturePairs
from models.super_resolution.degrade import to_levels
from pipelines.prepare import prepare
from pipelines.source import SOURCES
from pipelines.storage import Storage


def mirrored(config, how):
    return replace(config, training=replace(config.training, mirror=how))


def test_a_pair_is_a_frame_of_its_clip_and_its_small_copy(clipset, config):
    pair = PicturePairs(clipset, mirrored(config, "none")).read(1, np.random.default_rng(0))
    assert pair["high"].shape == (3, 16, 16) and pair["low"].shape == (3, 8, 8)
    frames = clipset.clip(1, spec=config.spec, audio=False).video
    assert any(np.array_equal(to_levels(pair["high"]), frame) for frame in frames)


def test_pairs_are_random_and_the_same_for_equal_generators(clipset, config):
    pairs = PicturePairs(clipset, config)
    seen = [pairs.read(0, np.random.default_rng(seed)) for seed in (0, 0, *range(1, 9))]
    assert all(torch.equal(seen[0][name], seen[1][name]) for name in ("high", "low"))
    assert len({pair["high"].numpy().tobytes() for pair in seen}) > 3


def test_large_and_small_picture_are_mirrored_together(clipset, config):
    plain, turned = (
        PicturePairs(clipset, mirrored(config, how)).read(0, np.random.default_rng(5)) for how in ("none", "always")
    )
    assert torch.equal(plain["high"].flip(-1), turned["high"])


def test_the_paper_mirrors_every_other_picture_and_the_released_script_none(config):
    from models.super_resolution.model import SuperResolution

    mirror = {name: preset.training.mirror for name, preset in SuperResolution.presets.items()}
    assert mirror["paper"] == "random" and mirror["released"] == "none"


def test_a_set_without_pictures_is_refused(tmp_path, config):
    (tmp_path / "sounds").mkdir()
    (tmp_path / "sounds" / "a.flac").write_bytes(encode_flac(np.zeros((1, 16_000), np.float32), 16_000))
    with pytest.raises(DataError, match="without picture"):
        PicturePairs(open_clipset(tmp_path / "sounds"), config)


def test_enlarged_pictures_are_warned_of(tmp_path, config, caplog):
    PicturePairs(open_clipset(make_movies(tmp_path / "small", 1, size=8)), config)
    assert "1 of 1 clips are smaller than 16 pixels" in caplog.text


@pytest.mark.parametrize("lossless", [False, True])
def test_pictures_from_lossy_shards_are_warned_of(tmp_path, config, caplog, lossless):
    harvest = SOURCES["folder"](make_movies(tmp_path / "movies", 1, size=16))
    storage = Storage(clip_seconds=None, fps=Fraction(10), lossless=lossless)
    prepare(harvest, tmp_path / "shards", name="shards", storage=storage, workers=1)
    caplog.clear()
    PicturePairs(open_clipset(tmp_path / "shards"), config)
    assert ("38.7 dB" in caplog.text and "--lossless" in caplog.text) is not lossless


def test_a_folder_of_source_videos_is_not_warned_of(clipset, config, caplog):
    PicturePairs(clipset, config)
    assert not caplog.text
