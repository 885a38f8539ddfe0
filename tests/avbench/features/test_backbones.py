import sys
import warnings

import pytest
import torch
from rule_weights import fill, golden_input

from avbench.errors import DataError, MissingError
from avbench.features.backbones import Backbone
from avbench.features.extractor import EXTRACTORS, Compute, Switches

NAMES = ("i3d_r50", "mvit_base_16x4", "slow_r50", "x3d_m")


def backbone(name: str) -> Backbone:
    extractor = EXTRACTORS[name]
    assert isinstance(extractor, Backbone)
    return extractor


@pytest.mark.parametrize("name", NAMES)
def test_without_pytorchvideo_the_message_says_what_to_install(name, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "pytorchvideo", None)
    monkeypatch.delitem(sys.modules, "pytorchvideo.models.hub", raising=False)
    with pytest.raises(MissingError, match=rf"{name}.*pip install 'avbench\[backbones\]'"):
        backbone(name).load(tmp_path / "absent.pyth", Compute(), Switches())


@pytest.mark.parametrize(("name", "shape"), [("slow_r50", (8, 256, 256)), ("mvit_base_16x4", (16, 224, 224))])
@pytest.mark.parametrize("size", [(64, 64), (48, 80), (97, 72)])
def test_preprocessing_gives_the_shape_the_network_was_trained_on(name, shape, size):
    x = backbone(name).preprocess(torch.rand(2, 3, 16, *size))
    assert x.shape == (2, 3, *shape)


def test_preprocessing_normalises_colours():
    x = backbone("x3d_m").preprocess(torch.full((1, 3, 16, 64, 64), 0.9))
    torch.testing.assert_close(x, torch.full_like(x, 2.0))


def test_preprocessing_spreads_frames_evenly_from_first_to_last():
    video = torch.arange(16.0).reshape(1, 1, 16, 1, 1).expand(1, 3, 16, 64, 64)
    seen = backbone("i3d_r50").preprocess(video)[0, 0, :, 0, 0] * 0.225 + 0.45
    assert seen.round().int().tolist() == [0, 2, 4, 6, 8, 10, 12, 15]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_features_are_logits_of_the_model_zoos_network(name, tmp_path):
    pytest.importorskip("pytorchvideo", reason="needs the extra `backbones`")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        from pytorchvideo.models import hub
    network = getattr(hub, name)().eval()
    weights = fill(network.state_dict())
    torch.save({"model_state": weights}, tmp_path / "weights.pyth")
    forward = backbone(name).load(tmp_path / "weights.pyth", Compute(), Switches())
    videos = (0.5 + golden_input(name, (2, 3, 16, 48, 64), 0.2)).clamp(0, 1)
    rows = forward(videos)
    assert rows.shape == (2, 400) and rows.dtype == torch.float32
    network.load_state_dict(weights)
    with torch.inference_mode():
        expected = network(backbone(name).preprocess(videos))
    if name == "x3d_m":  # its network ends in a softmax
        rows = rows.softmax(dim=1)
    torch.testing.assert_close(rows, expected, atol=1e-4, rtol=1e-4)


@pytest.mark.slow
def test_a_checkpoint_of_another_network_is_named(tmp_path):
    pytest.importorskip("pytorchvideo", reason="needs the extra `backbones`")
    torch.save({"model_state": {"fc.weight": torch.zeros(1)}}, tmp_path / "other.pyth")
    with pytest.raises(DataError, match=r"other\.pyth: .*another network than Net.*fc\.weight unexpected"):
        backbone("x3d_m").load(tmp_path / "other.pyth", Compute(), Switches())
