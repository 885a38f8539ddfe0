"""`avbench import`, as it is typed: checkpoints of the true key layout become runs."""

import json
from pathlib import Path

import pytest
import torch

from avbench import weights
from avbench.clipset import open_clipset
from models.checkpoint import load_checkpoint
from models.config import RunConfig
from models.mm_diffusion.coupled_unet import CoupledUNet
from models.registry import MODELS
from models.run import Run

_STREAMS = (
    "network.channels=32 network.channel_mult=1,2 network.blocks_per_level=1 network.self_attention_factors=2 "
    "network.cross_attention_factors=2 network.windows=2 network.cross_head_channels=32 network.frames=4 "
    "spec.frames=4 spec.size=8 spec.sample_rate=640"
)
# Networks of the true layout that compute in milliseconds.
SMALL = {
    "mm-diffusion": _STREAMS,
    "video-only": _STREAMS,
    "audio-only": _STREAMS,
    "super-resolution": "network.channels=32 network.channel_mult=1,2 network.blocks_per_level=1 "
    "network.attention_factors=2 network.size=16 network.low_size=8 spec.size=16",
}


def settings(model):
    return [part for setting in SMALL[model].split() for part in ("--set", setting)]


def small_network(model, tmp_path):
    """A network with random weights in all places, also where a fresh one has zeros."""
    from avbench.settings import changed

    preset = MODELS[model].presets["released"]
    fields = {name: getattr(preset, name) for name in ("spec", "network", "training", "sampling")}
    config = RunConfig(model=model, preset="released", data=tmp_path, **fields)
    network = MODELS[model].build(changed(config, dict(setting.split("=") for setting in SMALL[model].split())))
    generator = torch.Generator().manual_seed(0)
    for parameter in network.parameters():
        parameter.data = 0.1 * torch.randn(parameter.shape, generator=generator)
    return network


@pytest.fixture
def published(tmp_path):
    """Writes a checkpoint of random weights as the released code does, and returns them as ours too."""

    def write(model, name):
        network = small_network(model, tmp_path)
        torch.save(network.to_published(), tmp_path / name)
        return network.state_dict()

    return write


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("mm-diffusion", "Landscape.pt"),
        ("mm-diffusion", "ema_0.9999_100000.pt"),
        ("video-only", "model100000.pt"),
        ("audio-only", "model100000.pt"),
        ("super-resolution", "Landscape_SR.pt"),
    ],
)
def test_a_published_checkpoint_becomes_a_run_with_its_weights(avbench, published, model, name):
    state = published(model, name)
    code, out, err = avbench("import", name, "--as", model, "--data", "data/mine", *settings(model))
    assert (code, out) == (0, f"runs/{model}-mine-released-1\n"), err
    run = Run(Path(out.strip()))
    assert (run.config.model, run.config.preset, run.config.data) == (model, "released", Path("data/mine"))
    checkpoint = load_checkpoint(run.checkpoint_file(0))
    assert checkpoint.ema.keys() == state.keys()
    assert all(torch.equal(checkpoint.ema[key], state[key]) for key in state)


def test_an_imported_run_is_sampled(avbench, published):
    published("mm-diffusion", "Landscape.pt")
    avbench("import", "Landscape.pt", "--as", "mm-diffusion", "--name", "mine", *settings("mm-diffusion"))
    code, out, err = avbench("sample", "mine", "--samples", 1, "--steps", 3)
    assert code == 0, err
    record = open_clipset(Path(out.strip())).records[0]
    assert (record.frames, record.width, record.sample_rate) == (4, 8, 640)
    assert record.meta == {"model": "mm-diffusion", "seed": 0, "steps": 3}


@pytest.mark.parametrize(("name", "data"), [("Landscape.pt", "landscape"), ("AIST++_SR.pt", "aist")])
def test_the_name_of_a_released_file_tells_its_data_set(avbench, published, name, data):
    published("mm-diffusion", name)
    _, out, err = avbench("import", name, "--as", "mm-diffusion", *settings("mm-diffusion"))
    assert Run(Path(out.strip())).config.data == Path("data") / data, err


def test_another_file_is_of_the_only_data_set(avbench, published):
    published("mm-diffusion", "ema_0.9999_100000.pt")
    arguments = ("import", "ema_0.9999_100000.pt", "--as", "mm-diffusion", *settings("mm-diffusion"))
    code, _, err = avbench(*arguments)
    assert code == 2 and "--data" in err
    Path("data/mine").mkdir(parents=True)
    Path("data/mine/clipset.json").touch()
    assert avbench(*arguments)[1] == "runs/mm-diffusion-mine-released-1\n"


