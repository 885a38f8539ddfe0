"""CLAP's sound tower against transformers' own whole pipeline, with the same rule-made weights and waves."""

import json
import sys

import numpy as np
import pytest
import torch
from rule_weights import clap_checkpoint, golden_input

from avbench import weights
from avbench.errors import DataError, MissingError
from avbench.features.clap import CLAPExtractor, RepeatedLogMel, empty_network
from avbench.features.extractor import Compute, Switches

WAVES = golden_input("clap/waves", (2, 76_800), 0.1)  # 1.6 s at 48 kHz


@pytest.fixture(scope="module")
def preprocessed():
    """What transformers makes of the waves, by `preprocessor_config.json` of LAION's unfused CLAP."""
    from transformers import ClapFeatureExtractor

    theirs = ClapFeatureExtractor(frequency_min=50, frequency_max=14_000, truncation="rand_trunc", padding="repeatpad")
    return torch.from_numpy(np.stack(theirs(list(WAVES.numpy()), sampling_rate=48_000)["input_features"]))


@pytest.mark.slow  # imports transformers
def test_the_spectrogram_of_a_short_wave_is_that_of_transformers(preprocessed):
    ours = RepeatedLogMel()(WAVES)
    assert ours.shape == (2, 1, 1001, 64)
    np.testing.assert_allclose(ours, preprocessed, atol=1e-3)  # dB


def test_a_wave_is_repeated_as_often_as_it_fits_and_then_silent():
    spectrogram = RepeatedLogMel()(WAVES)[0, 0]  # of 6 x 1.6 s: 960 of 1001 frames
    np.testing.assert_allclose(spectrogram[10:150], spectrogram[170:310], atol=1e-3)
    assert (spectrogram[963:] == -100).all() and (spectrogram[:955] > -100).all()


@pytest.mark.slow
def test_the_network_has_the_keys_and_shapes_of_the_published_file(golden):
    own = {key: list(tensor.shape) for key, tensor in empty_network().state_dict().items()}
    assert own == json.loads((golden / "features" / "clap_keys.json").read_text())


@pytest.mark.slow
def test_the_pinned_size_is_that_of_both_towers():
    from transformers import ClapConfig, ClapModel

    with torch.device("meta"):
        whole = ClapModel(ClapConfig())
    tensors = sum(tensor.nbytes for tensor in whole.state_dict().values())
    assert tensors < weights.get("clap").bytes < 1.001 * tensors


@pytest.mark.slow
def test_embeddings_are_those_of_transformers_whole_model(preprocessed, tmp_path):
    from transformers import ClapConfig, ClapModel

    whole = ClapModel(ClapConfig(text_config={"num_hidden_layers": 1})).eval()
    checkpoint = whole.state_dict() | clap_checkpoint()
    whole.load_state_dict(checkpoint)
    torch.save(checkpoint, tmp_path / "clap.bin")
    forward = CLAPExtractor().load(tmp_path / "clap.bin", Compute(), Switches())
    with torch.inference_mode():
        wanted = whole.get_audio_features(preprocessed).pooler_output
    rows = forward(WAVES[:, None])
    assert rows.shape == (2, 512)
    np.testing.assert_allclose(rows, wanted, atol=1e-4)
    assert (rows[0] - rows[1]).abs().max() > 1e-3  # the weights tell waves apart
    with pytest.raises(DataError, match=r"windows last 10\.1 s; CLAP hears at most 10 s"):
        forward(torch.zeros(1, 1, 484_800))


@pytest.mark.slow
def test_another_networks_checkpoint_is_refused(tmp_path):
    torch.save({"audio_projection.linear1.weight": torch.zeros(3, 3)}, tmp_path / "other.bin")
    with pytest.raises(DataError, match=r"other\.bin: this is the checkpoint of another network than ClapAudio"):
        CLAPExtractor().load(tmp_path / "other.bin", Compute(), Switches())


def test_without_transformers_the_way_to_install_it_is_told(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "transformers.models.clap", None)
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingError, match=r"pip install 'avbench\[clap\]'"):
        CLAPExtractor().load(tmp_path / "clap.bin", Compute(), Switches())


def test_the_weights_come_from_laion_and_are_pinned():
    known = weights.get("clap")
    assert "/laion/clap-htsat-unfused/resolve/" in known.urls[0]
    assert known.sha256.startswith("1cd3c601") and known.licence == "Apache-2.0"
