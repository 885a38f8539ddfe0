import json
import math
import zipfile
from pathlib import Path

import numpy as np
import pytest
import torch
from rule_weights import fill, golden_input
from torch import Tensor

from avbench.errors import DataError
from avbench.features.aisfx import AiSFX, AiSFXExtractor, LogMel, read_checkpoint
from avbench.features.extractor import Compute, Switches

_LOUDEST = 9.457798957824707


@pytest.fixture
def published(golden: Path) -> dict[str, Tensor]:
    """The package's state dict, by the rule that the note in aisfx.npz states."""
    shapes = json.loads((golden / "features" / "aisfx_keys.json").read_text())
    empty = {
        key: torch.zeros(shape, dtype=torch.int64 if key.endswith("num_batches_tracked") else torch.float32)
        for key, shape in shapes.items()
    }
    return {key: 2 * tensor if tensor.ndim > 1 else tensor for key, tensor in fill(empty).items()}


@pytest.fixture
def checkpoint(published: dict[str, Tensor], tmp_path: Path) -> Path:
    """The package's file: a pair whose second half holds NumPy integers, pickled by an old NumPy."""
    recent, path = tmp_path / "recent.pth", tmp_path / "aisfx.pth"
    torch.save((published, {"library": (np.int64(0), 78)}), recent)
    with zipfile.ZipFile(recent) as source, zipfile.ZipFile(path, "w") as target:
        for member in source.namelist():
            content = source.read(member)
            if member.endswith("data.pkl"):
                assert b"numpy._core" in content
                content = content.replace(b"cnumpy._core.multiarray\n", b"cnumpy.core.multiarray\n")
            target.writestr(member, content)
    return path


def test_gives_the_packages_embeddings(published, golden: Path):
    with np.load(golden / "features" / "aisfx.npz") as arrays:
        expected = arrays["aisfx/a/embedding"]
    spectrograms = torch.stack([0.3 * golden_input(f"aisfx/a/{i}", (69, 96)).abs() for i in range(2)])
    np.testing.assert_allclose(AiSFX.from_published(published)(spectrograms), expected, atol=1e-5 * expected.std())


def test_1_6_seconds_are_69_frames():
    assert LogMel()(torch.zeros(2, 70560)).shape == (2, 69, 96)


def test_each_band_is_a_weighted_mean_of_its_bins():
    torch.testing.assert_close(LogMel().mel.mel_scale.fb.sum(dim=0), torch.ones(96))


def test_a_click_fills_every_band_with_its_power():
    # A single sample has a flat spectrum: its square, where the window is 1, in every bin and thus in every band.
    wave = torch.zeros(1, 70560)
    wave[0, 30 * 1024] = 0.5  # the middle of frame 30
    expected = torch.full((96,), math.log10(1 + 1e4 * 0.5**2) / _LOUDEST)
    torch.testing.assert_close(LogMel()(wave)[0, 30], expected)


def test_a_tone_is_loudest_in_the_band_of_its_frequency():
    wave = torch.sin(2 * math.pi * 1000 * torch.arange(70560) / 44100)
    mel = 2595 * math.log10(1 + 1000 / 700)  # HTK
    highest = 2595 * math.log10(1 + 22050 / 700)
    assert LogMel()(wave[None])[0, 30].argmax() == round(mel / highest * 97) - 1


def test_reads_the_packages_file_without_running_what_it_pickles(checkpoint: Path, published):
    state_dict = read_checkpoint(checkpoint)
    assert state_dict.keys() == published.keys()


def test_the_extractor_embeds_waves(checkpoint: Path, published):
    waves = golden_input("waves", (2, 1, 70560), 0.1)
    rows = AiSFXExtractor().load(checkpoint, Compute(), Switches())(waves)
    torch.testing.assert_close(rows, AiSFX.from_published(published)(LogMel()(waves[:, 0])))


def test_the_extractor_refuses_windows_too_short_to_pool(checkpoint: Path):
    forward = AiSFXExtractor().load(checkpoint, Compute(), Switches())
    assert forward(torch.zeros(1, 1, 7168)).shape == (1, 512)
    with pytest.raises(DataError, match="7167 samples"):
        forward(torch.zeros(1, 1, 7167))


def test_refuses_the_checkpoint_of_another_network(tmp_path: Path):
    path = tmp_path / "other.pth"
    torch.save({"fc.weight": torch.zeros(3)}, path)
    with pytest.raises(DataError, match="other.pth.*another network"):
        AiSFXExtractor().load(path, Compute(), Switches())


def test_refuses_a_file_that_would_run_code(tmp_path: Path):
    path = tmp_path / "evil.pth"
    torch.save(({"weight": print}, {}), path)
    with pytest.raises(DataError, match="evil.pth.*not a checkpoint of plain tensors"):
        AiSFXExtractor().load(path, Compute(), Switches())
