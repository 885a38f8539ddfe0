"""`python -m avbench`, which `torchrun -m avbench` uses too."""

from avbench.cli.main import run

run()
