"""What upscaling gained: the upsampler beside the bicubic filter, in decibels and in FVD at its own size."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avbench.progress import Progress, silent

if TYPE_CHECKING:  # these import torch, which takes seconds
    import pandas as pd

    from avbench.clipset import ClipSet
    from models.super_resolution.compare import Comparison
    from models.super_resolution.enlarge import Upsampler


@dataclass(frozen=True, slots=True, kw_only=True)
class UpscaleCheck:
    """The two halves of the comparison."""

    comparison: "Comparison"  # on real pictures, whose large originals are known
    summary: "pd.DataFrame"  # FVD of the upscaled and of the bicubic clips; empty in processes other than the first


def check_upscaled(
    clipset: "ClipSet",
    upscaled: Path,
    reference: Path,
    upsampler: "Upsampler",
    *,
    pictures: int,
    progress: Progress = silent,
    **settings: Any,
) -> UpscaleCheck:
    """Compares clips that were upscaled with the same clips enlarged by the bicubic filter.

    PSNR is taken on real pictures of the reference, reduced and enlarged again. FVD compares both sets of clips with
    the reference, under the protocol avbench at the size of the upsampler. The bicubic clips are written beside
    `upscaled`.

    Args:
        clipset: the small clips.
        upscaled: what the upsampler made of them.
        reference: real clips at least as large as the upsampler's pictures.
        pictures: how many PSNR is taken on.
        settings: fields of `EvaluateConfig`, and `samples`.

    Raises:
        MissingError: weights are missing and cannot be fetched; PSNR is not returned then either.
    """
    import pandas as pd

    from avbench.clipset import open_clipset
    from avbench.evaluation import evaluate
    from avbench.protocol import get_protocol
    from models.super_resolution.clipset import upscale_clipset
    from models.super_resolution.compare import compare_with_bicubic
    from models.super_resolution.enlarge import Bicubic

    comparison = compare_with_bicubic(
        upsampler.network,
        open_clipset(reference),
        pictures=pictures,
        steps=upsampler.steps,
        seed=upsampler.seed,
        progress=progress,
    )
    plain = Bicubic(low_size=upsampler.low_size, size=upsampler.size)
    bicubic = upscale_clipset(clipset, upscaled.with_name(f"{upscaled.name}-bicubic"), plain, progress=progress)
    protocol = get_protocol("avbench@256").with_switches({"size": str(upsampler.size)})
    evaluations = [
        evaluate(reference, folder, method=method, protocol=protocol, metrics=("fvd",), progress=progress, **settings)
        for method, folder in (("upscaled", upscaled), ("bicubic", bicubic))
    ]
    return UpscaleCheck(comparison=comparison, summary=pd.concat([evaluation.summary for evaluation in evaluations]))


def as_json(check: UpscaleCheck) -> str:
    """PSNR of every picture, and the lines of the evaluation's summary."""
    return json.dumps({"psnr": asdict(check.comparison), "fvd": check.summary.to_dict("records")})
