"""Several processes give the bytes of one: two real gloo processes, started as users start them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tiny import TINY, make_movies

_SUPPORT = Path(__file__).resolve().parents[1] / "support"

_PLUGIN = "from tiny import register_tiny_extractors\n\nregister_tiny_extractors()\n"


@pytest.mark.slow
@pytest.mark.parametrize("protocol", ["published", "avbench"])
def test_two_processes_write_the_csv_of_one(tmp_path, own_home, protocol):
    make_movies(tmp_path / "real", 12, seed=1)
    make_movies(tmp_path / "made", 9, seed=2)
    (tmp_path / "plugin.py").write_text(_PLUGIN)

    def evaluate(start: list[str], name: str) -> bytes:
        arguments = ["eval", "--reference", "real", "--generated", "made", "--samples", "8", "--runs", "2"]
        arguments += ["--features", TINY, "--protocol", protocol, "--plugin", "plugin.py", "--out", name]
        environment = os.environ | {
            "AVBENCH_HOME": str(own_home / name),
            "PYTHONPATH": str(_SUPPORT),
            "OMP_NUM_THREADS": "1",
        }
        done = subprocess.run(
            [sys.executable, "-m", *start, *arguments],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout.count("ground-truth") > 0
        return (tmp_path / name / "results.csv").read_bytes()

    one = evaluate(["avbench"], "one")
    two = evaluate(["torch.distributed.run", "--nproc-per-node", "2", "-m", "avbench"], "two")
    assert one == two
