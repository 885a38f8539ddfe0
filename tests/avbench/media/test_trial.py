"""The trials of codecs."""

from fractions import Fraction

import numpy as np
import pytest

from avbench.errors import DataError
from avbench.media import trial
from avbench.media.encode import encode_flac, encode_mp4


@pytest.mark.parametrize("codec", ["H.264", "FFV1", "AAC", "FLAC"])
def test_every_codec_of_this_machine_works(codec: str) -> None:
    trial.CODEC_TRIALS[codec]()


def test_a_codec_that_garbles_pictures_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    black = encode_mp4([np.zeros((64, 64, 3), np.uint8)] * 10, Fraction(10))
    monkeypatch.setattr(trial, "encode_mp4", lambda frames, fps: black)
    with pytest.raises(DataError, match="ten frames of rising brightness"):
        trial.CODEC_TRIALS["H.264"]()


def test_a_codec_that_loses_sound_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    silence = encode_flac(np.zeros((1, 44_100), np.float32), 44_100)
    monkeypatch.setattr(trial, "encode_flac", lambda audio, sample_rate: silence)
    with pytest.raises(DataError, match="a tone of loudness"):
        trial.CODEC_TRIALS["FLAC"]()
