"""The 3D-VQGAN against the public code's, on tiny networks; and the full one's parameters, key by key."""

from dataclasses import replace

import golden_tats as golden
import pytest
import torch
from torch import nn

from models.tats.config import PAPER_VQGAN
from models.tats.convolutions import SameConvolution, SameTransposedConvolution
from models.tats.vqgan import Tokenizer, Vqgan

NETWORKS = ("vqgan_tiny", "vqgan_tiny_group", "vqgan_tiny_stft")


@pytest.mark.parametrize("case", NETWORKS)
def test_tokens_and_reconstructions_equal_the_public_codes(case):
    network, found = golden.vqgan(case), golden.output(case)
    video = golden.given(case, "video")
    with torch.no_grad():
        torch.testing.assert_close(network.encoder(video), found["encoder"], rtol=1e-3, atol=1e-4)
        torch.testing.assert_close(network.vectors(video), found["z"], rtol=1e-3, atol=1e-4)
        tokens = network.encode(video)
        torch.testing.assert_close(network.decode(tokens), found["recon"], rtol=1e-3, atol=1e-4)
    assert torch.equal(tokens, found["indices"].long())


@pytest.mark.parametrize("case", NETWORKS)
def test_as_many_parameters_as_the_public_code(case):
    learnt = {name: each.numel() for name, each in golden.vqgan(case).named_parameters() if "perceptual" not in name}
    assert sum(learnt.values()) == golden.CASES[case]["params_without_perceptual"]


@pytest.mark.parametrize(("name", "image_channels"), [("vqgan_video", 3), ("vqgan_stft", 1)])
def test_the_full_network_has_the_published_keys_and_shapes(name, image_channels):
    config = PAPER_VQGAN if image_channels == 3 else replace(PAPER_VQGAN, codes=1024)
    with torch.device("meta"):
        own = Vqgan(config, image_channels=image_channels).state_dict()
    assert {key: list(tensor.shape) for key, tensor in own.items()} == golden.KEYS[name]


def test_frames_and_clips_are_judged_as_in_the_public_code():
    network, found = golden.vqgan("vqgan_tiny"), golden.output("vqgan_tiny_discriminators")
    video = golden.given("vqgan_tiny", "video")
    for kind, discriminator, seen in (
        ("image", network.image_discriminator, video[:, :, 2]),
        ("video", network.video_discriminator, video),
    ):
        with torch.no_grad():
            logits, features = discriminator(seen)
        wanted = [found[f"{kind}_feat{layer}"] for layer in range(4)]
        torch.testing.assert_close([logits, *features], [found[f"{kind}_logits"], *wanted], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "kernel", "stride"), [("k4s122", 4, (1, 2, 2)), ("k4s2", 4, (2, 2, 2)), ("k3s1", 3, (1, 1, 1))]
)
def test_convolutions_repeat_the_border_as_in_the_public_code(name, kernel, stride):
    x, found = golden.given("padding", name), golden.output("padding")
    layers: dict[str, nn.Module] = {f"conv_{name}": SameConvolution(2, 3, kernel, stride)}
    if f"convt_{name}" in found:
        layers[f"convt_{name}"] = SameTransposedConvolution(2, 3, kernel, stride)
    for output, layer in layers.items():
        layer.load_state_dict(golden.by_rule(layer.state_dict()))
        torch.testing.assert_close(layer(x), found[output], rtol=1e-4, atol=1e-5)


def test_a_still_clip_has_the_same_tokens_at_all_times():
    network = golden.vqgan("vqgan_tiny")
    still = golden.given("vqgan_tiny", "video")[:, :, :1].expand(-1, -1, 8, -1, -1)
    tokens = network.encode(still)
    assert torch.equal(tokens, tokens[:, :1].expand_as(tokens))


def test_encoding_teaches_nothing():
    network = golden.vqgan("vqgan_tiny").train()
    before = {name: buffer.clone() for name, buffer in network.codebook.named_buffers()}
    network.encode(golden.given("vqgan_tiny", "video"))
    assert all(torch.equal(before[name], buffer) for name, buffer in network.codebook.named_buffers())


def test_one_set_of_weights_serves_every_size():
    torch.manual_seed(0)
    network = Tokenizer(golden.VQGANS["vqgan_tiny"]).eval()
    assert network.encode(torch.zeros(1, 3, 4, 16, 24)).shape == (1, 2, 4, 6)
