"""Group normalisation of features whose channels come last."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.mm_diffusion.config import GROUPS


class GroupNorm(nn.Module):
    """Each group of channels to mean 0 and variance 1 over all positions of a sample, then scaled and shifted.

    Shape: (B, ..., C) to the same.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        # One row of pixels whose memory is channels-last: the layout that PyTorch normalises without a copy.
        row = x.flatten(1, -2)[:, None].movedim(-1, 1)
        return F.group_norm(row, GROUPS, self.weight, self.bias).movedim(1, -1).view_as(x)


class NormSiLU(GroupNorm):
    """SiLU of the normalised features, which the noise level may scale and shift per channel.

    Shape: (B, ..., C), scale and shift (B, C), to the shape of the first.
    """

    def forward(self, x: Tensor, scale: Tensor | None = None, shift: Tensor | None = None) -> Tensor:
        y = super().forward(x)
        if scale is not None and shift is not None:
            positions = (1,) * (x.ndim - 2)
            B, C = scale.shape
            y = torch.addcmul(shift.view(B, *positions, C), y, 1 + scale.view(B, *positions, C))
        return F.silu(y)
