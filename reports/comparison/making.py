"""What made a set of clips: the model, its training and its sampling, as far as anything tells."""

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Making:
    """How a run made a set. What is not known is None, or "" for names."""

    run: str  # the run's name
    model: str  # registered name
    preset: str
    step: int  # of training
    solver: str
    evaluations: int  # of the network, per sample (NFE)
    windows: tuple[int, ...] | None  # of cross-attention
    random_shift: bool | None
    conditional: bool  # made to fit given sound or pictures
    upscaled: bool


def making_of(told: Mapping[str, Any]) -> Making | None:
    """What made the set that provenance tells of; None where it is not samples of a run.

    Provenance may hold the set's manifest (`made`) and the run's settings (`run_config`); where it does not, they are
    read from the set and from its run, if these are still where they were.

    Args:
        told: `provenance.json` of the generated set: its `path`, and perhaps `made` and `run_config`.
    """
    path = Path(told.get("path", ""))
    made = told.get("made") or _json(path / "clipset.json").get("made") or {}
    settings = made.get("settings") or {}
    network, sampling = settings.get("network") or {}, settings.get("sampling") or {}
    if made.get("command") != "sample" or not network:
        return None
    config = told.get("run_config") or _toml(path.parent.parent / "config.toml")
    own = config.get("network") or {}
    windows = own.get("windows")
    return Making(
        run=str(network.get("run", "")),
        model=str(network.get("model", "")),
        preset=str(config.get("preset", "")),
        step=int(network.get("step", 0)),
        solver=str(sampling.get("solver", "")),
        evaluations=int(sampling.get("steps", 0)),
        windows=tuple(windows) if windows is not None else None,
        random_shift=own.get("random_shift"),
        conditional=settings.get("condition") is not None,
        upscaled=settings.get("upsampler") is not None,
    )


def _json(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except (OSError, ValueError):
        return {}
