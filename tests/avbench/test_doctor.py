"""What the doctor finds on machines that lack something."""

import importlib.metadata
import shutil
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
import torchvision

from avbench import doctor, weights
from avbench.doctor import Check
from avbench.media import trial


def examined(folder: Path) -> dict[str, Check]:
    return {check.name: check for check in doctor.examine(folder)}


def test_finds_no_problem_on_the_machine_that_runs_the_tests(tmp_path: Path) -> None:
    assert [check for check in doctor.examine(tmp_path) if check.state == "problem"] == []


def test_whatever_is_not_ok_comes_with_advice(tmp_path: Path) -> None:
    assert all(bool(check.advice) == (check.state != "ok") for check in doctor.examine(tmp_path))


def test_looks_at_versions_devices_codecs_compiler_weights_and_space(tmp_path: Path) -> None:
    wanted = {"python", "torch", "torchaudio", "av", "torch family", "device", "torch.compile", "weights i3d"}
    wanted |= {"codec H.264", "codec AAC", "codec FLAC", "codec FFV1", "cache folder", "workspace"}
    assert wanted <= set(examined(tmp_path))


def test_an_old_package_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda name: "1.23.5")
    assert examined(tmp_path)["numpy"] == Check(
        "numpy", "problem", "1.23.5, wanted is >=2.0", 'install it with: pip install "numpy>=2.0"'
    )


def test_a_missing_package_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "requires", lambda name: ["no-such-package>=1", 'unwanted; extra == "dev"'])
    checks = examined(tmp_path)
    assert checks["no-such-package"].state == "problem" and checks["no-such-package"].found == "not installed"
    assert "unwanted" not in checks


def test_a_torchvision_of_another_build_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torchvision, "__version__", "0.29.1+another")
    assert "different builds" in examined(tmp_path)["torch family"].found


def test_a_torchvision_that_fails_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise RuntimeError("operator torchvision::nms does not exist")

    monkeypatch.setattr(torchvision.ops, "nms", fail)
    checks = examined(tmp_path)
    assert checks["torch family"].state == "problem" and "nms does not exist" in checks["torch family"].found
    assert "device" not in checks


def test_a_driver_that_torch_cannot_use_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    assert examined(tmp_path)["device"].state == "warning"


def test_a_codec_that_fails_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ValueError("Unknown encoder 'libx264'")

    monkeypatch.setitem(trial.CODEC_TRIALS, "H.264", fail)
    check = examined(tmp_path)["codec H.264"]
    assert check.state == "problem" and "libx264" in check.found and "pip install" in check.advice


def test_a_machine_without_a_compiler_is_slower(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    assert examined(tmp_path)["torch.compile"].state == "warning"


def test_missing_weights_are_a_warning_that_says_how_to_get_them(tmp_path: Path) -> None:
    check = examined(tmp_path)["weights i3d"]
    assert check.state == "warning" and check.advice.endswith("avbench weights fetch i3d")


def test_damaged_weights_are_a_problem(tmp_path: Path) -> None:
    weights.path_of("i3d").parent.mkdir()
    weights.path_of("i3d").write_bytes(b"damaged")
    assert examined(tmp_path)["weights i3d"].state == "problem"


class Usage(NamedTuple):
    """What `shutil.disk_usage` tells."""

    free: float


@pytest.mark.parametrize(("free", "state"), [(2e10, "ok"), (5e9, "warning"), (5e8, "problem")])
def test_little_space_is_a_warning_and_hardly_any_a_problem(
    free: float, state: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: Usage(free))
    assert examined(tmp_path)["workspace"].state == state


def test_a_workspace_that_cannot_be_written_is_a_problem(tmp_path: Path) -> None:
    check = examined(Path("/proc/self/fd"))["workspace"]
    assert check.state == "problem" and "cannot be written" in check.found


def test_a_cache_folder_that_does_not_exist_yet_is_no_problem_and_is_not_made(tmp_path: Path, own_home: Path) -> None:
    own_home.rmdir()
    assert examined(tmp_path)["cache folder"].state == "ok"
    assert not own_home.exists()
