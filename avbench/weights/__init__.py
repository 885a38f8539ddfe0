"""Pretrained weights: what is known of each file, and how it is fetched, verified and kept in `AVBENCH_HOME/weights`.

>>> from avbench import weights
>>> weights.resolve("i3d").path  # doctest: +SKIP
"""

from avbench.weights.registry import WEIGHTS, Weights, Wheel, get, names
from avbench.weights.store import ResolvedWeights, add, announcement, fetch, path_of, resolve, verify

__all__ = [
    "WEIGHTS",
    "ResolvedWeights",
    "Weights",
    "Wheel",
    "add",
    "announcement",
    "fetch",
    "get",
    "names",
    "path_of",
    "resolve",
    "verify",
]
