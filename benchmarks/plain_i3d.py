"""I3D as a plain PyTorch rendering of the published evaluation: what `benchmarks/eval.py` measures ours against.

Eager float32, every padding and batch normalisation a step of its own, zero padding before pools too, the classifier
a convolution over each window. Nothing is shared with the library, so that it is also a second opinion on the numbers.
"""

from collections import OrderedDict
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class PlainI3D(nn.Module):
    """Shape: float (B, 3, T, 224, 224) in [-1, 1] to (B, 400)."""

    def __init__(self, state_dict: Mapping[str, Tensor]) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            OrderedDict(
                Conv3d_1a_7x7=PlainUnit(3, 64, 7, 2),
                MaxPool3d_2a_3x3=PlainPool((1, 3, 3), (1, 2, 2)),
                Conv3d_2b_1x1=PlainUnit(64, 64, 1),
                Conv3d_2c_3x3=PlainUnit(64, 192, 3),
                MaxPool3d_3a_3x3=PlainPool((1, 3, 3), (1, 2, 2)),
                Mixed_3b=PlainMixed(192, (64, 96, 128, 16, 32, 32)),
                Mixed_3c=PlainMixed(256, (128, 128, 192, 32, 96, 64)),
                MaxPool3d_4a_3x3=PlainPool((3, 3, 3), (2, 2, 2)),
                Mixed_4b=PlainMixed(480, (192, 96, 208, 16, 48, 64)),
                Mixed_4c=PlainMixed(512, (160, 112, 224, 24, 64, 64)),
                Mixed_4d=PlainMixed(512, (128, 128, 256, 24, 64, 64)),
                Mixed_4e=PlainMixed(512, (112, 144, 288, 32, 64, 64)),
                Mixed_4f=PlainMixed(528, (256, 160, 320, 32, 128, 128)),
                MaxPool3d_5a_2x2=PlainPool((2, 2, 2), (2, 2, 2)),
                Mixed_5b=PlainMixed(832, (256, 160, 320, 32, 128, 128)),
                Mixed_5c=PlainMixed(832, (384, 192, 384, 48, 128, 128)),
            )
        )
        self.pool = nn.AvgPool3d((2, 7, 7), stride=1)
        self.logits = nn.ModuleDict({"conv3d": nn.Conv3d(1024, 400, 1)})
        self.load_state_dict(
            {key if key.startswith("logits.") else f"layers.{key}": tensor for key, tensor in state_dict.items()},
            strict=False,
        )
        self.eval()

    def forward(self, video: Tensor) -> Tensor:
        windows: Tensor = self.logits["conv3d"](self.pool(self.layers(video)))
        return windows.squeeze(4).squeeze(3).mean(dim=2)


class PlainUnit(nn.Module):
    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.conv3d = nn.Conv3d(inputs, outputs, kernel, stride, bias=False)
        self.bn = nn.BatchNorm3d(outputs, eps=1e-5)

    def forward(self, x: Tensor) -> Tensor:
        x = pad_same(x, self.conv3d.kernel_size, self.conv3d.stride)
        return F.relu(self.bn(self.conv3d(x)))


class PlainPool(nn.Module):
    def __init__(self, kernel: tuple[int, int, int], stride: tuple[int, int, int]) -> None:
        super().__init__()
        self.kernel, self.stride = kernel, stride

    def forward(self, x: Tensor) -> Tensor:
        return F.max_pool3d(pad_same(x, self.kernel, self.stride), self.kernel, self.stride)


class PlainMixed(nn.Module):
    def __init__(self, inputs: int, outputs: tuple[int, int, int, int, int, int]) -> None:
        super().__init__()
        c0, c1, c2, c3, c4, c5 = outputs
        self.b0 = PlainUnit(inputs, c0, 1)
        self.b1a = PlainUnit(inputs, c1, 1)
        self.b1b = PlainUnit(c1, c2, 3)
        self.b2a = PlainUnit(inputs, c3, 1)
        self.b2b = PlainUnit(c3, c4, 3)
        self.b3a = PlainPool((3, 3, 3), (1, 1, 1))
        self.b3b = PlainUnit(inputs, c5, 1)

    def forward(self, x: Tensor) -> Tensor:
        branches = [self.b0(x), self.b1b(self.b1a(x)), self.b2b(self.b2a(x)), self.b3b(self.b3a(x))]
        return torch.cat(branches, dim=1)


def pad_same(x: Tensor, kernel: tuple[int, ...], stride: tuple[int, ...]) -> Tensor:
    """Zeros around each axis until it has ceil(length / stride) windows; the odd one goes to the back."""
    amounts: list[int] = []
    for length, k, r in reversed(list(zip(x.shape[2:], kernel, stride, strict=True))):
        total = max(k - r, 0) if length % r == 0 else max(k - length % r, 0)
        amounts += [total // 2, total - total // 2]
    return F.pad(x, amounts)


def flop(network: PlainI3D, frames: int) -> int:
    """Floating-point operations of the convolutions on a video (1, 3, frames, 224, 224), without taps on padding."""
    total = 0

    def count(unit: nn.Module, inputs: tuple[Tensor]) -> None:
        nonlocal total
        assert isinstance(unit, PlainUnit)
        weight = unit.conv3d.weight
        # On ones inside zero padding, a kernel of ones counts the taps that meet no padding.
        inside = pad_same(torch.ones(1, 1, *inputs[0].shape[2:]), unit.conv3d.kernel_size, unit.conv3d.stride)
        taps = F.conv3d(inside, torch.ones(1, 1, *weight.shape[2:]), stride=unit.conv3d.stride).sum()
        total += 2 * weight.shape[0] * weight.shape[1] * int(taps)

    hooks = [unit.register_forward_pre_hook(count) for unit in network.modules() if isinstance(unit, PlainUnit)]
    with torch.inference_mode():
        network(torch.zeros(1, 3, frames, 224, 224))
    for hook in hooks:
        hook.remove()
    return total
