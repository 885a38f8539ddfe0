import copy
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from rule_weights import audioclip_checkpoint, golden_input
from torch import Tensor

from avbench.errors import DataError
from avbench.features.audioclip import AudioCLIP, AudioCLIPAudio
from avbench.features.extractor import Compute, Switches

# From audioclip_cases.json, which gives the reasons.
_TOLERANCE = {"audio/a": 0.15, "audio/b": 2e-3}

Golden = dict[str, NDArray[np.float32]]


@pytest.fixture(scope="module")
def published() -> dict[str, Tensor]:
    return audioclip_checkpoint()


@pytest.fixture(scope="module")
def head(published: dict[str, Tensor]) -> AudioCLIPAudio:
    return AudioCLIPAudio.from_published(published)


@pytest.fixture(scope="module")
def checkpoint(published: dict[str, Tensor], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("weights") / "audioclip.pt"
    torch.save(published, path)
    return path


@pytest.fixture
def expected(golden: Path) -> Golden:
    with np.load(golden / "features" / "audioclip_audio.npz") as arrays:
        return dict(arrays)


@pytest.fixture
def waves(golden: Path) -> dict[str, Tensor]:
    cases = json.loads((golden / "features" / "audioclip_cases.json").read_text())["audio"]
    return {case["name"]: _wave(case["name"], case["length"], case["items"], case.get("scale", 1)) for case in cases}


@pytest.mark.parametrize("case", _TOLERANCE)
def test_gives_the_published_networks_embeddings(head: AudioCLIPAudio, waves, expected: Golden, case: str):
    assert _deviation(head(waves[case]), expected[f"{case}/embedding"]) < _TOLERANCE[case]


@pytest.mark.parametrize("case", _TOLERANCE)
def test_gives_the_input_of_the_last_linear_map(head: AudioCLIPAudio, waves, expected: Golden, case: str):
    assert _deviation(head.reduced(waves[case]), expected[f"{case}/reduced"]) < _TOLERANCE[case]


@pytest.mark.parametrize("case", _TOLERANCE)
def test_normalises_by_the_batch_in_training_mode(published, waves, expected: Golden, case: str):
    live = AudioCLIPAudio.from_published(published).train()
    assert _deviation(live(waves[case]), expected[f"{case}/embedding_batch_stats"]) < _TOLERANCE[case]


def test_gives_the_spectrogram_of_near_silence(head: AudioCLIPAudio, waves, expected: Golden):
    # The mean, because single bins are mostly rounding here. The input has 641 levels; another
    # order of its map would give other ones and move the mean by 0.1 dB, single bins by 19 dB.
    spectrogram = head.power_db(waves["audio/a"])[0, :, :, ::4]
    assert np.abs(spectrogram.numpy() - expected["audio/a/power_db_sub"]).mean() < 1e-3


def test_leaves_the_stored_statistics_alone_in_training_mode(published, waves):
    live = AudioCLIPAudio.from_published(published).train()
    before = copy.deepcopy(live.state_dict())
    live(waves["audio/b"])
    assert all(torch.equal(value, before[key]) for key, value in live.state_dict().items())


def test_folding_changes_nothing_but_rounding(head: AudioCLIPAudio, waves):
    spectrogram = head.power_db(waves["audio/b"])
    torch.testing.assert_close(head.trunk.folded()(spectrogram), head.trunk(spectrogram), rtol=0, atol=1e-4)


def test_follows_weights_that_are_loaded_later(published, head: AudioCLIPAudio, waves):
    late = AudioCLIPAudio()
    late.eval()(waves["audio/b"])
    late.load_state_dict(head.state_dict())
    torch.testing.assert_close(late(waves["audio/b"]), head(waves["audio/b"]), rtol=0, atol=0)


def test_loads_the_audio_part_alone_and_without_counters(published, head: AudioCLIPAudio, waves):
    part = {k: v for k, v in published.items() if k.startswith("audio.") and not k.endswith("num_batches_tracked")}
    torch.testing.assert_close(AudioCLIPAudio.from_published(part)(waves["audio/b"]), head(waves["audio/b"]))


@pytest.mark.parametrize("samples, frames", [(1000, 1), (1654, 1), (1655, 2), (70560, 124)])
def test_cuts_as_many_frames_as_cover_the_wave(head: AudioCLIPAudio, samples: int, frames: int):
    assert head.power_db(torch.zeros(1, 1, samples)).shape == (1, 3, 341, frames)


def test_refuses_a_checkpoint_without_an_audio_head(published):
    with pytest.raises(DataError, match="no key starts with `audio.`"):
        AudioCLIPAudio.from_published({"visual.conv1.weight": published["visual.conv1.weight"]})


def test_refuses_a_bandwidth_that_is_not_positive(published):
    with pytest.raises(DataError, match="audio.fbsp.fb"):
        AudioCLIPAudio.from_published(published | {"audio.fbsp.fb": torch.zeros(1025)})


def test_the_extractor_scales_the_waveform_as_the_switch_says(checkpoint: Path, head: AudioCLIPAudio, waves):
    forward = AudioCLIP().load(checkpoint, Compute(), Switches(waveform_scale=100.0))
    torch.testing.assert_close(forward(waves["audio/a"]), head(100 * waves["audio/a"]))


def test_the_extractor_normalises_by_the_batch_as_the_switch_says(checkpoint: Path, waves, expected: Golden):
    forward = AudioCLIP().load(checkpoint, Compute(), Switches(batch_statistics=True, waveform_scale=1.0))
    assert _deviation(forward(waves["audio/a"]), expected["audio/a/embedding_batch_stats"]) < _TOLERANCE["audio/a"]


def test_the_extractor_refuses_a_batch_of_one_where_the_batch_is_normalised(checkpoint: Path, waves):
    forward = AudioCLIP().load(checkpoint, Compute(), Switches(batch_statistics=True))
    with pytest.raises(DataError, match="a batch of 1 clip has no statistics"):
        forward(waves["audio/a"][:1])


def test_the_identity_tells_the_switches_apart():
    switches = [Switches(batch_statistics=s, waveform_scale=w) for s in (False, True) for w in (1.0, 32768.0)]
    assert len({AudioCLIP().identity(each) for each in switches}) == 4


def test_rows_depend_on_their_batch_only_in_training_mode():
    assert [AudioCLIP().sees_the_batch(Switches(batch_statistics=live)) for live in (False, True)] == [False, True]


def _wave(name: str, length: int, items: list[tuple[float, str]], scale: float) -> Tensor:
    """The rule "waves" of audioclip_cases.json."""
    rows = []
    for number, (amplitude, kind) in enumerate(items):
        row = golden_input(f"{name}/{number}", (1, length))
        if kind == "decay":
            row = row * torch.exp(-4 * torch.arange(length) / length)
        rows.append(torch.clamp(amplitude * row, -1, 1) * scale)
    return torch.stack(rows)


def _deviation(actual: Tensor, expected: NDArray[np.float32]) -> float:
    return float(np.abs(actual.numpy() - expected).max())
