"""Golden values of the distances, and the features they belong to, which are made by rule."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rule_weights import golden_input

_FILE = Path(__file__).resolve().parents[1] / "golden" / "features" / "distances.json"


@dataclass(frozen=True)
class DistanceCase:
    """One golden case: its name, and the values that the published code and others gave."""

    name: str
    values: dict[str, Any]

    def features(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """The two feature sets, by the `rule` in the file."""
        n, m, d = (self.values[size] for size in "nmd")
        x, y = golden_input(f"{self.name}/x", (n, d)), 1.2 * golden_input(f"{self.name}/y", (m, d)) + 0.3
        if self.values["mix"]:
            A = golden_input(f"{self.name}/A", (d, d)) / d**0.5 * torch.linspace(2, 0.02, d)[:, None]
            x, y = x @ A, y @ A
        return x.numpy(), y.numpy()


DISTANCE_CASES = [
    DistanceCase(values["name"], values) for values in json.loads(_FILE.read_text())["distances"]["values"]
]
