"""Group normalisation of features whose channels come last, with what follows it in one step.

The networks normalise before every convolution, so that this decides their memory: kept for the gradients are the
features that came in and a few numbers per channel, and everything between is computed again.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

from models.mm_diffusion.config import GROUPS

_EPSILON = 1e-5


class GroupNorm(nn.Module):
    """Each group of channels to mean 0 and variance 1 over all positions of a sample, then scaled and shifted.

    Shape: (B, ..., C) to the same, computed in float32 at least.
    """

    silu = False  # whether a SiLU follows

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, scale: Tensor | None = None, shift: Tensor | None = None) -> Tensor:
        """The normalised x; a scale and a shift (B, C) give it times 1 + scale, plus shift."""
        gain, offset = self.weight[None], self.bias[None]
        if scale is not None and shift is not None:
            gain, offset = gain * (1 + scale), offset * (1 + scale) + shift
        y: Tensor = _Normalize.apply(x.flatten(1, -2), gain, offset, self.silu)
        return y.view_as(x)


class NormSiLU(GroupNorm):
    """A group normalisation and a SiLU."""

    silu = True


class _Normalize(torch.autograd.Function):
    """gain * normalised(x) + offset, then SiLU if asked. Shape: x (B, N, C), gain and offset (B or 1, C)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, gain: Tensor, offset: Tensor, silu: bool) -> Tensor:
        x_BNC = x.to(torch.promote_types(x.dtype, torch.float32))
        square = x_BNC * x_BNC
        mean, mean_square = _group_means(x_BNC.sum(1), x.shape[1]), _group_means(square.sum(1), x.shape[1])
        inverse = (mean_square - mean * mean + _EPSILON).rsqrt()
        ctx.silu = silu
        ctx.save_for_backward(x, gain, offset, mean, inverse)
        y = _affine(x_BNC, gain, offset, mean, inverse)
        return (F.silu(y, inplace=True) if silu else y).type_as(x)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        x, gain, offset, mean, inverse = ctx.saved_tensors
        precise = torch.promote_types(x.dtype, torch.float32)
        x_BNC, grad = x.to(precise), grad.to(precise)
        if ctx.silu:
            grad = torch.ops.aten.silu_backward(grad, _affine(x_BNC, gain, offset, mean, inverse))
        # With n the normalised x: the gradients of offset and gain are the sums of grad and of grad * n ...
        grad_offset = grad.sum(1)
        grad_gain = inverse * ((grad * x_BNC).sum(1) - mean * grad_offset)
        # ... and that of x is inverse * (h - mean of h - n * mean of h * n), with h = gain * grad, means over groups.
        mean_h = _group_means(gain * grad_offset, x.shape[1])
        slope = inverse * _group_means(gain * grad_gain, x.shape[1])
        grad_x = torch.addcmul((mean * slope - mean_h)[:, None], x_BNC, -slope[:, None])
        grad_x.addcmul_(grad, gain[:, None]).mul_(inverse[:, None])
        return grad_x.type_as(x), grad_gain.sum_to_size(gain.shape), grad_offset.sum_to_size(offset.shape), None


def _affine(x_BNC: Tensor, gain: Tensor, offset: Tensor, mean: Tensor, inverse: Tensor) -> Tensor:
    slope = gain * inverse
    return torch.addcmul((offset - mean * slope)[:, None], x_BNC, slope[:, None])


def _group_means(sums_BC: Tensor, positions: int) -> Tensor:
    """From sums per channel over positions: the means over each channel's whole group. Shape: (B, C) to the same."""
    B, C = sums_BC.shape
    means = sums_BC.view(B, GROUPS, -1).mean(2, keepdim=True) / positions
    return means.expand(B, GROUPS, C // GROUPS).reshape(B, C)
