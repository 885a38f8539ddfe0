import errno
import os
import pickle

import pytest
import torch
from toy_training import toy_config

from avbench.errors import DataError, MachineError
from models import checkpoint as module
from models.checkpoint import (
    Checkpoint,
    load_checkpoint,
    load_newest,
    load_weights,
    read_weights,
    remove_older,
    save_checkpoint,
)
from models.run import Run


@pytest.fixture
def run(tmp_path):
    return Run.create(tmp_path / "run", toy_config(tmp_path))


def checkpoint(step):
    weights = {"layer.weight": torch.full((100, 10), float(step))}
    return Checkpoint(
        model="toy",
        step=step,
        network=weights,
        ema={name: tensor / 2 for name, tensor in weights.items()},
        training={"optimizer": {"state": {"layer.weight": {"step": torch.tensor(1.0)}}}, "means": {"loss": [0.5, 4]}},
    )


def save(run, *steps):
    return [save_checkpoint(run, checkpoint(step)) for step in steps]


def flip_a_bit(path):
    """Of a weight: torch itself would not notice."""
    data = bytearray(path.read_bytes())
    data[data.index(load_checkpoint(path).ema["layer.weight"].numpy().tobytes())] ^= 1
    path.write_bytes(data)


def test_comes_back_as_it_was_saved(run):
    (path,) = save(run, 3)
    loaded = load_checkpoint(path)
    assert path.name == "00000003.pt" and (loaded.model, loaded.step) == ("toy", 3)
    assert torch.equal(loaded.network["layer.weight"], checkpoint(3).network["layer.weight"])
    assert loaded.training == checkpoint(3).training


def test_the_newest_is_loaded(run):
    assert load_newest(run) is None
    save(run, 2, 10, 4)
    assert load_newest(run).step == 10


def test_samples_are_made_with_the_average_of_the_newest(run):
    save(run, 2, 4)
    assert load_weights(run)["layer.weight"][0, 0] == 2.0
    assert load_weights(run, "network")["layer.weight"][0, 0] == 4.0
    assert load_weights(run, path=run.checkpoint_file(2))["layer.weight"][0, 0] == 1.0


def test_without_any_the_message_says_to_train(run):
    with pytest.raises(DataError, match="no checkpoint yet; train it with `avbench train --resume run`"):
        load_weights(run)


def test_old_ones_and_half_written_ones_are_removed(run):
    save(run, 2, 4, 6)
    (run.path / "checkpoints" / ".00000008.pt.x1.tmp").touch()
    remove_older(run, 2)
    assert sorted(path.name for path in (run.path / "checkpoints").iterdir()) == ["00000004.pt", "00000006.pt"]


@pytest.mark.parametrize("damage", ["flip", "cut", "empty"])
def test_a_damaged_one_names_itself_and_the_older_one_that_can_be_used(run, damage):
    _, newest = save(run, 2, 4)
    if damage == "flip":
        flip_a_bit(newest)
    else:
        os.truncate(newest, newest.stat().st_size // 2 if damage == "cut" else 0)
    with pytest.raises(DataError, match=r"00000004\.pt: damaged.*older .*00000002\.pt.*avbench train --resume run"):
        load_weights(run)
    assert load_newest(run).step == 2


def test_when_all_are_damaged_the_message_says_to_begin_anew(run):
    for path in save(run, 2, 4):
        flip_a_bit(path)
    with pytest.raises(DataError, match=r"00000002\.pt: damaged.*no older one; remove it to train .*run anew"):
        load_newest(run)


class Malicious:
    def __reduce__(self):
        return os.mkdir, ("unpickled",)


@pytest.mark.parametrize("save_", [torch.save, lambda thing, path: path.write_bytes(pickle.dumps(thing, protocol=2))])
def test_nothing_but_tensors_is_unpickled(tmp_path, monkeypatch, save_):
    monkeypatch.chdir(tmp_path)
    save_(Malicious(), tmp_path / "bad.pt")
    with pytest.raises(DataError, match=r"bad\.pt: damaged, or not a checkpoint of plain tensors"):
        load_checkpoint(tmp_path / "bad.pt")
    assert not (tmp_path / "unpickled").exists()


def test_a_published_file_is_no_checkpoint_but_holds_weights(run, tmp_path):
    torch.save({"a": torch.ones(2)}, tmp_path / "published.pt")
    with pytest.raises(DataError, match=r"published\.pt: not a checkpoint that this avbench wrote.*avbench import"):
        load_checkpoint(tmp_path / "published.pt")
    weights, published = read_weights(tmp_path / "published.pt")
    assert published and list(weights) == ["a"]
    weights, published = read_weights(save(run, 4)[0])
    assert not published and weights["layer.weight"][0, 0] == 2.0


def test_a_file_of_something_else_holds_no_weights(tmp_path):
    torch.save([1, 2], tmp_path / "list.pt")
    with pytest.raises(DataError, match=r"list\.pt: it holds no plain dict of tensors"):
        read_weights(tmp_path / "list.pt")


def test_a_disk_that_fills_up_while_it_is_written_leaves_the_older_ones(run, monkeypatch):
    save(run, 2)

    class FullDisk:
        def __init__(self, file):
            self._file = file
            self._room = 500

        def write(self, data):
            self._room -= len(data)
            if self._room < 0:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return self._file.write(data)

        def flush(self):
            self._file.flush()

    write = module._write
    monkeypatch.setattr(module, "_write", lambda content, file: write(content, FullDisk(file)))
    with pytest.raises(MachineError, match=r"4\.pt: the disk is full: .*not saved; the last good .*00000002\.pt"):
        save(run, 4)
    assert [path.name for path in (run.path / "checkpoints").iterdir()] == ["00000002.pt"]
