"""Group normalisation of features whose channels come last, with what follows it in one step.

The networks normalise before every convolution, so that this decides their memory: kept for the gradients are the
features that came in and a few numbers per channel, and everything between is computed again.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.autograd.function import once_differentiable

_EPSILON = 1e-5


class GroupNorm(nn.Module):
    """Each group of channels to mean 0 and variance 1 over all positions, then scaled and shifted.

    Shape: (B, ..., C) to the same. Computed in float32 at least.
    """

    silu = False  # whether a SiLU follows
    groups = 32  # that the channels are cut into; the released code's, which a network may set otherwise

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor, scale: Tensor | None = None, shift: Tensor | None = None) -> Tensor:
        """The normalised x; a scale and a shift (B, C) give it times 1 + scale, plus shift."""
        gain, offset = self.weight[None], self.bias[None]
        if scale is not None and shift is not None:
            gain, offset = gain * (1 + scale), offset * (1 + scale) + shift
        return self._applied(x.flatten(1, -2).contiguous(), gain[:, None], offset[:, None]).view_as(x)

    def along_time(self, x: Tensor) -> Tensor:
        """x normalised over time alone, every pixel for itself. Shape: (B, T, H * W, C) to the same."""
        return self._applied(x, self.weight[None, None, None], self.bias[None, None, None])

    def _applied(self, x: Tensor, gain: Tensor, offset: Tensor) -> Tensor:
        y: Tensor = _Normalize.apply(x, gain, offset, self.silu, self.groups)
        return y


class NormSiLU(GroupNorm):
    """A group normalisation and a SiLU."""

    silu = True


class _Normalize(torch.autograd.Function):
    """gain * normalised(x) + offset, then SiLU if asked.

    Shape: x (B, N, ..., C), normalised over N and groups of C; gain and offset can be broadcast to (B, 1, ..., C).
    """

    # On a CPU a new large tensor costs as much as the arithmetic on it: intermediate results are written over.

    @staticmethod
    def forward(ctx: Any, x: Tensor, gain: Tensor, offset: Tensor, silu: bool, groups: int) -> Tensor:
        precise = x.to(torch.promote_types(x.dtype, torch.float32))
        mean, variance, y = _moments(precise, groups)
        inverse = (variance + _EPSILON).rsqrt()
        ctx.silu, ctx.groups = silu, groups
        ctx.save_for_backward(x, gain, offset, mean, inverse)
        torch.addcmul(*_affine(precise, gain, offset, mean, inverse), out=y)
        return (F.silu(y, inplace=True) if silu else y).type_as(x)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        saved, gain, offset, mean, inverse = ctx.saved_tensors
        x = saved.to(torch.promote_types(saved.dtype, torch.float32))
        grad = grad.to(x.dtype)
        if ctx.silu:
            grad = torch.ops.aten.silu_backward(grad, torch.addcmul(*_affine(x, gain, offset, mean, inverse)))
        # With n the normalised x: the gradients of offset and gain are the sums of grad and of grad * n ...
        product = grad * x
        grad_offset = grad.sum(1, keepdim=True)
        grad_gain = inverse * (product.sum(1, keepdim=True) - mean * grad_offset)
        # ... and that of x is inverse * (h - mean of h - n * mean of h * n), with h = gain * grad, means over groups.
        mean_h = _over_groups(gain * grad_offset, ctx.groups) / x.shape[1]
        slope = inverse * _over_groups(gain * grad_gain, ctx.groups) / x.shape[1]
        grad_x = torch.addcmul(mean * slope - mean_h, x, -slope, out=product)
        grad_x.addcmul_(grad, gain.expand_as(mean)).mul_(inverse)
        grads = grad_x.type_as(saved), grad_gain.sum_to_size(gain.shape), grad_offset.sum_to_size(offset.shape)
        return *grads, None, None


def _affine(x: Tensor, gain: Tensor, offset: Tensor, mean: Tensor, inverse: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """gain * normalised(x) + offset as a sum and a product: the first plus the second times the third."""
    slope = gain * inverse
    return offset - mean * slope, x, slope


def _moments(x: Tensor, groups: int) -> tuple[Tensor, Tensor, Tensor]:
    """Mean and variance over the second axis and each channel's group: (B, N, ..., C) to two of (B, 1, ..., C).

    The third result is a tensor like x, to be written over.
    """
    # From the first position's distance: the plain mean of squares loses a variance far smaller than the mean.
    first = x[:, :1]
    distance = x - first
    mean_distance = distance.mean(1, keepdim=True)
    variance_of_channel = distance.square_().mean(1, keepdim=True) - mean_distance.square()
    mean_of_channel = first + mean_distance
    mean = _over_groups(mean_of_channel, groups)
    variance = _over_groups(variance_of_channel + (mean_of_channel - mean).square(), groups)
    return mean, variance.clamp_(min=0), distance


def _over_groups(x: Tensor, groups: int) -> Tensor:
    """Each channel's mean over its group. Shape: (..., C) to the same."""
    grouped = x.view(*x.shape[:-1], groups, -1)
    return grouped.mean(-1, keepdim=True).expand_as(grouped).reshape(x.shape)
