import json

import golden_super_resolution as cases
import pytest
import torch
from rule_weights import fill, golden_input

from avbench.errors import DataError, UsageError
from models.super_resolution.config import PAPER, RELEASED, TINY, SuperResolutionConfig
from models.super_resolution.unet import SuperResolutionUNet


@pytest.fixture(scope="module")
def paper() -> SuperResolutionUNet:
    with torch.device("meta"):
        return SuperResolutionUNet(PAPER)


def test_has_the_311_million_parameters_of_table_a1(paper):
    assert sum(parameter.numel() for parameter in paper.parameters()) == 311_027_910


def test_bears_the_published_keys_and_shapes_in_their_order(paper):
    published = json.loads((cases.FOLDER / "sr256_state_dict_shapes.json").read_text())
    assert [(key, list(tensor.shape)) for key, tensor in paper.to_published().items()] == list(published.items())


def test_paper_and_released_weights_fit_each_other(paper):
    with torch.device("meta"):
        released = SuperResolutionUNet(RELEASED)
    assert released.state_dict().keys() == paper.state_dict().keys()


def test_predicts_what_the_released_code_predicts():
    given = cases.inputs("sr_tiny")
    with torch.no_grad():
        out = cases.network()(given["x"], torch.tensor(cases.CASES["sr_tiny"]["timesteps"]), given["low_res"])
    golden = cases.output("sr_tiny.out")
    assert (out - golden).abs().max() / golden.std() < cases.CASES["sr_tiny"]["compare"]["max_abs_over_std"]


def test_published_weights_come_back_as_they_were():
    weights, back = cases.published_weights(), cases.network().to_published()
    assert weights.keys() == back.keys() and all(torch.equal(weights[key], back[key]) for key in weights)


def test_the_label_embedding_of_the_class_conditional_upsampler_is_dropped():
    with_classes = cases.published_weights() | {"label_emb.weight": torch.zeros(1000, 128)}
    network = SuperResolutionUNet.from_published(with_classes, **cases.SETTINGS)
    assert torch.equal(network.stem.weight, with_classes["input_blocks.0.0.weight"])


def test_a_checkpoint_of_another_width_is_refused_by_its_first_key_and_shapes():
    with pytest.raises(DataError, match=r"time_embed\.0\.weight is \(128, 32\) in the checkpoint and \(256, 64\)"):
        SuperResolutionUNet.from_published(cases.published_weights(), **cases.SETTINGS | {"channels": 64})


def test_a_checkpoint_with_a_key_too_many_is_refused_by_its_name():
    with pytest.raises(DataError, match=r"extra\.bias is \(3,\) in the checkpoint and missing in the network"):
        weights = cases.published_weights() | {"extra.bias": torch.zeros(3)}
        SuperResolutionUNet.from_published(weights, **cases.SETTINGS)


def test_a_checkpoint_without_a_key_is_refused_by_its_name():
    weights = {key: tensor for key, tensor in cases.published_weights().items() if key != "out.2.bias"}
    with pytest.raises(DataError, match=r"out\.2\.bias is missing in the checkpoint and \(6,\) in the network"):
        SuperResolutionUNet.from_published(weights, **cases.SETTINGS)


def test_a_fresh_network_predicts_nothing():
    out = SuperResolutionUNet(TINY)(torch.randn(1, 3, 64, 64), torch.tensor([500]), torch.randn(1, 3, 16, 16))
    assert out.shape == (1, 6, 64, 64) and not out.any()


def test_computing_activations_twice_changes_no_gradient():
    gradients = []
    for twice in (False, True):
        network = SuperResolutionUNet(TINY)
        network.load_state_dict(fill(network.state_dict()))
        network.activation_checkpointing = twice
        small, large = golden_input("small", (1, 3, 2, 2)), golden_input("large", (1, 3, 8, 8))
        network(large, torch.tensor([7]), small).square().mean().backward()
        gradients.append([parameter.grad for parameter in network.parameters()])
    assert all(torch.equal(kept, computed) for kept, computed in zip(*gradients, strict=True))


def test_pictures_that_cannot_be_halved_often_enough_are_refused():
    with pytest.raises(UsageError, match="30x64 does not divide by 4"):
        SuperResolutionUNet(TINY)(torch.zeros(1, 3, 30, 64), torch.tensor([0]), torch.zeros(1, 3, 16, 16))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"low_size": 60}, "size 256 is no multiple of low_size 60"),
        ({"size": 192, "channel_mult": (1,) * 8}, "192x192 does not divide by 128"),
        ({"channels": 48}, "level 0 has 48 channels; normalisation needs a multiple of 32"),
        ({"heads": 5}, "level 3 has 384 channels; 5 heads"),
        ({"channels": 0}, "channels is 0"),
        ({"channel_mult": ()}, "channel_mult is empty"),
    ],
)
def test_settings_that_do_not_divide_are_refused(settings, message):
    with pytest.raises(UsageError, match=message):
        SuperResolutionConfig(**settings)
