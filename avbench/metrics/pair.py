"""The two feature sets that every distance takes: brought to float64 and refused where no distance is defined."""

import numpy as np
from numpy.typing import NDArray

from avbench.errors import DataError

Features = NDArray[np.float64]


def checked_pair(reference: NDArray[np.floating], generated: NDArray[np.floating]) -> tuple[Features, Features]:
    """Both sets in float64. The caller's arrays stay as they are.

    Raises:
        DataError: a set is no (N, D) array, has fewer than 2 clips or a value that is not finite, or D differs.
    """
    pair = _checked("reference", reference), _checked("generated", generated)
    dimensions = [features.shape[1] for features in pair]
    if dimensions[0] != dimensions[1]:
        raise DataError(
            f"the reference set has {dimensions[0]} features a clip and the generated set {dimensions[1]}; "
            "take both from one network"
        )
    return pair


def _checked(name: str, features: NDArray[np.floating]) -> Features:
    checked = np.asarray(features, dtype=np.float64)
    if checked.ndim != 2 or checked.shape[1] == 0:
        raise DataError(f"the {name} set has shape {checked.shape}; wanted is (clips, features)")
    if len(checked) < 2:
        raise DataError(f"the {name} set has {len(checked)} clip(s); a distance needs at least 2 in each set")
    if not (finite := np.isfinite(checked).all(axis=1)).all():
        raise DataError(
            f"the {name} set has values that are not finite, first in row {int(np.argmin(finite))}; "
            "extract the features of that clip again"
        )
    return checked
