from pathlib import Path

import pytest
import torch
from torch import nn

from avbench.errors import DataError
from avbench.features.checkpoint import StateDict, fill, load_published


def build(state_dict: StateDict) -> nn.Module:
    network = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    fill(network, state_dict)
    return network


@pytest.fixture
def weights() -> dict[str, torch.Tensor]:
    network = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    return {key: torch.rand_like(t) if t.is_floating_point() else t for key, t in network.state_dict().items()}


def saved(content: object, tmp_path: Path) -> Path:
    path = tmp_path / "weights.pt"
    torch.save(content, path)
    return path


def test_every_tensor_arrives(weights, tmp_path):
    network = load_published(saved(weights, tmp_path), build)
    assert all(torch.equal(network.state_dict()[key], tensor) for key, tensor in weights.items())


def test_a_state_dict_under_a_name_is_found(weights, tmp_path):
    network = load_published(saved({"model_state": weights, "epoch": 3}, tmp_path), build, under="model_state")
    assert torch.equal(network.state_dict()["0.bias"], weights["0.bias"])


def test_counters_of_batch_normalisation_may_be_missing(weights, tmp_path):
    del weights["1.num_batches_tracked"]
    load_published(saved(weights, tmp_path), build)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda w: w.pop("0.bias"), r"0\.bias missing"),
        (lambda w: w.update({f"fc{i}.bias": torch.ones(1) for i in range(7)}), r"fc4\.bias and 2 more unexpected"),
        (lambda w: w.update({"0.bias": torch.ones(9)}), r"0\.bias \(9,\) for \(3,\) of another shape"),
    ],
)
def test_a_checkpoint_of_another_network_is_refused_by_file_and_difference(weights, change, message, tmp_path):
    change(weights)
    with pytest.raises(DataError, match=rf"weights\.pt: this is the checkpoint of another network.*{message}"):
        load_published(saved(weights, tmp_path), build)


def test_a_file_without_the_expected_entry_is_refused(weights, tmp_path):
    with pytest.raises(DataError, match='no entry "model_state"'):
        load_published(saved(weights, tmp_path), build, under="model_state")


@pytest.mark.parametrize("content", [[1, 2], {"epoch": 3}, torch.ones(2)])
def test_other_contents_than_a_dict_of_tensors_are_refused(content, tmp_path):
    with pytest.raises(DataError, match="no plain dict of tensors"):
        load_published(saved(content, tmp_path), build)


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", b"PK\x03\x04 half a zip"])
def test_a_file_that_is_no_checkpoint_is_refused(content, tmp_path):
    (tmp_path / "weights.pt").write_bytes(content)
    with pytest.raises(DataError, match=r"weights\.pt: not a checkpoint of plain tensors"):
        load_published(tmp_path / "weights.pt", build)


def test_code_in_a_checkpoint_does_not_run(tmp_path):
    with pytest.raises(DataError, match="not a checkpoint of plain tensors"):
        load_published(saved(Payload(tmp_path / "harm"), tmp_path), build)
    assert not (tmp_path / "harm").exists()


class Payload:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, ...]:
        return (Path.touch, (self.path,))
