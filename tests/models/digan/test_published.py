"""Published files of DIGAN: pickles of whole networks, and state dicts, under our names."""

import pickle
import sys
import types
from pathlib import Path

import golden_digan as golden
import pytest
import torch

from avbench.errors import DataError
from models.checkpoint import read_weights
from models.digan.config import PAPER
from models.digan.network import DiganNetwork
from models.digan.published import own_weights, published_weights
from models.importing import import_checkpoint
from models.registry import MODELS

MODEL = MODELS["digan"]
CASE = "generator_tiny_pair"
SETTINGS = {
    "spec.size": "32",
    "spec.frames": "4",
    "network.latent": "16",
    "network.style": "24",
    "network.channel_base": "512",
    "network.channel_max": "16",
    "network.frequencies": "6",
    "network.rank": "2",
    "network.coarse_size": "8",
    "network.third_layer_from": "32",
}


def state_dicts():
    """What the networks in a published file hold, with values by rule, and the state dict that they give."""
    network = golden.network(CASE)
    names = {
        f"D.{'videoD' if part == 'motion' else 'imageD'}.{key}": f"discriminators.{part}.{key}"
        for part in ("motion", "image")
        for key in getattr(network.discriminators, part).state_dict()
    }
    for key in network.generator.state_dict():
        published = key.replace("synthesis.b4.coord_fuser", "synthesis.b4.input.input.coord_fuser")
        names[f"G_ema.{published}"] = f"generator.{key}"
    own = network.state_dict()
    flat = {published: own[name].clone() for published, name in names.items()}
    taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
    for key in ("G_ema.synthesis.b4.conv1", "D.videoD.b32", "D.imageD.b8.skip"):
        flat[f"{key}.resample_filter"] = taps.outer(taps) / 64
    flat["G_ema.mapping.w_avg"] = torch.ones(24)
    return {
        part: {key.removeprefix(f"{part}."): tensor for key, tensor in flat.items() if key.startswith(f"{part}.")}
        for part in ("G_ema", "D")
    }, own


def as_modules(state_dict):
    """A tree of modules with these parameters."""
    root = torch.nn.Module()
    for key, tensor in state_dict.items():
        *path, name = key.split(".")
        module = root
        for part in path:
            if part not in module._modules:
                module.add_module(part, torch.nn.Module())
            module = module._modules[part]
        if name in ("resample_filter", "w_avg"):
            module.register_buffer(name, tensor)
        else:
            module.register_parameter(name, torch.nn.Parameter(tensor))
    return root


@pytest.fixture
def snapshot(tmp_path, monkeypatch):
    """A file as the released code writes it, whose classes carry their source code and are nowhere installed."""
    monkeypatch.chdir(tmp_path)
    foreign = types.ModuleType("persistence_elsewhere")

    class EasyDict(dict):
        pass

    def reconstruct(described):
        raise AssertionError("the code in the file was called")

    for name, thing in (("EasyDict", EasyDict), ("_reconstruct_persistent_obj", reconstruct)):
        thing.__module__, thing.__qualname__ = foreign.__name__, name
        setattr(foreign, name, thing)

    class Persistent:
        def __init__(self, module):
            self.module = module

        def __reduce__(self):
            described = EasyDict(
                type="class", version=6, module_src="raise", class_name="Any", state=self.module.__dict__
            )
            return reconstruct, (described,)

    parts, own = state_dicts()
    monkeypatch.setitem(sys.modules, foreign.__name__, foreign)
    content = {
        "training_set_kwargs": EasyDict(path="data"),
        "G": Persistent(torch.nn.Linear(1, 1)),
        "augment_pipe": None,
        **{name: Persistent(as_modules(state)) for name, state in parts.items()},
    }
    Path("network-snapshot-025000.pkl").write_bytes(pickle.dumps(content))
    monkeypatch.delitem(sys.modules, foreign.__name__)
    return Path("network-snapshot-025000.pkl"), own


def test_a_snapshot_of_the_released_code_becomes_a_run_with_its_averaged_generator(snapshot):
    file, own = snapshot
    run = import_checkpoint(file, "digan", data=Path("data/mine"), changes=SETTINGS)
    assert run.path.name == "digan-mine-released-1"
    weights, published = read_weights(run.checkpoints()[-1])
    assert not published and weights.keys() == own.keys()
    assert all(torch.equal(weights[name], tensor) for name, tensor in own.items())


def test_a_state_dict_of_the_generator_alone_is_enough_to_make_samples(tmp_path):
    parts, own = state_dicts()
    torch.save(parts["G_ema"], tmp_path / "generator.pt")
    weights, published = read_weights(tmp_path / "generator.pt", MODEL.published_weights)
    found = own_weights(weights, golden.network(CASE))
    assert published and all(torch.equal(found[name], tensor) for name, tensor in own.items())


@pytest.mark.parametrize("size", [64, 128])
def test_full_published_networks_fit_key_by_key(size):
    with torch.device("meta"):
        network = DiganNetwork(PAPER, size)
    shapes = golden.published_shapes(size)
    learnt = {key: tensor for key, tensor in shapes.items() if not key.endswith("resample_filter")}
    found = own_weights(learnt, network)
    assert {name: tensor.shape for name, tensor in found.items()} == {
        name: tensor.shape for name, tensor in network.state_dict().items()
    }


def test_a_file_without_a_network_in_the_place_of_one_is_refused():
    with pytest.raises(DataError, match="its D is None, and no network"):
        published_weights({"G_ema": state_dicts()[0]["G_ema"], "D": None})


@pytest.mark.parametrize(
    ("key", "tensor", "message"),
    [
        (
            "D.videoD.b4.out.bias",
            None,
            r"D\.videoD\.b4\.out\.bias is missing in the checkpoint and \(1,\)",
        ),
        ("G_ema.synthesis.b64.conv0.bias", torch.ones(3), r"b64\.conv0\.bias is \(3,\) in the checkpoint and missing"),
        ("D.imageD.b8.skip.resample_filter", torch.ones(4, 4) / 16, r"D\.imageD\.b8\.skip\S+ is another filter"),
    ],
)
def test_another_networks_file_is_refused_by_the_first_difference(key, tensor, message):
    given = published_weights(state_dicts()[0]) | {key: tensor}
    with pytest.raises(DataError, match=message):
        own_weights({name: value for name, value in given.items() if value is not None}, golden.network(CASE))
