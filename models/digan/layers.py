"""What DIGAN's networks are made of: StyleGAN2's layers and operations, in plain PyTorch.

Weights are stored with the variance 1 and scaled when they are used ("equalised learning rate"), so that all of them
learn alike under Adam. A leaky ReLU is followed by a gain that keeps the variance. Since it commutes with positive
factors, gains are put into weights and biases, which are small, and never into feature maps.

Source: Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN"; Karras et al. 2018, section 4.1.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

SLOPE = 0.2
GAIN = math.sqrt(2)
FILTER = (1.0, 3.0, 3.0, 1.0)  # before pictures are thinned out, in both directions


class EqualLinear(nn.Module):
    """(..., I) -> (..., O), with a leaky ReLU if `activate`.

    Args:
        multiplier: of the learning rate.
        bias: what it begins with.
    """

    def __init__(
        self, inputs: int, outputs: int, *, activate: bool = False, multiplier: float = 1.0, bias: float = 0.0
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / multiplier)
        self.bias = nn.Parameter(torch.full((outputs,), bias))
        self._activate = activate
        gain = GAIN if activate else 1.0
        self._weight_scale, self._bias_scale = gain * multiplier / math.sqrt(inputs), gain * multiplier

    def forward(self, x: Tensor) -> Tensor:
        y = F.linear(x, self.weight * self._weight_scale, self.bias * self._bias_scale)
        return F.leaky_relu(y, SLOPE) if self._activate else y


class EqualConvolution(nn.Module):
    """(B, I, H, W) -> (B, O, H, W), or half of H and W if `halve`. A leaky ReLU ends it, unless it has no bias.

    Args:
        kernel: 1 or 3 pixels, both sides.
        gain: factor of the output.
        clamp: the output's limit before `gain`; None: none. It guards half precision and never acts otherwise.
    """

    filter: Tensor

    def __init__(
        self,
        inputs: int,
        outputs: int,
        kernel: int,
        *,
        bias: bool = True,
        halve: bool = False,
        gain: float = 1.0,
        clamp: float | None = None,
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.register_buffer("filter", square_filter(FILTER), persistent=False)
        self._halve = halve
        self._scale = gain / math.sqrt(inputs * kernel * kernel) * (GAIN if bias else 1.0)
        self._bias_scale = gain * GAIN
        self._limit = None if clamp is None else clamp * gain

    def forward(self, x: Tensor) -> Tensor:
        weight = self.weight * self._scale
        bias = None if self.bias is None else self.bias * self._bias_scale
        if self._halve:
            y = halved_convolution(x, weight, self.filter, bias)
        else:
            y = F.conv2d(x, weight, bias, padding=weight.shape[-1] // 2)
        if bias is None:
            return y
        y = leaky(y)
        return y if self._limit is None else y.clamp(-self._limit, self._limit)


def leaky(x: Tensor) -> Tensor:
    """The leaky ReLU, in place: `x` must be needed no more."""
    return F.leaky_relu(x, SLOPE, inplace=True)


def square_filter(taps: tuple[float, ...]) -> Tensor:
    """The outer product of a one-dimensional filter with itself, with the sum 1."""
    taps_T = torch.tensor(taps)
    return taps_T.outer(taps_T) / taps_T.sum() ** 2


def filtered(x: Tensor, kernel: Tensor, *, padding: tuple[int, int, int, int], every: int = 1) -> Tensor:
    """True convolution of each channel with one filter.

    Args:
        x: (B, C, H, W).
        kernel: (h, w).
        padding: zeros on the left, right, top and bottom; negative ones crop.
        every: keep only every so many pixels, from the first on, in both directions.
    """
    channels = x.shape[1]
    # torch's convolutions are correlations.
    weight = kernel.flip(0, 1).to(x.dtype).expand(channels, 1, -1, -1)
    return F.conv2d(F.pad(x, padding), weight, stride=every, groups=channels)


def halved_convolution(x: Tensor, weight: Tensor, kernel: Tensor, bias: Tensor | None = None) -> Tensor:
    """A convolution with `weight` (O, I, k, k), k = 1 or 3, whose output has half the size.

    The 4x4 filter `kernel` takes out what the smaller size cannot show.
    """
    if weight.shape[-1] == 1:
        return F.conv2d(filtered(x, kernel, padding=(1, 1, 1, 1), every=2), weight, bias)
    return F.conv2d(filtered(x, kernel, padding=(2, 2, 2, 2)), weight, bias, stride=2)


def minibatch_deviation(x: Tensor, group: int = 4) -> Tensor:
    """How much the samples of a group differ, one number for all of it: (B, C, H, W) -> (B, 1, H, W).

    A batch of B is cut into groups of min(group, B), which it must be a multiple of; sample i is in the group of
    i + n, i + 2n, ..., of n groups. Source: Karras et al. 2018, "Progressive Growing of GANs", section 3.
    """
    B, C, H, W = x.shape
    members = min(group, B)
    variance_NCHW = x.reshape(members, B // members, C, H, W).var(dim=0, correction=0)
    deviation_N: Tensor = (variance_NCHW + 1e-8).sqrt().mean(dim=(1, 2, 3))
    return deviation_N.repeat(members)[:, None, None, None].expand(B, 1, H, W)
