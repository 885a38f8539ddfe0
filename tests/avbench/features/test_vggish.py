"""VGGish against torchvggish 0.2, run on the same rule-made weights and wave."""

import json
import math

import numpy as np
import pytest
import torch
from rule_weights import golden_input, vggish_checkpoint

from avbench import weights
from avbench.errors import DataError
from avbench.features.extractor import Compute, Switches
from avbench.features.log_mel_vggish import SAMPLE_RATE, LogMelPatches, mel_weights
from avbench.features.vggish import VGGish, VGGishExtractor

WAVE = golden_input("vggish/wave", (1, 30_960), 0.1)  # two patches side by side, to the sample


@pytest.fixture
def published(golden):
    with np.load(golden / "features" / "vggish.npz") as arrays:
        return {name: torch.from_numpy(arrays[name]) for name in arrays}


def test_patches_are_those_of_torchvggish(published):
    patches = LogMelPatches()(WAVE)
    assert patches.shape == (1, 2, 96, 64)
    np.testing.assert_allclose(patches[0], published["log_mel"], atol=2e-4)


def test_silence_is_the_logarithm_of_the_offset():
    assert LogMelPatches()(torch.zeros(1, 25_600)).unique().tolist() == pytest.approx([math.log(0.01)])


def test_patches_of_a_window_reach_from_its_first_frame_to_its_last():
    wave = torch.zeros(1, 25_600)  # 158 frames: the second patch begins at frame 62
    wave[:, :160], wave[:, -160:] = 0.5, 0.5
    first, last = LogMelPatches()(wave)[0]
    assert (first[0] > last[0]).any() and (last[-1] > first[-1]).any()


def test_a_tone_is_in_the_band_of_its_pitch():
    tone = torch.sin(2 * torch.pi * 1000 / SAMPLE_RATE * torch.arange(15_600))[None]
    loudest = LogMelPatches()(tone)[0, 0].mean(dim=0).argmax()
    assert mel_weights()[32, loudest] > 0.5  # bin 32 of 512 is 1000 Hz


def test_the_network_has_the_keys_and_shapes_of_the_published_file(golden):
    with torch.device("meta"):
        own = {key: list(tensor.shape) for key, tensor in VGGish().state_dict().items()}
    assert own == json.loads((golden / "features" / "vggish_keys.json").read_text())


def test_another_networks_checkpoint_is_refused(tmp_path):
    torch.save({"features.0.weight": torch.zeros(64, 3, 3, 3)}, tmp_path / "other.pth")
    with pytest.raises(DataError, match=r"other\.pth: this is the checkpoint of another network than VGGish"):
        VGGishExtractor().load(tmp_path / "other.pth", Compute(), Switches())


def test_the_weights_come_from_the_release_whose_name_holds_the_beginning_of_the_hash():
    known = weights.get("vggish")
    assert known.urls[0].endswith("/torchvggish/releases/download/v0.1/vggish-10086976.pth")
    assert known.sha256.startswith("10086976") and known.licence == "Apache-2.0"


@pytest.mark.slow  # 72 million weights
def test_embeddings_are_those_of_torchvggish_before_its_last_rectification(published, tmp_path):
    torch.save(vggish_checkpoint(), tmp_path / "vggish.pth")
    forward = VGGishExtractor().load(tmp_path / "vggish.pth", Compute(), Switches())
    with torch.inference_mode():
        rows = forward(WAVE[None])
    np.testing.assert_allclose(rows[0], published["embeddings"].mean(dim=0), atol=1e-4)
    with pytest.raises(DataError, match="VGGish needs 15600, 0.975 s at 16 kHz"):
        forward(WAVE[None, :, :15_599])
