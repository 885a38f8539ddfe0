import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rule_weights import golden_input
from torch import Tensor, nn

from avbench.errors import DataError, UsageError
from avbench.features.i3d import I3D, same_padding
from avbench.features.i3d_extractor import preprocess
from avbench.features.i3d_fast import fuse

CASES = ("i3d/a", "i3d/b", "i3d/c")

# i3d_cases.json gives the reasons.
PLAIN, FUSED = 1e-4, 2e-3


@pytest.fixture(scope="module")
def network(i3d_weights: dict[str, Tensor]) -> I3D:
    return I3D.from_published(i3d_weights)


@pytest.fixture(scope="module")
def fused(network: I3D) -> I3D:
    return fuse(network)


@pytest.mark.parametrize("name", CASES)
def test_preprocessing_matches_the_published_one(name, golden):
    case, arrays = read(golden, name)
    inputs = preprocess(video(case))
    check_summary(inputs, case["preprocessed"], atol=1e-5)
    np.testing.assert_allclose(inputs[:, :, ::5, ::16, ::16], arrays["preprocessed_sub"], atol=1e-5)


@pytest.mark.parametrize("name", CASES)
def test_every_layer_matches_the_published_network(name, golden, network):
    case, arrays = read(golden, name)
    outputs = outputs_of_layers(network, preprocess(video(case)))
    for layer, expected in case["endpoints"].items():
        check_summary(outputs[layer], expected, atol=PLAIN, where=layer)
    np.testing.assert_allclose(outputs["logits"], arrays["logits"], atol=PLAIN)


@pytest.mark.parametrize("name", CASES)
def test_every_layer_of_the_fused_network_matches_the_published_network(name, golden, fused):
    case, arrays = read(golden, name)
    outputs = outputs_of_layers(fused, preprocess(video(case)))
    for layer, expected in case["endpoints"].items():
        check_summary(outputs[layer], expected, atol=FUSED, where=layer)
    np.testing.assert_allclose(outputs["logits"], arrays["logits"], atol=FUSED)


@pytest.mark.parametrize("frames", [9, 16, 17, 32])
def test_the_fused_network_gives_the_logits_of_the_plain_one(frames, network, fused):
    x = golden_input("fused", (1, 3, frames, 224, 224), 0.3).clamp(-1, 1)
    with torch.inference_mode():
        torch.testing.assert_close(fused(x), network(x), atol=2e-5, rtol=0)


@pytest.mark.parametrize(("frames", "windows"), [(9, 1), (17, 2), (32, 3)])
def test_logits_are_the_mean_over_windows_of_two_steps(frames, windows, network):
    x = golden_input("windows", (1, 3, frames, 224, 224), 0.3).clamp(-1, 1)
    with torch.inference_mode():
        last = outputs_of_layers(network, x)["Mixed_5c"]
        pooled = nn.functional.avg_pool3d(last, (2, 7, 7), stride=1)
        by_window = network.logits.conv3d(pooled).flatten(2)
        assert by_window.shape == (1, 400, windows)
        torch.testing.assert_close(network(x), by_window.mean(dim=2), atol=1e-4, rtol=0)


def test_bfloat16_moves_logits_by_less_than_one_percent(network):
    x = golden_input("bfloat16", (1, 3, 16, 224, 224), 0.3).clamp(-1, 1)
    with torch.inference_mode():
        exact, rounded = network(x), fuse(network, torch.bfloat16)(x.bfloat16())
    assert rounded.dtype == torch.float32
    assert 1e-4 < (rounded - exact).norm() / exact.norm() < 1e-2


def test_fusing_leaves_the_network_as_it_was(i3d_weights):
    network = I3D.from_published(i3d_weights)
    fuse(network)
    assert all(torch.equal(network.state_dict()[key], tensor) for key, tensor in i3d_weights.items())


def test_the_keys_are_the_published_ones(golden, network):
    shapes = json.loads((golden / "features" / "i3d_keys.json").read_text())
    assert {key: list(tensor.shape) for key, tensor in network.state_dict().items()} == shapes


def test_counters_of_batch_normalisation_may_be_there_or_not(i3d_weights, network):
    assert not any(key.endswith("num_batches_tracked") for key in i3d_weights)
    I3D.from_published(network.state_dict())


def test_weights_of_another_network_are_refused(i3d_weights):
    with pytest.raises(DataError, match=r"another network than I3D: logits\.conv3d\.bias missing; fc\.bias unexpected"):
        other = {**i3d_weights, "fc.bias": torch.zeros(400)}
        del other["logits.conv3d.bias"]
        I3D.from_published(other)


def test_windows_too_short_for_the_average_pool_are_refused(network):
    with pytest.raises(UsageError, match="at least 9 frames, and these have 8"):
        network(torch.zeros(1, 3, 8, 224, 224))


@pytest.mark.parametrize(
    ("length", "kernel", "stride", "expected"),
    [
        (224, 7, 2, (2, 3)),
        (9, 7, 2, (3, 3)),
        (112, 3, 2, (0, 1)),
        (5, 3, 2, (1, 1)),
        (14, 3, 1, (1, 1)),
        (3, 2, 2, (0, 1)),
    ],
)
def test_same_padding_puts_the_odd_step_behind(length, kernel, stride, expected):
    assert same_padding(length, kernel, stride) == expected


def test_the_shorter_side_becomes_224_and_the_middle_is_kept():
    x = torch.zeros(1, 3, 1, 448, 896)
    x[..., 224:672] = 1
    assert preprocess(x).mean() == pytest.approx(1, abs=0.01)


def read(golden: Path, name: str) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    cases = json.loads((golden / "features" / "i3d_cases.json").read_text())["cases"]
    with np.load(golden / "features" / "i3d.npz") as arrays:
        own = {key.removeprefix(f"{name}/"): arrays[key] for key in arrays if key.startswith(f"{name}/")}
    return next(case for case in cases if case["name"] == name), own


def video(case: dict[str, Any]) -> Tensor:
    """The rules "noise_video" and "block_video" of i3d_cases.json, as (B, 3, T, H, W) in [0, 1]."""
    _, T, C, H, W = case["shape"]
    videos = []
    for number, kind in enumerate(case["kinds"]):
        side = 8 if kind == "block" else 1
        z = golden_input(f"{case['name']}/{number}", (1, T, C, -(-H // side), -(-W // side)))
        z = z.repeat_interleave(side, 3).repeat_interleave(side, 4)[..., :H, :W]
        videos.append((127.5 + 50 * z).clamp(0, 255).round())
    return torch.cat(videos).transpose(1, 2) / 255


def outputs_of_layers(network: nn.Module, x: Tensor) -> dict[str, Tensor]:
    outputs = {}
    with torch.inference_mode():
        for name, layer in network.named_children():
            outputs[name] = x = layer(x)
    return outputs


def check_summary(tensor: Tensor, expected: dict[str, Any], atol: float, where: str = "") -> None:
    assert list(tensor.shape) == expected["shape"], where
    x = tensor.contiguous().numpy().ravel()
    found = [x.mean(dtype=np.float64), x.std(dtype=np.float64), x.min(), x.max()]
    np.testing.assert_allclose(
        found, [expected[key] for key in ("mean", "std", "min", "max")], atol=atol, err_msg=where
    )
    indices = [i * (x.size - 1) // 31 for i in range(32)]
    np.testing.assert_allclose(x[indices], expected["samples"], atol=atol, err_msg=where)
