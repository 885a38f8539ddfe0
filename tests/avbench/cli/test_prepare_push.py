import pytest
from typer.testing import CliRunner

from avbench.cli.prepare import app
from avbench.errors import DataError
from pipelines.prepare import prepare
from pipelines.rendered import synthetic
from pipelines.storage import Storage


def test_push_puts_a_set_elsewhere_and_says_how_much(tmp_path):
    prepare(synthetic(1), tmp_path / "set", name="set", storage=Storage(clip_seconds=None), workers=1)
    command = ["push", str(tmp_path / "set"), f"file://{tmp_path}/away"]
    result = CliRunner().invoke(app, command, catch_exceptions=False)
    assert "5 of 5 objects were put" in result.stdout and (tmp_path / "away" / "clipset.json").is_file()
    assert "0 of 5 objects were put" in CliRunner().invoke(app, command, catch_exceptions=False).stdout


def test_push_refuses_what_is_no_finished_set(tmp_path):
    with pytest.raises(DataError, match="no finished clip set"):
        CliRunner().invoke(app, ["push", str(tmp_path), f"file://{tmp_path}/away"], catch_exceptions=False)