def test_registered_checkpoints_are_known_by_their_short_names(avbench, published):
    published("mm-diffusion", "brought.pt")
    code, _, err = avbench("import", "landscape", "--as", "mm-diffusion")
    assert (
        code == 3 and "drive.google.com/drive/folders/" in err and "avbench weights add mm-diffusion-landscape" in err
    )
    assert avbench("weights", "add", "mm-diffusion-landscape", "brought.pt")[0] == 0
    code, out, err = avbench("import", "landscape", "--as", "mm-diffusion", *settings("mm-diffusion"))
    assert (code, out) == (0, "runs/mm-diffusion-landscape-released-1\n"), err
    assert weights.resolve("mm-diffusion-landscape").verified


def test_a_checkpoint_of_another_network_is_refused_with_the_first_key_that_differs(avbench, published):
    published("mm-diffusion", "Landscape.pt")
    wider = [part.replace("network.channels=32", "network.channels=64") for part in settings("mm-diffusion")]
    code, _, err = avbench("import", "Landscape.pt", "--as", "mm-diffusion", *wider)
    assert code == 4 and "Landscape.pt: this is the checkpoint of another network" in err
    assert "time_embed.0.weight is (32, 32) in the checkpoint and (64, 64) in the network" in err
    code, _, err = avbench("import", "Landscape.pt", "--as", "super-resolution", *settings("super-resolution"))
    assert code == 4 and "another network" in err
    assert not Path("runs").exists()


def test_a_file_that_would_run_code_is_refused_and_not_run(avbench, tmp_path):
    import pickle

    class Trap:
        def __reduce__(self):
            return (open, (str(tmp_path / "trapped"), "w"))

    Path("trap.pt").write_bytes(pickle.dumps(Trap(), protocol=2))
    code, _, err = avbench("import", "trap.pt", "--as", "mm-diffusion", "--data", "x")
    assert code == 4 and "trap.pt" in err and not Path("trapped").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (
            ["nowhere.pt", "--as", "mm-diffusion"],
            2,
            "nowhere.pt: there is no such file, and no such registered weights",
        ),
        (["text.pt", "--as", "gan"], 2, 'no model is called "gan"; known: audio-only, '),
        (["text.pt", "--as", "mm-diffusion"], 4, "text.pt: damaged, or not a checkpoint"),
        (["opt.pt", "--as", "mm-diffusion"], 4, "opt.pt: it holds no plain dict of tensors"),
        (["text.pt", "--as", "mm-diffusion", "--preset", "huge"], 2, 'has no preset "huge"'),
        (["text.pt", "--as", "mm-diffusion", "--set", "network.chanels=3"], 2, 'did you mean "network.channels"?'),
        (["text.pt", "--as", "mm-diffusion", "--name", "taken"], 2, "runs/taken: there is a run already"),
    ],
)
def test_bad_input_gives_one_message_and_its_exit_code(avbench, arguments, code, message):
    Path("text.pt").write_text("no checkpoint")
    torch.save({"state": {0: {"step": 1}}, "param_groups": []}, "opt.pt")
    Path("runs/taken").mkdir(parents=True)
    Path("runs/taken/config.toml").touch()
    got, out, err = avbench("import", *arguments, "--data", "data/mine")
    assert (got, out) == (code, ""), err
    assert message in err and "Traceback" not in err
    assert [path.name for path in Path("runs").iterdir()] == ["taken"]


def test_a_checkpoint_of_a_run_needs_no_import(avbench, published):
    published("mm-diffusion", "Landscape.pt")
    avbench("import", "Landscape.pt", "--as", "mm-diffusion", "--name", "mine", *settings("mm-diffusion"))
    code, _, err = avbench("import", "runs/mine/checkpoints/00000000.pt", "--as", "mm-diffusion", "--data", "x")
    assert code == 2 and "it is in a run already" in err


@pytest.mark.slow
def test_the_released_layout_of_1046_keys_is_imported_without_further_settings(avbench, golden):
    shapes = json.loads((golden / "mm_diffusion" / "unet64_state_dict_shapes.json").read_text())
    assert len(shapes) == 1046
    torch.save({key: torch.zeros(shape) for key, shape in shapes.items()}, "Landscape.pt")
    code, out, err = avbench("import", "Landscape.pt", "--as", "mm-diffusion")
    assert (code, out) == (0, "runs/mm-diffusion-landscape-released-1\n"), err
    run = Run(Path(out.strip()))
    network = MODELS["mm-diffusion"].build(run.config)
    assert isinstance(network, CoupledUNet)
    network.load_state_dict(load_checkpoint(run.checkpoint_file(0)).ema)
    assert sum(parameter.numel() for parameter in network.parameters()) == 133_675_524
