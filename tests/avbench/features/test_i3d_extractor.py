import logging
from pathlib import Path

import pytest
import torch
from rule_weights import golden_input
from torch import Tensor, nn

from avbench.errors import DataError
from avbench.features import i3d_extractor
from avbench.features.extractor import EXTRACTORS, Compute, Forward, Switches
from avbench.features.i3d import I3D
from avbench.features.i3d_extractor import preprocess
from avbench.features.i3d_fast import CompiledAtFirstUse, fuse


def loaded(path: Path, **compute: object) -> Forward:
    return EXTRACTORS["i3d"].load(path, Compute(**compute), Switches())  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def forward(i3d_file: Path) -> Forward:
    return loaded(i3d_file)


@pytest.fixture(scope="module")
def videos() -> Tensor:
    return (0.5 + golden_input("extractor", (3, 3, 9, 32, 40), 0.2)).clamp(0, 1)


def test_rows_are_the_logits_of_the_published_network(forward, videos, i3d_weights):
    with torch.inference_mode():
        logits = I3D.from_published(i3d_weights)(preprocess(videos))
    rows = forward(videos)
    assert rows.shape == (3, EXTRACTORS["i3d"].dimensions) and rows.dtype == torch.float32
    torch.testing.assert_close(rows, logits, atol=2e-5, rtol=0)


def test_a_row_does_not_depend_on_the_other_rows_of_its_batch(forward, videos):
    together = forward(videos)
    assert all(torch.equal(forward(videos[i : i + 1])[0], together[i]) for i in range(3))


def test_autocast_around_it_changes_nothing(forward, videos):
    with torch.autocast("cpu", torch.bfloat16):
        inside = forward(videos[:1])
    assert torch.equal(inside, forward(videos[:1]))


def test_bfloat16_is_used_when_asked_for(i3d_file, forward, videos):
    exact, rounded = forward(videos[:1]), loaded(i3d_file, bfloat16=True)(videos[:1])
    assert 1e-4 < (rounded - exact).norm() / exact.norm() < 1e-2


def test_many_windows_are_worth_compiling_and_few_are_not(i3d_file, videos, monkeypatch):
    compiled = []
    monkeypatch.setattr(i3d_extractor, "CompiledAtFirstUse", lambda network: compiled.append(network) or network)
    loaded(i3d_file, windows=10)
    assert not compiled
    loaded(i3d_file, windows=100_000)
    assert len(compiled) == 1


@pytest.mark.slow
def test_the_compiled_network_gives_the_logits_of_the_plain_one(i3d_weights):
    network = I3D.from_published(i3d_weights)
    x = golden_input("compiled", (2, 3, 9, 224, 224), 0.3).clamp(-1, 1)
    compiled = CompiledAtFirstUse(fuse(network))
    with torch.inference_mode():
        torch.testing.assert_close(compiled(x), network(x), atol=2e-5, rtol=0)
    assert not isinstance(compiled._run, I3D)


def test_without_a_compiler_it_runs_uncompiled_and_says_so(monkeypatch, tmp_path, caplog):
    import torch._inductor.config as inductor

    monkeypatch.setattr(inductor.cpp, "cxx", (None, str(tmp_path / "no-compiler")))
    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))  # or the kernels may be there from before
    network, x = nn.Sequential(nn.Conv3d(3, 4, 1), nn.Softplus()), torch.rand(1, 3, 2, 8, 8)
    with torch.inference_mode(), caplog.at_level(logging.WARNING):
        assert torch.equal(CompiledAtFirstUse(network)(x), network(x))
    assert "I3D runs uncompiled" in caplog.text


def test_a_checkpoint_of_another_network_is_named(tmp_path):
    path = tmp_path / "resnet.pt"
    torch.save({"fc.weight": torch.zeros(1)}, path)
    with pytest.raises(DataError, match=r"resnet\.pt: .*another network than I3D.*fc\.weight unexpected"):
        loaded(path)
