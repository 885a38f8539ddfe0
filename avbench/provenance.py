"""What is told of an evaluation: all it takes to do it again and to know what was done."""

import json
import platform
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import av
import torch

from avbench import __version__
from avbench.clipset.layout import MANIFEST
from avbench.config import EvaluateConfig
from avbench.metric_choice import PAIR
from avbench.scoring import Scorer, Side
from avbench.statistics.estimate import HOW_ERRORS_ARE_FOUND

_LIBRARIES = ("torch", "torchaudio", "torchvision", "av", "numpy", "scipy")


def of_evaluation(config: EvaluateConfig, scorer: Scorer) -> dict[str, Any]:
    """The provenance of an evaluation as JSON values."""
    return {
        "protocol": {"hash": config.protocol.hash, **config.protocol.as_dict()},
        "reference": _of_set(scorer.reference, str(config.reference)),
        "generated": _of_set(scorer.generated, str(config.generated)),
        "method": scorer.method,
        "runs": config.runs,
        "seed": config.seed,
        "fresh_samples": config.fresh_samples,
        "features": config.features,
        "metrics": list(config.metrics),
        "bfloat16": config.bfloat16,
        "networks": {
            key if key.startswith(PAIR) else network.extractor.name: {
                "identity": network.identity,
                "weights_sha256": network.weights_sha256,
                "weights_verified": network.verified,
                "blind_to": network.extractor.blind_to,
            }
            for key, network in scorer.networks.items()
        },
        "errors": HOW_ERRORS_ARE_FOUND,
        "versions": versions(),
    }


def versions() -> dict[str, str]:
    """Versions of what computes: avbench, Python, the libraries and the ffmpeg inside PyAV."""
    ffmpeg = {name: ".".join(map(str, number)) for name, number in av.library_versions.items()}
    libraries = {name: version(name) for name in _LIBRARIES}
    return {"avbench": __version__, "python": platform.python_version(), **libraries, **ffmpeg} | {
        "cuda": str(torch.version.cuda)
    }


def _of_set(side: Side, path: str) -> dict[str, Any]:
    clipset = side.clipset
    return {
        "path": path,
        **_making(clipset.path),
        "name": clipset.name,
        "kind": clipset.kind,
        "fingerprint": clipset.fingerprint,
        "fit": clipset.fit,
        "channel": clipset.channel,
        "clips": len(clipset),
        "failures": len(clipset.failures),
        "windows": len(side.windows),
        "features": {modality: extraction.identity for modality, extraction in side.extractions.items()},
    }


def _making(path: Path) -> dict[str, Any]:
    """How avbench made a set, as its manifest tells (`made`), and the settings of the run it is of (`run_config`).

    Nothing of a user's own folder.
    """
    if not (path / MANIFEST).is_file():
        return {}
    told: dict[str, Any] = {"made": json.loads((path / MANIFEST).read_bytes()).get("made")}
    run = path.resolve().parent.parent / "config.toml"  # samples lie in RUN/samples/NAME
    if (told["made"] or {}).get("command") == "sample" and run.is_file():
        told["run_config"] = tomllib.loads(run.read_text())
    return told
