from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from avbench.clip import Clip
from avbench.clipset import open_clipset
from avbench.clipset.made import MadeClip, MadeFolder, write_clip
from avbench.errors import UsageError
from reports.figures import class_sheets, conditional_sheets, draw_sheet, is_conditional


def clip(key: str, *, brightness: int = 100, sound: bool = True) -> Clip:
    wave = 0.3 * np.sin(np.arange(25_600) * 0.2, dtype=np.float32)
    return Clip(
        key=key,
        video=np.full((16, 64, 64, 3), brightness, np.uint8),
        audio=wave[None] if sound else None,
        fps=Fraction(10),
        sample_rate=16_000,
    )


@pytest.fixture
def made(tmp_path):
    """Writes a clip set of some keys, each with a label and a meta."""

    def made(name: str, entries: dict[str, dict], **look):
        folder = tmp_path / name
        for key in entries:
            write_clip(folder, clip(key, **look))
        clips = [MadeClip(file=f"{key}.mp4", **entry) for key, entry in entries.items()]
        MadeFolder(name=name, clips=clips, made={}).write(folder)
        return open_clipset(folder)

    return made


def test_clips_of_one_class_share_a_sheet(made):
    clipset = made("mine", {"a": {"label": "fire"}, "b": {"label": "rain"}, "c": {"label": "fire"}})
    sheets = class_sheets(clipset, clips=4, frames=4)
    assert [sheet.name for sheet in sheets] == ["mine-fire", "mine-rain"]
    assert {strip.name for strip in sheets[0].strips} == {"a", "c"}


def test_a_sheet_has_no_more_clips_than_asked_for(made):
    (sheet,) = class_sheets(made("mine", {key: {} for key in "abc"}), clips=2, frames=4)
    assert len(sheet.strips) == 2
    assert all(len(strip.clip.video) == 4 for strip in sheet.strips)


def test_what_was_given_stands_above_all_that_was_made_to_fit_it(made):
    given = made("given", {"x": {}, "y": {}})
    fitted = {f"s{place}": {"meta": {"condition_key": key}} for place, key in enumerate("xxyy")}
    samples = made("samples", fitted)
    assert is_conditional(samples) and not is_conditional(given)
    (sheet,) = conditional_sheets(samples, given, clips=1, frames=4)
    assert [(strip.given, strip.clip.key) for strip in sheet.strips] == [(True, "x"), (False, "s0"), (False, "s1")]


def test_of_a_given_clip_the_stretch_is_shown_that_was_given(made):
    given = made("given", {"x": {}})
    samples = made(
        "samples", {f"s{place}": {"meta": {"condition_key": "x", "condition_start": place}} for place in (0, 1)}
    )
    (sheet,) = conditional_sheets(samples, given, clips=4, frames=3)
    assert [strip.given for strip in sheet.strips] == [True, False, True, False]
    whole, rest = sheet.strips[0].clip, sheet.strips[2].clip
    assert (3 / whole.fps, 3 / rest.fps) == (Fraction("1.6"), Fraction("0.6"))


def test_another_set_than_the_given_one_is_refused(made):
    samples = made("samples", {"s": {"meta": {"condition_key": "x"}}})
    with pytest.raises(UsageError, match="no clip of it was made to fit a clip of .*--conditions"):
        conditional_sheets(samples, made("others", {"z": {}}), clips=1, frames=4)


def test_a_sheet_shows_frames_and_sound_and_repeats_to_the_byte(made, tmp_path):
    (sheet,) = class_sheets(made("mine", {"a": {}}, brightness=200), clips=1, frames=3)
    for name in ("one.png", "other.png"):
        draw_sheet(sheet, tmp_path / name)
    assert (tmp_path / "one.png").read_bytes() == (tmp_path / "other.png").read_bytes()
    picture = np.asarray(Image.open(tmp_path / "one.png").convert("RGB")).reshape(-1, 3)
    grey = np.abs(picture.astype(int) - 200).max(axis=1) < 8
    dark_purple = (picture < 60).all(axis=1)  # magma's quiet end
    assert grey.mean() > 0.2 and dark_purple.mean() > 0.05


def test_a_clip_without_sound_says_so_and_is_drawn(made, tmp_path):
    (sheet,) = class_sheets(made("mine", {"a": {}}, sound=False), clips=1, frames=3)
    draw_sheet(sheet, tmp_path / "sheet.png")
    assert (tmp_path / "sheet.png").stat().st_size > 1000
