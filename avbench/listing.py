"""What lies in the workspace: data sets, runs and results, told from their small files alone, so that it is quick."""

import csv
import json
import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# As in avbench.clipset.layout and .made, which import torch; a list is to be there at once.
MANIFEST, WORK, MADE = "clipset.json", ".work", "folder"

Entry = dict[str, Any]  # JSON values by column

_DAMAGED = "damaged"


def data_sets(folder: Path) -> list[Entry]:
    """Clip sets in a folder: name, state ("ready", "unfinished", "features" or "damaged"), kind, clips, splits,
    failures and bytes of the shards."""
    return [found for path in _folders(folder) if (found := _data_set(path))]


def runs(folder: Path) -> list[Entry]:
    """Runs in a folder: name, state ("ready", "unfinished" or "damaged"), model, preset, data, step, steps and the
    names of the sets of samples."""
    return [_run(path) for path in _folders(folder) if (path / "config.toml").is_file()]


def results(folder: Path) -> list[Entry]:
    """Results folders: name, state ("ready", "unfinished" or "damaged"), made_for ("table1:7", "table1:7 smoke" or an
    ablation), and of its summary dataset, methods, protocols, n, runs and metrics."""
    return [found for path in _folders(folder) if (found := _results(path))]


def _folders(folder: Path) -> list[Path]:
    return sorted(path for path in folder.glob("[!.]*") if path.is_dir())


def _data_set(path: Path) -> Entry | None:
    entry: Entry = {"name": path.name, "state": "ready", "kind": "", "clips": None, "splits": {}, "failures": None}
    if (path / MANIFEST).is_file():
        try:
            manifest = json.loads((path / MANIFEST).read_bytes())
            return entry | (_made(manifest) if manifest.get("kind") == MADE else _shards(path, manifest))
        except (ValueError, KeyError, TypeError):
            return entry | {"state": _DAMAGED}
    if (path / "features.npz").is_file():
        return entry | {"state": "features", "kind": "features"}
    return entry | {"state": "unfinished"} if (path / WORK).exists() or any(path.glob("*.tar")) else None


def _made(manifest: Mapping[str, Any]) -> Entry:
    return {"kind": "folder", "clips": len(manifest["clips"]), "splits": {}, "failures": 0}


def _shards(path: Path, manifest: Mapping[str, Any]) -> Entry:
    splits = {name: sum(shard["clips"] for shard in shards) for name, shards in manifest["splits"].items()}
    failed = path / "failures.csv"
    return {
        "kind": "shards",
        "clips": sum(splits.values()),
        "splits": splits,
        "failures": len(_rows(failed)) if failed.is_file() else 0,
        "bytes": sum(shard["bytes"] for shards in manifest["splits"].values() for shard in shards),
    }


def _run(path: Path) -> Entry:
    entry: Entry = {"name": path.name, "state": _DAMAGED}
    try:
        config = tomllib.loads((path / "config.toml").read_text())
        steps, model = int(config["training"]["steps"]), str(config["model"])
    except (OSError, ValueError, KeyError, TypeError):
        return entry
    checkpoints = [int(file.stem) for file in (path / "checkpoints").glob("*.pt") if file.stem.isdigit()]
    step = max(checkpoints, default=0)
    return entry | {
        # An imported run has one checkpoint, of no step, and nothing left to do.
        "state": "ready" if checkpoints and (step >= steps or step == 0) else "unfinished",
        "model": model,
        "preset": config.get("preset", ""),
        "data": config.get("data", ""),
        "step": step,
        "steps": steps,
        "samples": [sample.name for sample in _folders(path / "samples") if (sample / MANIFEST).is_file()],
    }


def _results(path: Path) -> Entry | None:
    if not (path / "results.csv").is_file():  # a report, a sanity study, pictures
        return None
    entry: Entry = {"name": path.name, "state": "unfinished", "made_for": _made_for(path)}
    if not (path / "summary.csv").is_file():
        return entry
    try:
        lines = _rows(path / "summary.csv")
        columns = {
            name: list(dict.fromkeys(line[column] for line in lines))
            for name, column in (("datasets", "dataset"), ("methods", "method"), ("metrics", "metric"))
        }
        protocols = list(dict.fromkeys(f"{line['protocol']} ({line['protocol_hash']})" for line in lines))
        n, runs_ = (Counter(int(line[column]) for line in lines) for column in ("n_generated", "runs"))
        return entry | {"state": "ready", "protocols": protocols, "n": max(n), "runs": max(runs_)} | columns
    except (OSError, ValueError, KeyError, TypeError):
        return entry | {"state": _DAMAGED}


def _made_for(path: Path) -> str:
    """The row of a table or the study that a results folder is stamped with."""
    for file in ("reproduced.json", "ablation.json"):
        try:
            told = json.loads((path / file).read_bytes())
        except (OSError, ValueError):
            continue
        for one in told if isinstance(told, list) else [told]:
            name = f"table{one['table']}:{one['row']}" if "table" in one else f"{one.get('study', '')}"
            return f"{name} smoke" if one.get("smoke") else name
    return ""


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))
