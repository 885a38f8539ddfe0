"""The command line in a folder of its own."""

import sys
from collections.abc import Callable

import pytest

from avbench.cli.main import run


@pytest.fixture
def avbench(tmp_path, monkeypatch, capsys) -> Callable[..., tuple[int, str, str]]:
    """Runs a command in an empty folder; returns exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)

    def avbench(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["avbench", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            run()
            sys.exit(0)
        captured = capsys.readouterr()
        return ended.value.code, captured.out, " ".join(captured.err.split())

    return avbench
