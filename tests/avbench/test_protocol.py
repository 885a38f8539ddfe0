import dataclasses
import typing
from fractions import Fraction

import pytest

from avbench.errors import UsageError
from avbench.explain import MEANINGS
from avbench.protocol import AVBENCH, AVBENCH_256, PROTOCOLS, PUBLISHED, Protocol, get_protocol


def test_the_published_protocol_keeps_every_wart_of_the_released_evaluation():
    switches = PUBLISHED.as_dict()
    assert switches | {
        "split": "train", "samples": 2048, "windows": "stride1", "short_sets": "repeat",
        "frames": 16, "fps": "10", "size": 64, "frame_choice": "index", "antialias": False, "eight_bit": True,
        "audio_reader": "ffmpeg", "audio_span": "source-frames", "channel": "left",
        "batch_statistics": True, "audio_batch": 8, "waveform_scale": 1.0,
    } == switches  # fmt: skip


def test_a_ladder_of_single_switches_leads_from_published_to_avbench():
    rung = PUBLISHED
    for name, value in AVBENCH.as_dict().items():
        if name != "name":
            rung = rung.with_switches({name: str(value).lower() if isinstance(value, bool) else str(value)})
    assert rung.hash == AVBENCH.hash


def test_a_switch_makes_a_protocol_of_another_hash_and_name():
    changed = PUBLISHED.with_switches({"antialias": "true"})
    assert changed.antialias and changed.hash != PUBLISHED.hash
    assert changed.name == "published+antialias=true"


def test_a_switch_set_to_what_it_was_changes_nothing():
    assert PUBLISHED.with_switches({"antialias": "false"}) is PUBLISHED


def test_the_name_is_no_part_of_the_hash():
    assert dataclasses.replace(PUBLISHED, name="mine").hash == PUBLISHED.hash


def test_longer_and_larger_clips_can_be_judged():
    spec = AVBENCH.with_switches({"frames": "24", "fps": "24", "size": "256"})
    assert (spec.seconds, spec.size) == (1, 256)
    assert spec.hash != AVBENCH_256.hash


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"antialiasing": "true"}, 'no switch "antialiasing"; known: .*antialias'),
        ({"windows": "random"}, 'switch windows cannot be "random"; choose stride1 or grid or one'),
        ({"antialias": "yes"}, "choose true or false"),
        ({"frames": "many"}, 'switch frames cannot be "many"; it takes a int'),
        ({"fps": "1/0"}, "it takes a Fraction"),
        ({"frames": "0"}, "frames is 0; it must be positive"),
        ({"name": "mine"}, 'no switch "name"'),
    ],
)
def test_bad_switches_are_refused_with_the_known_ones(changes, message):
    with pytest.raises(UsageError, match=message):
        PUBLISHED.with_switches(changes)


def test_an_unknown_protocol_lists_the_known_ones():
    with pytest.raises(UsageError, match="known: published, avbench, avbench@256"):
        get_protocol("paper")


def test_fractional_rates_are_exact():
    assert AVBENCH.with_switches({"fps": "30000/1001"}).fps == Fraction(30000, 1001)


def test_every_value_of_every_switch_is_explained():
    for name, kind in typing.get_type_hints(Protocol).items():
        values = typing.get_args(kind) or ((True, False) if kind is bool else ())
        if values:
            assert set(MEANINGS[name]) == set(values)


def test_all_protocols_differ():
    assert len({protocol.hash for protocol in PROTOCOLS.values()}) == len(PROTOCOLS) == 3
