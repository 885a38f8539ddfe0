from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from PIL import Image

from avbench.clip import Clip
from avbench.errors import MachineError, UsageError
from reports.contact_sheet import contact_sheet
from reports.style import DPI

RED, GREEN, ACCENT = (220, 30, 30), (30, 200, 40), (15, 123, 138)


def make_clip(*, key: str = "one", label: str = "red", colour=RED, tone: float = 0.5) -> Clip:
    """Two seconds of one colour, with a tone."""
    return Clip(
        key=key,
        label=label,
        video=np.full((20, 36, 48, 3), colour, np.uint8),
        audio=np.float32(tone) * np.sin(np.arange(32_000, dtype=np.float32) / 6)[None].repeat(2, axis=0),
        fps=Fraction(10),
        sample_rate=16_000,
    )


def drawn(tmp_path, *clips: Clip, title: str = "") -> np.ndarray:
    contact_sheet(clips, tmp_path / "sheet.png", title=title)
    with Image.open(tmp_path / "sheet.png") as image:
        return np.asarray(image.convert("RGB")).astype(int)


def share(sheet: np.ndarray, colour) -> float:
    """Share of the pixels that have a colour."""
    return float((np.abs(sheet - colour).max(axis=-1) < 4).mean())


def test_the_same_clips_give_the_same_bytes(tmp_path):
    for name in ("a.png", "b.png"):
        contact_sheet([make_clip(), make_clip(key="two")], tmp_path / name, title="twice")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_frames_are_shown_in_their_colours(tmp_path):
    sheet = drawn(tmp_path, make_clip(colour=RED), make_clip(colour=GREEN))
    assert share(sheet, RED) == pytest.approx(share(sheet, GREEN), rel=0.02)
    assert share(sheet, RED) > 0.1


def test_a_frame_stands_at_its_time(tmp_path):
    video = make_clip().video.copy()
    video[10:] = GREEN  # from the middle on
    sheet = drawn(tmp_path, replace(make_clip(), video=video))
    green = np.flatnonzero((np.abs(sheet - GREEN).max(axis=-1) < 4).any(axis=0))
    red = np.flatnonzero((np.abs(sheet - RED).max(axis=-1) < 4).any(axis=0))
    assert red.max() < sheet.shape[1] / 2 < green.min() + 2


def test_four_clips_stand_two_by_two(tmp_path):
    one, four = (drawn(tmp_path, *[make_clip()] * count) for count in (1, 4))
    assert 1.8 < four.shape[1] / one.shape[1] < 2.1
    assert 1.5 < four.shape[0] / one.shape[0] < 2


def test_a_title_makes_room_for_itself(tmp_path):
    plain, titled = drawn(tmp_path, make_clip()), drawn(tmp_path, make_clip(), title="a title")
    assert titled.shape[0] - plain.shape[0] == pytest.approx(0.4 * DPI, abs=1)


def test_a_quiet_clip_has_as_high_a_waveform_as_a_loud_one(tmp_path):
    loud, quiet = (drawn(tmp_path, make_clip(tone=tone, label="")) for tone in (0.9, 0.01))
    assert share(quiet, ACCENT) == pytest.approx(share(loud, ACCENT), rel=0.02)


def test_a_clip_without_sound_has_no_waveform(tmp_path):
    assert share(drawn(tmp_path, replace(make_clip(label=""), audio=None)), ACCENT) == 0


def test_a_clip_without_picture_has_its_sound_only(tmp_path):
    sheet = drawn(tmp_path, replace(make_clip(label=""), video=None))
    assert share(sheet, RED) == 0
    assert share(sheet, ACCENT) > 0.02


def test_a_silent_clip_has_a_flat_line(tmp_path):
    sheet = drawn(tmp_path, replace(make_clip(label=""), audio=np.zeros((1, 32_000), np.float32)))
    assert 0 < share(sheet, ACCENT) < 0.01


def test_portraits_keep_their_proportions(tmp_path):
    video = np.full((20, 80, 40, 3), RED, np.uint8)
    sheet = drawn(tmp_path, replace(make_clip(), video=video))
    red = np.abs(sheet - RED).max(axis=-1) < 4
    rows = np.flatnonzero(red.any(axis=1))
    across = red[rows[len(rows) // 2]]
    tile = np.diff(np.flatnonzero(np.diff(across.astype(int))))[0]
    assert len(rows) / tile == pytest.approx(2, rel=0.05)


def test_a_clip_of_few_frames_repeats_them(tmp_path):
    video = np.stack([np.full((36, 48, 3), colour, np.uint8) for colour in (RED, GREEN)])
    sheet = drawn(tmp_path, replace(make_clip(), video=video, fps=Fraction(1)))
    assert share(sheet, RED) == pytest.approx(share(sheet, GREEN), rel=0.02)


def test_a_sound_shorter_than_a_spectrum_is_drawn(tmp_path):
    assert drawn(tmp_path, replace(make_clip(), audio=np.full((1, 100), 0.5, np.float32))).size


def test_a_long_name_loses_its_middle(tmp_path):
    long, short = (drawn(tmp_path, make_clip(key=key)) for key in ("a" * 99 + "z" * 99, "a" * 19 + "…" + "z" * 19))
    assert np.array_equal(long, short)


def test_no_clips_are_refused(tmp_path):
    with pytest.raises(UsageError, match="no clips"):
        contact_sheet([], tmp_path / "sheet.png")


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match="stands where a folder is needed"):
        contact_sheet([make_clip()], tmp_path / "file" / "sheet.png")
