"""Foreign pickles: their tensors come back, and nothing that they name is imported or called."""

import collections
import io
import os
import pickle
import sys
import types
import zipfile

import pytest
import torch
from torch import nn

from avbench.errors import DataError
from models.checkpoint import read_weights
from models.inert_unpickler import Record, module_weights, read_foreign


def save_zip(thing, path):
    torch.save(thing, path)


def save_legacy(thing, path):
    torch.save(thing, path, _use_new_zipfile_serialization=False)


def save_plain(thing, path):
    path.write_bytes(pickle.dumps(thing))


def save_protocol_2(thing, path):
    path.write_bytes(pickle.dumps(thing, protocol=2))


FORMS = [save_zip, save_legacy, save_plain, save_protocol_2]


@pytest.fixture
def file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path / "foreign.pkl"


@pytest.mark.parametrize("save", FORMS)
def test_tensors_and_containers_come_back_as_they_were(file, save):
    base = torch.arange(12.0).reshape(3, 4)
    given = {
        "state_dict": collections.OrderedDict(weight=base.t()[1:], half=torch.ones(2, dtype=torch.bfloat16)),
        "parameter": nn.Parameter(torch.eye(2)),
        "flags": torch.tensor([True, False]),
        "none": torch.empty(0),
        "lists": [(1, 2.5, None, "text", b"\x00\xff"), {3, 4}, torch.Size([5])],
    }
    save(given, file)
    found = read_foreign(file)
    assert torch.equal(found["state_dict"]["weight"], base.t()[1:])
    assert found["state_dict"]["half"].dtype == torch.bfloat16
    assert torch.equal(found["parameter"], torch.eye(2)) and found["flags"].tolist() == [True, False]
    assert found["none"].shape == (0,) and found["lists"] == given["lists"]


@pytest.fixture
def elsewhere():
    """A package that is there while files are written, and no longer when they are read."""
    module = types.ModuleType("elsewhere")
    sys.modules["elsewhere"] = module
    yield module
    sys.modules.pop("elsewhere", None)


def network_of(elsewhere):
    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv = nn.Conv1d(2, 2, 1)
            self.norm = nn.BatchNorm1d(2)
            self.nothing = None
            self.register_buffer("cache", torch.ones(1), persistent=False)

    Block.__module__, Block.__qualname__ = "elsewhere", "Block"
    elsewhere.Block = Block
    torch.manual_seed(0)
    return nn.Sequential(Block(), nn.Linear(2, 1))


@pytest.mark.parametrize("save", FORMS)
@pytest.mark.filterwarnings("ignore:Couldn't retrieve source code")
def test_a_network_whose_code_is_absent_gives_its_state_dict(file, elsewhere, save):
    network = network_of(elsewhere)
    save({"G_ema": network, "options": {"lr": 1e-3}}, file)
    del sys.modules["elsewhere"]
    content = read_foreign(file)
    assert content["options"] == {"lr": 1e-3} and isinstance(content["G_ema"], Record)
    found, wanted = module_weights(content["G_ema"]), network.state_dict()
    assert sorted(found) == sorted(wanted)
    assert all(torch.equal(found[name], tensor) for name, tensor in wanted.items())
    assert "elsewhere" not in sys.modules


def test_a_network_that_carries_its_source_code_gives_its_state_dict_and_the_code_does_not_run(file, elsewhere):
    class EasyDict(dict):
        pass

    class Persistent:
        """As StyleGAN's persistent classes are pickled: a function, and a description with the code and the state."""

        def __init__(self, module):
            self.module = module

        def __reduce__(self):
            described = EasyDict(type="class", module_src="import os; os.mkdir('ran')", class_name="G")
            described["state"] = self.module.__dict__
            return elsewhere.reconstruct, (described,)

    def reconstruct(described):
        exec(described["module_src"])

    for thing in (EasyDict, reconstruct):
        thing.__module__, thing.__qualname__ = "elsewhere", thing.__name__
        setattr(elsewhere, thing.__name__, thing)
    network = nn.Linear(3, 2)
    save_plain({"G": Persistent(network)}, file)
    found = module_weights(read_foreign(file)["G"])
    assert torch.equal(found["weight"], network.weight) and not os.path.exists("ran")


class Call:
    def __init__(self, function, *arguments):
        self.called = function, arguments

    def __reduce__(self):
        return self.called


@pytest.mark.parametrize("save", FORMS)
@pytest.mark.parametrize(
    "trap",
    [
        Call(os.system, "touch ran"),
        Call(os.mkdir, "ran"),
        Call(eval, "__import__('os').mkdir('ran')"),
        Call(getattr, Call(__import__, "os"), "mkdir"),
        [Call(open, "ran", "w")],
        {"state_dict": {"weight": torch.ones(1), "bias": Call(os.mkdir, "ran")}},
    ],
)
def test_traps_do_not_spring(file, save, trap):
    save(trap, file)
    read_foreign(file)
    with pytest.raises(DataError, match=r"foreign\.pkl: it holds no plain dict of tensors.*torch\.save\(network"):
        read_weights(file)
    assert not os.path.exists("ran")


