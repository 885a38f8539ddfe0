"""Our networks, at the sizes of `tiny`, compute what the plain renderings of the published ones compute."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "options", "networks"),
    [("unet.py", ("--networks", "small"), 1), ("baselines.py", ("--size", "small"), 4)],
)
def test_outputs_and_gradients_are_those_of_the_plain_rendering(script, options, networks):
    command = [sys.executable, BENCHMARKS / script, *options, "--rounds", "1", "--threads", "1"]
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    differences = re.findall(r"outputs within (\S+) standard deviations, gradients within (\S+) ", printed)
    assert len(differences) == networks
    for outputs, gradients in differences:
        assert float(outputs) < 1e-4
        assert float(gradients) < 1e-4
