import json

import golden_mm_diffusion as golden
import pytest
import torch

from avbench.errors import DataError
from models.mm_diffusion.config import PAPER
from models.mm_diffusion.coupled_unet import CoupledUNet
from models.mm_diffusion.single_stream import AudioUNet, VideoUNet

CASE = "tinyA_shift0"


def on_meta(network, config):
    with torch.device("meta"):
        return network(config)


def test_the_64_pixel_network_has_the_1046_published_keys_and_shapes():
    published = json.loads((golden.FOLDER / "unet64_state_dict_shapes.json").read_text())
    assert {key: list(tensor.shape) for key, tensor in on_meta(CoupledUNet, PAPER).to_published().items()} == published
    assert len(published) == 1046


@pytest.mark.parametrize("case", ["tinyA_shift0", "tinyB_shift0"])  # without and with attention in the middle
def test_published_weights_come_back_as_they_were(case):
    weights, back = golden.state_dict(case), golden.network(case).to_published()
    assert weights.keys() == back.keys()
    assert all(torch.equal(weights[key], back[key]) for key in weights)


def test_the_middle_has_attention_where_the_windows_are_1_4_8_unless_told_otherwise():
    with_middle = golden.state_dict("tinyB_shift0")
    settings = golden.settings("tinyB_shift0")
    assert CoupledUNet.from_published(with_middle, **settings).config.cross_in_middle
    other_windows = settings | {"windows": (1, 2, 4)}
    with pytest.raises(DataError, match=r"middle_blocks\.1\.\S+ is missing in the checkpoint"):
        CoupledUNet.from_published(with_middle, **other_windows)
    CoupledUNet.from_published(with_middle, **other_windows, cross_in_middle=True)


def test_a_checkpoint_of_another_width_is_refused_by_its_first_key_and_shapes():
    with pytest.raises(DataError, match=r"time_embed\.0\.weight is \(32, 32\) in the checkpoint and \(64, 64\) in the"):
        CoupledUNet.from_published(golden.state_dict(CASE), **golden.settings(CASE) | {"channels": 64})


def test_a_checkpoint_that_lacks_a_key_is_refused_by_its_name():
    weights = {key: tensor for key, tensor in golden.state_dict(CASE).items() if key != "audio_out.0.GroupNorm.bias"}
    with pytest.raises(
        DataError, match=r"audio_out\.0\.GroupNorm\.bias is missing in the checkpoint and \(32,\) in the"
    ):
        CoupledUNet.from_published(weights, **golden.settings(CASE))


def test_a_checkpoint_with_a_key_too_many_is_refused_by_its_name():
    with pytest.raises(
        DataError, match=r"label_emb\.weight is \(10, 32\) in the checkpoint and missing in the network"
    ):
        weights = golden.state_dict(CASE) | {"label_emb.weight": torch.zeros(10, 32)}
        CoupledUNet.from_published(weights, **golden.settings(CASE))


@pytest.mark.parametrize(
    ("network", "parameters", "left_out"),
    [
        (VideoUNet, 88_518_147, ("audio",)),
        (AudioUNet, 26_423_297, ("video", "spatial_attention", "temporal_attention")),
    ],
)
def test_a_single_stream_has_the_coupled_networks_keys_without_the_other_stream_and_what_couples_them(
    network, parameters, left_out
):
    coupled = on_meta(CoupledUNet, PAPER).to_published()
    own = on_meta(network, PAPER).to_published()
    coupling = tuple(
        f".{name}" for name in ("v_norm.", "a_norm.", "v_qkv.", "a_qkv.", "video_proj_out.", "audio_proj_out.")
    )
    expected = {
        key: tensor.shape
        for key, tensor in coupled.items()
        if not any(word in key for word in left_out) and not any(name in key for name in coupling)
    }
    assert {key: tensor.shape for key, tensor in own.items()} == expected
    assert sum(tensor.numel() for tensor in own.values()) == parameters
