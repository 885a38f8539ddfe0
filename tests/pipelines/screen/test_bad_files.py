"""What the web really serves: each case is let through, noted or left out for its own reason."""

from fractions import Fraction

import numpy as np
import pytest
from bad_media import CRAFTS, SECONDS

from avbench.clipset import open_clipset
from pipelines.folder import folder
from pipelines.prepare import prepare
from pipelines.screen import ScreenConfig, screen
from pipelines.storage import Storage

LEFT_OUT = {
    "no audio": "no_audio",
    "silent": "silent",
    "half missing": "audio_short",
    "half muted": "half_silent",
    "truncated, index last": "truncated",
    "truncated, index first": "truncated",
    "zero bytes": "empty",
    "garbage": "not_media",
    "corrupt index": "no_frames",
    "bit rot": "corrupt",
    "hdr": "hdr",
    "too short": "short",
    "still image": "still",
    "cover art": "no_video",
    "black": "black",
}

NOTED = {
    "good": "",
    "vfr": "vfr",
    "low fps": "low_fps",
    "rotation": "",
    "portrait": "",
    "pixel aspect": "",
    "ten bits": "",
    "5.1": "surround",
    "anti-phase": "opposed_channels",
    "8 kHz mono": "low_sample_rate",
    "audio late": "",
    "video late": "",
    "edit list": "",
    "transport stream": "",
    "two sounds": "several_sounds",
}


def test_every_case_has_a_verdict():
    assert LEFT_OUT.keys() | NOTED.keys() == CRAFTS.keys() | {"good"}


@pytest.mark.parametrize(("case", "reason"), LEFT_OUT.items())
def test_is_left_out_for_its_reason(case, reason, crafted, item):
    screened = screen(crafted(case), item(), ScreenConfig())
    assert (screened.passed, screened.reason) == (False, reason)
    assert screened.message


@pytest.mark.parametrize(("case", "remarks"), NOTED.items())
def test_passes_with_its_remarks(case, remarks, crafted, item):
    screened = screen(crafted(case), item(), ScreenConfig())
    assert (screened.passed, screened.message, screened.facts["noted"]) == (True, "", remarks)


@pytest.mark.parametrize(
    ("case", "config", "reason"),
    [
        ("low fps", ScreenConfig(min_fps=Fraction(24)), "low_fps"),
        ("portrait", ScreenConfig(min_height=240), "low_resolution"),
        ("8 kHz mono", ScreenConfig(min_sample_rate=16_000), "low_sample_rate"),
        ("audio late", ScreenConfig(max_offset=Fraction(1, 10)), "av_offset"),
        ("video late", ScreenConfig(max_offset=Fraction(1, 10)), "av_offset"),
    ],
)
def test_is_left_out_where_the_limit_asks_for_it(case, config, reason, crafted, item):
    assert screen(crafted(case), item(), config).reason == reason


@pytest.mark.parametrize(
    ("case", "config"),
    [
        ("no audio", ScreenConfig(sound=False)),
        ("silent", ScreenConfig(max_silence=None)),
        ("half missing", ScreenConfig(max_gap=None, max_silence=None)),
        ("half muted", ScreenConfig(max_silence=0.6)),
        ("hdr", ScreenConfig(hdr=True)),
        ("too short", ScreenConfig(min_seconds=None, max_gap=None)),
        ("still image", ScreenConfig(max_freeze=None)),
        ("black", ScreenConfig(max_black=0.8)),
    ],
)
def test_passes_where_its_rule_is_off(case, config, crafted, item):
    screened = screen(crafted(case), item(), config)
    assert screened.passed, screened.message


def test_a_reason_that_is_kept_is_noted_and_no_more(crafted, item):
    screened = screen(crafted("silent"), item(), ScreenConfig(keep=frozenset({"silent"})))
    assert screened.passed and screened.facts["noted"] == "silent"


def test_only_the_stretch_of_an_item_counts(crafted, item):
    whole = ScreenConfig()
    assert screen(crafted("half muted"), item(end=Fraction(SECONDS, 2)), whole).passed
    assert screen(crafted("half muted"), item(start=Fraction(SECONDS, 2)), whole).reason == "silent"
    assert screen(crafted("black"), item(start=Fraction(3)), whole).passed
    assert screen(crafted("good"), item(start=Fraction(SECONDS)), whole).reason == "short"


# What passes becomes one clip: width, height, frames at 10 a second, channels, seconds.
CLIPS = {
    "vfr": (320, 180, 41, 2, 4),
    "low fps": (320, 180, 40, 2, 4),
    "rotation": (180, 320, 40, 2, 4),
    "portrait": (180, 320, 40, 2, 4),
    "pixel aspect": (426, 180, 40, 2, 4),
    "ten bits": (320, 180, 20, 2, 2),
    "5.1": (320, 180, 40, 2, 4),
    "anti-phase": (320, 180, 40, 2, 4),
    "8 kHz mono": (320, 180, 40, 1, 4),
    "audio late": (320, 180, 36, 2, 3.52),
    "video late": (320, 180, 35, 2, 3.5),
    "edit list": (320, 180, 27, 2, 2.7),
    "transport stream": (320, 180, 40, 2, 4),
    "two sounds": (320, 180, 40, 2, 4),
}


@pytest.fixture(scope="module")
def clipset(crafted, tmp_path_factory):
    """All that passes, prepared."""
    videos = tmp_path_factory.mktemp("videos")
    for case in CLIPS:
        path = crafted(case)
        # A transport stream is not among the suffixes that a folder is searched for.
        (videos / path.name).with_suffix(".mp4").symlink_to(path)
    out = tmp_path_factory.mktemp("prepared") / "set"
    prepare(folder(videos), out, name="set", storage=Storage(clip_seconds=None), workers=1)
    return open_clipset(out)


@pytest.mark.parametrize(("case", "shape"), CLIPS.items())
def test_becomes_a_clip_of_the_right_shape(case, shape, clipset):
    record = next(record for record in clipset.records if record.source == f"{case}.mp4")
    assert (record.width, record.height, record.frames, record.channels) == shape[:4]
    assert record.duration == pytest.approx(shape[4], abs=0.05)


def test_channels_that_cancel_each_other_out_stay_audible_in_a_mix(crafted, tmp_path):
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "a.mp4").symlink_to(crafted("anti-phase"))
    storage = Storage(clip_seconds=None, channel="mix")
    prepare(folder(tmp_path / "videos"), tmp_path / "set", name="set", storage=storage, workers=1)
    clipset = open_clipset(tmp_path / "set")
    assert np.abs(clipset.clip(0).audio).max() > 0.2
    assert clipset.facts(0)["warnings"] == ["opposed_channels"]
