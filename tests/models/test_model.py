"""What models promise the commands."""

import pytest

from models.registry import MODELS

_USES = {
    "audio-only": "sample mine",
    "diffwave": "sample mine",
    "digan": "sample mine",
    "mm-diffusion": "sample mine",
    "super-resolution": "upscale CLIPSET --with mine",
    "tats": "sample mine",
    "tats-audio": "sample mine --from-audio CLIPSET",
    "tats-audio-vqgan": "train tats-audio --first-stage mine",
    "tats-vqgan": "train tats --first-stage mine",
    "video-only": "sample mine",
}


@pytest.mark.parametrize(("name", "use"), list(_USES.items()))
def test_says_what_a_trained_run_is_for(name, use):
    assert MODELS[name].use("mine") == use
