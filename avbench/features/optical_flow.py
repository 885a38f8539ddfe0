"""How fast the picture moves, by optical flow: what AV-Align and beat alignment see. No weights."""

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from avbench.errors import DataError
from avbench.features.extractor import EXTRACTORS, Compute, Extractor, Forward, Switches

# Farneback's parameters as TempoTokens' released AV-Align has them.
_PYRAMID_SCALE, _LEVELS, _WINDOW, _ITERATIONS, _NEIGHBOURHOOD, _SIGMA, _FLAGS = 0.5, 3, 15, 3, 5, 1.2, 0


class OpticalFlow(Extractor):
    """Rows (T): mean length of the flow into each frame, in pixels of the protocol's picture; see `flow_magnitude`."""

    name = "optical_flow"
    version = "1"
    modality = "video"
    dimensions = 0  # as many as the protocol has frames

    def load(self, checkpoint: Path, compute: Compute, switches: Switches) -> Forward:
        def forward(video: Tensor) -> Tensor:
            frames_BTHWC = (video * 255).round().to(torch.uint8).permute(0, 2, 3, 4, 1).contiguous().numpy()
            return torch.from_numpy(np.stack([flow_magnitude(frames) for frames in frames_BTHWC]))

        return forward


def flow_magnitude(frames: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Mean length of the optical flow from each frame's predecessor, in pixels; the first value is the second's.

    Args:
        frames: (T, H, W, 3) RGB.

    Returns:
        (T,).

    Raises:
        DataError: there is a single frame.

    Source: Farnebäck 2003, "Two-Frame Motion Estimation Based on Polynomial Expansion", as OpenCV has it, with the
    parameters of Yariv et al. 2024 (TempoTokens).
    """
    import cv2  # takes a while to import

    if len(frames) < 2:
        raise DataError("the windows have a single frame; optical flow needs two")
    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]
    lengths, unused = [], np.zeros((*frames.shape[1:3], 2), np.float32)  # a first guess, which these flags don't take
    for before, after in zip(grey, grey[1:], strict=False):
        flow_HW2 = cv2.calcOpticalFlowFarneback(
            before, after, unused, _PYRAMID_SCALE, _LEVELS, _WINDOW, _ITERATIONS, _NEIGHBOURHOOD, _SIGMA, _FLAGS
        )
        lengths.append(np.linalg.norm(flow_HW2, axis=2).mean())
    return np.array([lengths[0], *lengths], np.float32)


EXTRACTORS.register(OpticalFlow.name)(OpticalFlow())
