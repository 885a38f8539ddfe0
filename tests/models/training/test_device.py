from dataclasses import replace

import pytest
from toy_model import ToyModel
from toy_training import toy_config

from avbench.errors import UsageError
from models.training import device
from models.training.device import available_gib, check_memory, default_preset, used_gib


class Heavy(ToyModel):
    """10 GiB and 1 GiB a sample, or 2 GiB and a tenth."""

    presets = {
        "paper": replace(ToyModel.presets["tiny"], fixed_gib=10, sample_gib=1),
        "tiny": replace(ToyModel.presets["tiny"], fixed_gib=2, sample_gib=0.1),
    }


@pytest.fixture
def config(tmp_path):
    return replace(toy_config(tmp_path, batch_size=8), preset="paper")


def test_what_fits_is_told(config):
    assert check_memory(Heavy(), config, 8, available=18.0) == 18.0


def test_what_does_not_fit_says_how_many_samples_and_which_presets_would(config):
    told = r"paper with 8 samples at once takes about 18\.0 GiB a process, and 14\.5 GiB are free\. What would fit: "
    told += r"--set training\.accumulation=2 \(14\.0 GiB\), or --preset tiny \(2\.4 GiB\)"
    with pytest.raises(UsageError, match=told):
        check_memory(Heavy(), config, 8, available=14.5)


def test_fewer_samples_are_not_offered_where_the_weights_alone_are_too_many(config):
    with pytest.raises(UsageError, match=r"What would fit: --preset tiny"):
        check_memory(Heavy(), config, 8, available=9.0)


def test_where_nothing_fits_the_message_says_so(config):
    with pytest.raises(UsageError, match="No preset of this model would fit"):
        check_memory(Heavy(), config, 8, available=0.5)


def test_settings_that_nobody_has_measured_are_let_through(config):
    larger = replace(config, network=replace(config.network, channels=400))
    assert check_memory(Heavy(), larger, 8, available=0.5) is None


def test_the_default_preset_is_the_devices(monkeypatch):
    for gpu, name in ((False, "tiny"), (True, "base")):
        monkeypatch.setattr("torch.cuda.is_available", lambda gpu=gpu: gpu)
        model = ToyModel()
        monkeypatch.setattr(model, "presets", {"paper": None, "base": None, "tiny": None}, raising=False)
        assert default_preset(model) == name
        monkeypatch.setattr(model, "presets", {"mine": None}, raising=False)
        assert default_preset(model) == "mine"
        monkeypatch.setattr(model, "presets", {"mine": None, "other": None}, raising=False)
        with pytest.raises(UsageError, match=f"no preset {name}; choose one with --preset: mine, other"):
            default_preset(model)


def test_processes_of_one_machine_share_its_memory(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    monkeypatch.setattr(device, "_container_limit", lambda: 4 * 2**30)
    monkeypatch.setattr("psutil.virtual_memory", lambda: type("Memory", (), {"available": 100 * 2**30}))
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    assert available_gib() == 2


def test_a_process_knows_what_it_has_used():
    assert 0.05 < used_gib() < 1000
