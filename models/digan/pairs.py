"""What DIGAN is trained on: two frames of a clip, and the time between them."""

import numpy as np
import torch
from torch import Tensor

from models.draws import Draws
from models.model import Examples


class FramePairs:
    """Two frames of each example, an early and a late one as a rule; they may be the same.

    They are drawn from Beta(1, 2) and Beta(2, 1), as in the released code: two that are far apart are more frequent
    than by a uniform draw.

    Args:
        clips: gives "video" (3, T, H, W).
    """

    def __init__(self, clips: Examples) -> None:
        self._clips = clips

    def __len__(self) -> int:
        return len(self._clips)

    def read(self, index: int, generator: np.random.Generator) -> dict[str, Tensor]:
        """
        Returns:
            "video": (3, 2, H, W), in order; "gap": the time between them, where a clip's first and last are 1 apart.
        """
        video_CTHW = self._clips.read(index, generator)["video"]
        frames = video_CTHW.shape[1]
        first, second = sorted(int(frames * generator.beta(*shape)) for shape in ((2, 1), (1, 2)))
        gap = (second - first) / max(frames - 1, 1)
        return {"video": video_CTHW[:, [first, second]].contiguous(), "gap": torch.tensor(gap, dtype=torch.float32)}


def drawn_times(draws: Draws, *name: str) -> Tensor:
    """The times of two frames to be made of each clip, in order: (B, 2), in [0, 1], distributed as those above."""
    early_B, late_B = draws.uniform(*name, "times", shape=(2,)).unbind(dim=1)
    # By the inverse of the distributions, which are x^2 and 1 - (1 - x)^2.
    return torch.stack([1 - early_B.sqrt(), late_B.sqrt()], dim=1).sort(dim=1).values
