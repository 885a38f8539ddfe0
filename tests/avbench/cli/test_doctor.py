"""`avbench doctor`, as it is typed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from avbench import doctor as library
from avbench.cli.doctor import doctor
from avbench.doctor import Check

FINE = Check("device", "ok", "CPU with 2 threads")
SLOW = Check("torch.compile", "warning", "there is no C++ compiler", "install a compiler [g++]")
BROKEN = Check("codec H.264", "problem", "Unknown encoder", "install PyAV as a wheel")

run = CliRunner()
app = typer.Typer()
app.command()(doctor)


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> list[Check]:
    """What is found on this machine; the test fills it in."""
    checks: list[Check] = []

    def examine(folder: Path) -> Iterator[Check]:
        assert folder == Path.cwd()
        yield from checks

    monkeypatch.setattr(library, "examine", examine)
    return checks


def test_a_machine_without_problems_is_exit_0(machine: list[Check]) -> None:
    machine += [FINE, SLOW]
    assert run.invoke(app).exit_code == 0


def test_a_problem_is_exit_3(machine: list[Check]) -> None:
    machine += [FINE, BROKEN]
    assert run.invoke(app).exit_code == 3


def test_findings_are_printed_with_what_to_do(machine: list[Check]) -> None:
    machine += [FINE, SLOW]
    printed = run.invoke(app).stdout
    assert "CPU with 2 threads" in printed and "→ install a compiler [g++]" in printed


def test_json_holds_every_finding(machine: list[Check]) -> None:
    machine += [FINE, BROKEN]
    assert json.loads(run.invoke(app, ["--json"]).stdout) == [
        {"name": "device", "state": "ok", "found": "CPU with 2 threads", "advice": ""},
        {"name": "codec H.264", "state": "problem", "found": "Unknown encoder", "advice": "install PyAV as a wheel"},
    ]


def test_looks_at_the_true_machine() -> None:
    found = json.loads(run.invoke(app, ["--json"]).stdout)
    assert {"python", "torch family", "codec H.264", "workspace"} <= {check["name"] for check in found}
