"""Suites of extractors: which networks stand behind the names of the metrics."""

from avbench.errors import UsageError
from avbench.features.extractor import EXTRACTORS, Extractor
from avbench.metrics.metric import Metric

# Only metrics on the published networks bear their plain names.
SUITES = {"published": ("i3d", "audioclip"), "embedded": ("transnetv2", "aisfx")}


def extractors_of(features: str) -> dict[str, Extractor]:
    """The extractors, by modality, of a suite or of extractor names parted by commas.

    Raises:
        UsageError: an unknown name, or two extractors of one modality.
    """
    names = SUITES.get(features) or tuple(name.strip() for name in features.split(","))
    chosen: dict[str, Extractor] = {}
    for name in names:
        extractor = EXTRACTORS[name]
        if extractor.modality in chosen:
            raise UsageError(
                f"--features {features}: {chosen[extractor.modality].name} and {name} are both for {extractor.modality}"
            )
        chosen[extractor.modality] = extractor
    return chosen


def metric_label(metric: Metric, extractor: Extractor) -> str:
    """The metric's name in tables: FVD with I3D, FVD[transnetv2] with TransNetV2."""
    return metric.label if extractor.name in SUITES["published"] else f"{metric.label}[{extractor.name}]"
