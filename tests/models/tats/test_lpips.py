import golden_tats as golden
import pytest
import torch

from avbench.errors import MissingError
from models.tats.lpips import LPIPS


@pytest.fixture(scope="module")
def lpips():
    network = LPIPS()
    named = golden.by_rule({f"perceptual_model.{key}": tensor for key, tensor in network.state_dict().items()})
    network.load_state_dict({key.removeprefix("perceptual_model."): tensor for key, tensor in named.items()})
    return network


def test_distances_equal_the_public_codes(lpips):
    found = golden.output("lpips")
    a, b = (golden.given("lpips", name) for name in "ab")
    features = lpips.features(a)
    torch.testing.assert_close(features[0][:1, :16], found["feat0"], rtol=1e-3, atol=1e-6)
    torch.testing.assert_close(features[4], found["feat4"], rtol=1e-3, atol=1e-6)
    torch.testing.assert_close(lpips(a, b), found["distance"], rtol=1e-3, atol=1e-6)


def test_black_pictures_have_gradients_that_are_numbers(lpips):
    silent = LPIPS()
    silent.load_state_dict({key: torch.zeros_like(tensor) for key, tensor in lpips.state_dict().items()})
    silent.scaling_layer.scale.fill_(1.0)
    picture = torch.zeros(1, 3, 32, 32, requires_grad=True)
    silent(picture, torch.zeros(1, 3, 32, 32)).sum().backward()
    assert torch.isfinite(picture.grad).all()


def test_it_is_frozen_and_never_in_training_mode(lpips):
    assert not any(each.requires_grad for each in lpips.parameters())
    assert not any(module.training for module in lpips.train().modules())


def test_pretrained_weights_are_torchvisions_and_lpipss_own(lpips, tmp_path, monkeypatch):
    own = lpips.state_dict()
    features = {f"features.{key.split('.', 2)[2]}": tensor for key, tensor in own.items() if key.startswith("net.")}
    files = {
        "vgg16": features | {"classifier.0.weight": torch.zeros(2, 2)},
        "lpips-vgg": {key: tensor for key, tensor in own.items() if key.startswith("lin")},
    }
    for name, state_dict in files.items():
        torch.save(state_dict, tmp_path / name)
    monkeypatch.setattr("models.tats.lpips.weights.resolve", lambda name: type("Found", (), {"path": tmp_path / name}))
    fresh = LPIPS()
    fresh.load_pretrained()
    assert all(torch.equal(tensor, own[key]) for key, tensor in fresh.state_dict().items())


def test_missing_weights_name_their_source(monkeypatch, tmp_path):
    monkeypatch.setenv("AVBENCH_HOME", str(tmp_path))
    monkeypatch.setenv("AVBENCH_OFFLINE", "1")
    with pytest.raises(MissingError, match=r"vgg16: .*vgg16-397923af\.pth is missing"):
        LPIPS().load_pretrained()
