"""Results folders, written by the code that evaluations write them with, around numbers that a test chooses."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from avbench.clipset import open_clipset
from avbench.errors import AvbenchError
from avbench.protocol import PUBLISHED, Protocol
from avbench.results import Results, Row
from avbench.scoring import GROUND_TRUTH
from avbench.statistics.estimate import Estimate

FEATURES = {"FVD": "i3d", "KVD": "i3d", "FAD": "audioclip"}


def sampled(model: str = "mm-diffusion", *, step: int = 100_000, solver: str = "dpm", steps: int = 20, **network: Any):
    """What provenance tells of samples of a run; `network` are settings of its network."""
    settings = {"windows": [1, 4, 8], "random_shift": True} | network
    return {
        "made": {
            "command": "sample",
            "settings": {
                "network": {"run": f"{model}-run", "model": model, "step": step},
                "sampling": {"solver": solver, "steps": steps},
            },
        },
        "run_config": {"preset": "paper", "network": settings},
    }


@dataclass
class Folder:
    """A results folder of one evaluation, with the model's row and the ground truth's."""

    path: Path
    values: Mapping[str, float]  # by metric
    truth: Mapping[str, float] = field(default_factory=lambda: {"FVD": 17.0, "KVD": -0.1, "FAD": 7.0})
    method: str = "ours"
    dataset: str = "landscape"
    protocol: Protocol = PUBLISHED
    made: Mapping[str, Any] = field(default_factory=sampled)  # {}: nobody knows how
    runs: int = 6
    se: float = float("nan")
    weights: str = "a" * 64
    features: Mapping[str, str] = field(default_factory=lambda: FEATURES)
    note: str = ""
    n: int = 2048
    reference: Path = Path("data/real")  # clip sets; their clips are on the page if they exist
    generated: Path = Path("generated")
    stamp: Mapping[str, Any] | None = None
    seed: int = 0
    estimates: Sequence[Estimate] = ()  # for statistics.json

    def write(self) -> Path:
        evaluation = f"{self.method}{self.seed}"[:12].replace(" ", "")
        results = Results(self.path)
        for run in range(self.runs):
            # Runs differ, and their mean is the value.
            spread = (run - (self.runs - 1) / 2) / 100
            for metric in self.values:
                rows = [self._row(self.method, metric, self.values[metric] + spread, run, evaluation)]
                if metric in self.truth:
                    rows.append(self._row(GROUND_TRUTH, metric, self.truth[metric] + spread, run, evaluation))
                results.append(rows)
        told = {
            "protocol": {"hash": self.protocol.hash, **self.protocol.as_dict()},
            "reference": {
                "path": str(self.reference),
                "name": self.dataset,
                "fingerprint": _fingerprint(self.reference),
            },
            "generated": {
                "path": str(self.generated),
                "name": self.method,
                "fingerprint": _fingerprint(self.generated),
                **self.made,
            },
            "method": self.method,
            "runs": self.runs,
            "seed": self.seed,
            "fresh_samples": False,
            "networks": {"i3d": {"weights_sha256": self.weights, "weights_verified": True, "identity": "i3d 1"}},
            "versions": {"avbench": "0"},
        }
        if self.estimates:
            results.write_estimates(evaluation, self.estimates)
        results.write_summary(results.write_provenance(evaluation, told))
        summary = pd.read_csv(self.path / "summary.csv")
        summary["se"] = self.se
        summary["interval_low"] = summary["mean"] - 1.96 * self.se
        summary["interval_high"] = summary["mean"] + 1.96 * self.se
        summary.to_csv(self.path / "summary.csv", index=False)
        if self.stamp is not None:
            (self.path / "reproduced.json").write_text(json.dumps(self.stamp))
        return self.path

    def _row(self, method: str, metric: str, value: float, run: int, evaluation: str) -> Row:
        return Row(
            dataset=self.dataset,
            method=method,
            metric=metric,
            run=run,
            seed=self.seed,
            value=value,
            scale=1.0,
            n_reference=self.n,
            n_generated=self.n,
            features=self.features[metric],
            weights_sha256=self.weights,
            protocol=self.protocol.name,
            protocol_hash=self.protocol.hash,
            resampled="reference",
            note=self.note,
            avbench_version="0",
            evaluation=evaluation,
        )


def _fingerprint(path: Path) -> str:
    try:
        return open_clipset(path).fingerprint
    except AvbenchError:  # there are no clips: the page will say so
        return "e" * 64
