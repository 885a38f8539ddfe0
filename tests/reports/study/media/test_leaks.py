"""Leaks: a method that one number gives away is found, and chance is not taken for one."""

from dataclasses import replace

import numpy as np
import pytest
from designs import make_clips
from sklearn.metrics import roc_auc_score

from reports.study.media.encode import MediaFacts
from reports.study.media.leaks import find_leaks, separability

PLAIN = MediaFacts(
    video_bytes=40_000,
    audio_bytes=12_000,
    seconds=1.6,
    width=256,
    height=256,
    frames=16,
    sample_rate=16_000,
    channels=1,
    loudness_lufs=-23.0,
    peak_dbfs=-6.0,
    tags="major_brand=isom",
)


@pytest.fixture
def clips():
    return make_clips(40, ("real", "ours"))


def leaks(clips, fact_of, bytes_of=lambda clip: 90_000):
    facts = {clip.clip_id: fact_of(clip) for clip in clips}
    return find_leaks(clips, facts, {clip.clip_id: bytes_of(clip) for clip in clips}, seed=0)


def test_equal_files_give_nothing_away(clips):
    assert leaks(clips, lambda clip: PLAIN).warnings == []


@pytest.mark.parametrize(
    ("feature", "change"),
    [
        ("loudness LUFS", {"loudness_lufs": -20.0}),
        ("loudness LUFS", {"loudness_lufs": None}),
        ("seconds", {"seconds": 1.7}),
        ("width", {"width": 64}),
        ("tags", {"tags": "encoder=other"}),
        ("coded picture bytes", {"video_bytes": 9_000}),
    ],
)
def test_what_all_clips_of_a_method_have_gives_it_away(clips, feature, change):
    report = leaks(clips, lambda clip: replace(PLAIN, **change) if clip.method == "ours" else PLAIN)
    assert any(f"{feature} tells ours from real" in warning for warning in report.warnings)


def test_a_file_size_gives_away(clips):
    report = leaks(clips, lambda clip: PLAIN, lambda clip: 80_000 if clip.method == "ours" else 90_000)
    assert [warning.split(" (")[0] for warning in report.warnings] == [
        "landscape: file bytes tells ours from real",
        "landscape: bits per second tells ours from real",
    ]


def test_what_only_the_inside_of_a_file_tells_is_marked(clips):
    report = leaks(clips, lambda clip: replace(PLAIN, video_bytes=9) if clip.method == "ours" else PLAIN)
    assert "only within the files" in report.warnings[0]


def test_chance_seldom_warns(clips):
    rng = np.random.default_rng(0)
    reports = [leaks(clips, lambda clip: replace(PLAIN, video_bytes=int(rng.integers(9e4)))) for _ in range(20)]
    assert sum(bool(report.warnings) for report in reports) <= 3


def test_the_area_is_that_of_the_better_threshold():
    rng = np.random.default_rng(0)
    one, other = rng.normal(size=(1, 30)), rng.normal(-0.8, 1, size=(1, 20))
    labels = [1] * 30 + [0] * 20
    aucs, _ = separability(one, other, np.random.default_rng(1))
    assert aucs[0] == pytest.approx(roc_auc_score(labels, np.concatenate([one, other], axis=1)[0]))
    flipped, _ = separability(other, one, np.random.default_rng(1))
    assert flipped[0] == pytest.approx(aucs[0])


def test_the_distribution_of_each_number_is_told_by_method(clips):
    report = leaks(clips, lambda clip: replace(PLAIN, loudness_lufs=-20.0) if clip.method == "ours" else PLAIN)
    found = {(one.method, one.feature): one for one in report.distributions}
    assert found["ours", "loudness LUFS"].mean == -20 and found["real", "loudness LUFS"].median == -23
    assert found["real", "seconds"].clips == 40
