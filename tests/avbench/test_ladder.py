"""The ladder from the published protocol to the clean one: one switch at a time, all of them, and nothing else."""

import dataclasses
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from tiny import TINY, make_movies, register_tiny_extractors

from avbench.config import EvaluateConfig
from avbench.ladder import SUBJECTS, climb, rungs
from avbench.protocol import AVBENCH, PUBLISHED, Protocol

CONFIG = EvaluateConfig(reference=Path("real"), generated=Path("made"), protocol=PUBLISHED.with_samples(64), runs=2)


def unlike(one, other):
    fields = [field.name for field in dataclasses.fields(Protocol) if field.name != "name"]
    return [name for name in fields if getattr(one, name) != getattr(other, name)]


def test_it_starts_at_the_published_protocol_and_climbs_to_the_clean_one():
    climbed = [rung for rung in rungs(CONFIG) if rung.kind != "aside"]
    assert climbed[0].config.protocol == PUBLISHED.with_samples(64)
    assert climbed[-1].config.protocol == AVBENCH.with_samples(64)


def test_each_rung_changes_one_switch_and_says_which():
    climbed = [rung for rung in rungs(CONFIG) if rung.kind != "aside"]
    for before, rung in zip(climbed, climbed[1:], strict=False):
        assert unlike(before.config.protocol, rung.config.protocol) == [rung.switch]


def test_every_switch_in_which_the_protocols_differ_is_a_rung():
    assert [rung.switch for rung in rungs(CONFIG) if rung.kind == "climb"] == unlike(PUBLISHED, AVBENCH)


def test_every_switch_has_a_subject_that_a_reader_knows():
    assert {rung.switch for rung in rungs(CONFIG, splits=["train", "test"])} - {""} <= set(SUBJECTS)


def test_beside_the_top_stand_another_split_half_the_clips_and_another_seed():
    asides = {rung.switch: rung for rung in rungs(CONFIG, splits=["train", "test"]) if rung.kind == "aside"}
    assert list(asides) == ["split", "samples", "seed"]
    top = replace(CONFIG, protocol=AVBENCH.with_samples(64))
    assert asides["split"].config.protocol.split == "test"
    assert asides["samples"].config.protocol.samples == 32
    assert asides["seed"].config == replace(top, seed=1)


def test_a_set_with_one_split_has_no_step_to_another():
    assert "split" not in {rung.switch for rung in rungs(CONFIG, splits=["all"])}


@pytest.fixture(scope="module")
def lines(tmp_path_factory):
    """A ladder climbed on movies."""
    register_tiny_extractors()
    folder = tmp_path_factory.mktemp("ladder")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AVBENCH_HOME", str(folder / "home"))
        real = make_movies(folder / "real", 6, seed=1, seconds=3.2, fps=30, size=48)
        made = make_movies(folder / "made", 4, seed=2, size=64)
        config = EvaluateConfig(
            reference=real, generated=made, protocol=PUBLISHED.with_samples(8), features=TINY, runs=1
        )
        return climb(config, folder / "rungs")


def test_a_rung_tells_by_how_much_its_switch_moved_the_number(lines):
    climbed = lines[(lines["method"] == "made") & (lines["metric"] == "FVD[tiny_video]") & (lines["kind"] != "aside")]
    pd.testing.assert_series_equal(climbed["difference"], climbed["mean"].diff(), check_names=False)


def test_a_step_to_the_side_is_compared_with_the_top(lines):
    own = lines[(lines["method"] == "made") & (lines["metric"] == "FAD[tiny_audio]")]
    top = own.loc[own["kind"] != "aside", "mean"].iloc[-1]
    aside = own[own["kind"] == "aside"]
    assert list(aside["difference"]) == pytest.approx(list(aside["mean"] - top))


def test_switches_of_the_sound_leave_pictures_as_they_are(lines):
    own = lines[(lines["method"] == "made") & (lines["metric"] == "FVD[tiny_video]")].set_index("switch")["difference"]
    sound = ["audio_reader", "audio_span", "channel", "batch_statistics", "waveform_scale"]
    assert (own[sound] == 0).all() and own["eight_bit"] != 0
