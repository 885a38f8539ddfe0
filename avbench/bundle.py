"""Reference features as one file, so that others evaluate against a data set without its videos.

The file holds the records of the clips and the feature rows that an evaluation of given settings takes from the
reference. The draws follow from the records and the seed, so whoever imports it gets the very rows the exporter would.
"""

import io
import json
import shutil
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avbench import workspace
from avbench.clipset.features_only import FEATURES, read_manifest
from avbench.clipset.layout import to_row
from avbench.config import EvaluateConfig
from avbench.draws import Draw
from avbench.errors import DataError, UsageError
from avbench.evaluation import prepare_evaluation
from avbench.features.cache import FeatureCache
from avbench.progress import Progress, silent
from avbench.ranks import Ranks
from avbench.scoring import GROUND_TRUTH, Scorer


def export_features(config: EvaluateConfig, file: Path, progress: Progress = silent) -> dict[str, Any]:
    """Writes the features that evaluations like `config` take from its reference; `config.generated` is not looked at.

    Returns:
        The settings that the file is for.

    Raises:
        As `avbench.evaluate`.
    """
    scorer = prepare_evaluation(config, Ranks(), progress).scorer
    clipset = scorer.reference.clipset
    settings = {
        "protocol": config.protocol.name,
        "protocol_hash": config.protocol.hash,
        "samples": config.protocol.samples,
        "runs": config.runs,
        "seed": config.seed,
        "features": config.features,
    }
    manifest = {
        "schema_version": 1,
        "name": clipset.name,
        "kind": clipset.kind,
        "fit": clipset.fit,
        "channel": clipset.channel,
        "fingerprint": clipset.fingerprint,
        "records": [to_row(record, shard="", start=Fraction(0)) for record in clipset.records],
        "settings": settings,
        "identities": [extraction.identity for extraction in scorer.reference.extractions.values()],
    }
    arrays = {"manifest": np.frombuffer(json.dumps(manifest, sort_keys=True).encode(), np.uint8)}
    for number, modality in enumerate(scorer.networks):
        extraction = scorer.reference.extractions[modality]
        for drawn in _reference_draws(scorer, config.runs):
            scorer.features(scorer.reference, drawn, modality)
        arrays |= {f"{name}_{number}": array for name, array in _packed(extraction.stored()).items()}
    packed = io.BytesIO()
    np.savez(packed, allow_pickle=False, **arrays)
    workspace.atomic_write(file, packed.getvalue())
    return settings


def import_features(file: Path, folder: Path) -> dict[str, Any]:
    """Makes `folder` a reference for evaluations, from a file that `export_features` wrote.

    Returns:
        The settings that the file is for.

    Raises:
        UsageError: the file does not exist, or `folder` holds something else.
        DataError: the file is damaged or something else.
        MachineError: the folder or the cache cannot be written.
    """
    if not file.is_file():
        raise UsageError(f"{file} does not exist; check the path")
    if folder.exists() and any(path.name != FEATURES for path in folder.iterdir()):
        raise UsageError(f"{folder} holds something else already; choose another --name")
    manifest = read_manifest(file)
    with file.open("rb") as opened, np.load(opened, allow_pickle=False) as arrays:
        for number, identity in enumerate(manifest["identities"]):
            try:
                rows = _unpacked({name: arrays[f"{name}_{number}"] for name in ("contents", "counts", "rows")})
            except (KeyError, ValueError) as error:
                raise DataError(f"{file}: damaged ({error}); get it again") from error
            cache = FeatureCache(identity)
            cache.put(rows)
            cache.close()
    with workspace.atomic_file(folder / FEATURES) as temporary:
        shutil.copyfile(file, temporary)
    settings: dict[str, Any] = manifest["settings"]
    return settings


def _reference_draws(scorer: Scorer, runs: int) -> Iterable[Draw]:
    for run in range(runs):
        comparisons = scorer.comparisons(run)
        scorer.plan(comparisons)
        for comparison in comparisons:
            yield comparison.reference
            if comparison.method == GROUND_TRUTH:
                yield comparison.generated


def _packed(rows: dict[str, NDArray[np.float32]]) -> dict[str, NDArray[Any]]:
    return {
        "contents": np.array(list(rows)),
        "counts": np.array([len(value) for value in rows.values()]),
        "rows": np.concatenate(list(rows.values())),
    }


def _unpacked(arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[np.float32]]:
    pieces = np.split(arrays["rows"].astype(np.float32, casting="same_kind"), np.cumsum(arrays["counts"])[:-1])
    return dict(zip(arrays["contents"].tolist(), pieces, strict=True))