def test_what_was_named_is_told(file):
    save_plain(Call(os.mkdir, "ran"), file)
    record = read_foreign(file)
    assert (record.kind, record.arguments) == ("posix.mkdir", ("ran",)) and repr(record) == "<posix.mkdir, not loaded>"


def test_a_trap_in_the_bytes_of_a_tensor_does_not_spring(file):
    inner = io.BytesIO()
    torch.save(Call(os.mkdir, "ran"), inner, _use_new_zipfile_serialization=False)
    save_plain(Call(torch.storage._load_from_bytes, inner.getvalue()), file)
    with pytest.raises(DataError, match="a storage that is something else"):
        read_foreign(file)
    save_plain(Call(torch.storage._load_from_bytes, pickle.dumps(Call(os.mkdir, "ran"))), file)
    with pytest.raises(DataError, match="a storage of unknown form"):
        read_foreign(file)
    assert not os.path.exists("ran")


def program(*parts):
    return b"\x80\x02" + b"".join(parts) + b"."


REBUILD = b"ctorch._utils\n_rebuild_tensor_v2\n"


@pytest.mark.parametrize(
    ("code", "message"),
    [
        # BUILD with a state of slots sets attributes: of our function, of a record's class, of an ordered dictionary.
        (program(REBUILD, b"(N}U\x0c__defaults__K\x01stb"), "changes a function"),
        (program(b"cos\nsystem\n", b"(N}U\x08__call__K\x01stb"), "missing 1 required positional argument"),
        (program(b"ccollections\nOrderedDict\n", b"(N}U\x05itemsK\x01stb"), "missing 1 required positional argument"),
        (program(b"ctorch\nFloatStorage\n", b"}U\x01aK\x01sb"), ""),
        (program(b"ctorch\nFloatStorage\n", b")R"), ""),
        (program(b"U\x05wrongQ"), "refers to something unknown"),
        (program(b"ctorch._utils\n_rebuild_parameter\n", b"K\x01\x85R"), "a parameter without a tensor"),
        (program(REBUILD, b"(K\x00K\x00))tR"), "a tensor without numbers"),
        (b"\x80\x02K\x01", "ran out of input"),
        (b"", ""),
    ],
)
def test_programs_that_no_network_needs_are_refused(file, code, message):
    file.write_bytes(code)
    with pytest.raises(DataError, match=rf"(?i)foreign\.pkl: damaged, or not a checkpoint \(.*{message}"):
        read_foreign(file)


def rewritten(file, name, content, *, compression=zipfile.ZIP_STORED):
    """The archive with another content of one of its files."""
    with zipfile.ZipFile(file) as archive:
        files = {entry: archive.read(entry) for entry in archive.namelist()}
    (entry,) = [entry for entry in files if entry.endswith(name)]
    with zipfile.ZipFile(file, "w", compression) as archive:
        for entry_, data in (files | {entry: content(files[entry])}).items():
            archive.writestr(entry_, data)


def test_a_tensor_that_reaches_beyond_its_numbers_is_refused(file):
    for form in (save_zip, save_legacy, save_plain):
        form(torch.arange(200.0), file)
        if form is save_zip:
            rewritten(file, "data.pkl", lambda code: code.replace(b"K\xc8\x85", b"K\xc9\x85"))
        else:
            file.write_bytes(file.read_bytes().replace(b"K\xc8\x85", b"K\xc9\x85"))
        with pytest.raises(DataError, match="reaches beyond its numbers"):
            read_foreign(file)


def test_numbers_that_are_fewer_than_promised_are_refused(file):
    save_zip({"weight": torch.ones(8)}, file)
    rewritten(file, "data/0", lambda data: data[:-4])
    with pytest.raises(DataError, match="storage 0 has 28 bytes for 8 numbers"):
        read_foreign(file)
    save_legacy({"weight": torch.ones(8)}, file)
    file.write_bytes(file.read_bytes()[:-4])
    with pytest.raises(DataError, match="ends in the middle of its numbers"):
        read_foreign(file)


def test_more_numbers_than_the_file_can_hold_are_not_made_room_for(file):
    save_legacy(torch.ones(200), file)
    file.write_bytes(file.read_bytes().replace(b"K\xc8N", b"J\xff\xff\xff\x7fN"))
    with pytest.raises(DataError, match="2147483647 numbers are more than the file holds"):
        read_foreign(file)


def test_a_compressed_archive_is_refused(file):
    save_zip({"weight": torch.ones(8)}, file)
    rewritten(file, "data/0", lambda data: data, compression=zipfile.ZIP_DEFLATED)
    with pytest.raises(DataError, match="it is compressed"):
        read_foreign(file)


def test_a_network_that_is_a_part_of_itself_is_refused(file):
    network = nn.Sequential()
    network._modules["again"] = network
    save_plain(network, file)
    with pytest.raises(DataError, match="a part of itself"):
        module_weights(read_foreign(file))


def test_a_record_of_something_else_is_no_network(file):
    save_plain(Call(os.mkdir, "ran"), file)
    with pytest.raises(DataError, match=r"the network is <posix\.mkdir, not loaded>, and no network"):
        module_weights(read_foreign(file))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match=r"gone\.pkl: there is no such checkpoint"):
        read_foreign(tmp_path / "gone.pkl")
