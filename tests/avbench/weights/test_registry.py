"""What is known of the weights."""

import re

import pytest

from avbench import weights
from avbench.errors import UsageError


def test_knows_the_weights_of_the_paper_the_embedded_ones_and_the_backbones() -> None:
    assert set(weights.names()) >= {
        "i3d",
        "audioclip",
        "transnetv2",
        "aisfx",
        "i3d_r50",
        "x3d_m",
        "slow_r50",
        "mvit_base_16x4",
        "mm-diffusion-landscape",
        "mm-diffusion-aist-sr",
    }


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match='no weights file is called "i3"; known: adm-upsampler, aisfx, audioclip,'):
        weights.get("i3")


@pytest.mark.parametrize("name", ["i3d", "audioclip", "transnetv2", "aisfx"])
def test_size_and_hash_of_scored_weights_are_known_before_they_are_fetched(name: str) -> None:
    known = weights.get(name)
    assert known.bytes and re.fullmatch("[0-9a-f]{64}", known.sha256 or "")


@pytest.mark.parametrize("name", weights.names())
def test_every_file_has_a_licence_and_exactly_one_kind_of_source(name: str) -> None:
    known = weights.get(name)
    assert known.licence and known.source
    assert [bool(known.urls), bool(known.wheel), known.by_hand].count(True) == 1


def test_no_two_weights_share_a_file() -> None:
    files = [weights.path_of(name) for name in weights.names()]
    assert len(set(files)) == len(files)
