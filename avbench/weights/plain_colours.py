"""Whether a checkpoint is the true I3D: the distance that black and white videos have under it."""

from pathlib import Path

TRUE_DISTANCE = (131.0, 134.0)  # what public implementations give with the published file


def plain_colour_distance(checkpoint: Path) -> float:
    """Fréchet distance between 16 black and 16 white videos of 15 frames under the I3D of `checkpoint`.

    Raises:
        DataError: the file holds no I3D.
    """
    import numpy as np
    import torch

    from avbench.features.extractor import EXTRACTORS, Compute, Switches
    from avbench.metrics.frechet import frechet_distance

    forward = EXTRACTORS["i3d"].load(checkpoint, Compute(windows=2), Switches())
    with torch.inference_mode():
        black, white = (forward(torch.full((1, 3, 15, 224, 224), level)).numpy() for level in (0.0, 1.0))
    # A row does not depend on the other rows of its batch, so one video of each colour stands for all 16.
    return frechet_distance(np.repeat(black, 16, axis=0), np.repeat(white, 16, axis=0))


def looks_true(distance: float) -> bool:
    """Whether the published file can give this distance."""
    low, high = TRUE_DISTANCE
    return low <= distance <= high
