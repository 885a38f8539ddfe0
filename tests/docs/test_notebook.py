import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

_NOTEBOOK = Path(__file__).resolve().parents[2] / "docs" / "evaluate.ipynb"


@pytest.mark.slow
def test_the_notebook_runs_and_its_last_table_has_every_class(tmp_path, own_home, embedded_weights):
    run = (
        "import sys, nbclient, nbformat\n"
        "notebook = nbformat.read(sys.argv[1], as_version=4)\n"
        "nbclient.NotebookClient(notebook, timeout=400).execute()\n"
        "nbformat.write(notebook, 'executed.ipynb')\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", run, str(_NOTEBOOK)],
        cwd=tmp_path,
        env=os.environ | {"AVBENCH_HOME": str(embedded_weights)},
        capture_output=True,
        text=True,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr
    executed = nbformat.read(tmp_path / "executed.ipynb", as_version=4)
    table = executed.cells[-1].outputs[0]["data"]["text/plain"]
    assert "marimba" in table and "nearest_video[transnetv2]" in table
