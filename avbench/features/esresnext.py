"""The trunk of AudioCLIP's audio head: a ResNeXt-50 (32 x 4d) with an attention gate after each stage.

Source: Guzhov et al. 2021, "ESResNet: Environmental Sound Classification Based on Visual Domain Models", sec. III-B
(attention), and Xie et al. 2017, "Aggregated Residual Transformations for Deep Neural Networks" (ResNeXt).
"""

import copy

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

FEATURES = 2048
_GROUPS = 32


class BatchNorm(nn.BatchNorm2d):
    """Batch normalisation that in training mode uses the batch's statistics and leaves the stored ones alone.

    The released evaluation runs the head in training mode; measuring must not change the instrument.
    """

    def forward(self, x: Tensor) -> Tensor:
        mean, variance = (None, None) if self.training else (self.running_mean, self.running_var)
        return F.batch_norm(x, mean, variance, self.weight, self.bias, training=self.training, eps=self.eps)


class Bottleneck(nn.Module):
    """1x1, grouped 3x3 and 1x1 convolution beside an identity or projection. Shape: (B, C, H, W) -> (B, C', H', W')."""

    def __init__(self, channels: int, width: int, stride: int) -> None:
        super().__init__()
        out = 2 * width
        self.conv1 = nn.Conv2d(channels, width, 1, bias=False)
        self.bn1: nn.Module = BatchNorm(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, groups=_GROUPS, bias=False)
        self.bn2: nn.Module = BatchNorm(width)
        self.conv3 = nn.Conv2d(width, out, 1, bias=False)
        self.bn3: nn.Module = BatchNorm(out)
        self.downsample = nn.Sequential()
        if stride != 1 or channels != out:
            self.downsample = nn.Sequential(nn.Conv2d(channels, out, 1, stride, bias=False), BatchNorm(out))

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.bn1(self.conv1(x)))
        y = F.relu(self.bn2(self.conv2(y)))
        added: Tensor = self.bn3(self.conv3(y)) + self.downsample(x)
        return F.relu(added)


class Gate(nn.Module):
    """How much of a stage's output passes, from the stage's input. Shape: (B, C, H, W), (H', W') -> (B, C', H', W')."""

    def __init__(self, channels: int, out: int, kernel: tuple[int, int]) -> None:
        super().__init__()
        padding = (kernel[0] // 2, kernel[1] // 2)
        self.conv_depth = nn.Conv2d(channels, channels, kernel, padding=padding, groups=channels)
        self.conv_point = nn.Conv2d(channels, out, 1)
        self.bn: nn.Module = BatchNorm(out)

    def forward(self, x: Tensor, size: tuple[int, int]) -> Tensor:
        pooled = F.adaptive_max_pool2d(x, size)
        return torch.sigmoid(self.bn(self.conv_point(self.conv_depth(pooled))))


class GatedResNeXt(nn.Module):
    """Spectrogram to one vector. Shape: (B, 3, H, W) -> (B, FEATURES). Names are those of the published checkpoint."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1: nn.Module = BatchNorm(64)
        self.layer1 = _stage(64, 128, blocks=3, stride=1)
        self.layer2 = _stage(256, 256, blocks=4, stride=2)
        self.layer3 = _stage(512, 512, blocks=6, stride=2)
        self.layer4 = _stage(1024, 1024, blocks=3, stride=2)
        # Gates 1 and 3 look along frequency, 2 and 4 along time, the last along both.
        self.att1 = Gate(64, 256, (3, 1))
        self.att2 = Gate(256, 512, (1, 5))
        self.att3 = Gate(512, 1024, (3, 1))
        self.att4 = Gate(1024, 2048, (1, 5))
        self.att5 = Gate(2048, FEATURES, (3, 5))

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.bn1(self.conv1(x))), 3, 2, 1)
        stages = (self.layer1, self.layer2, self.layer3, self.layer4)
        for stage, gate in zip(stages, (self.att1, self.att2, self.att3, self.att4), strict=True):
            y = stage(x)
            x = y * gate(x, (y.shape[-2], y.shape[-1]))
        vectors: Tensor = x.mean((-2, -1), keepdim=True) * self.att5(x, (1, 1))
        return vectors.flatten(1)

    def folded(self) -> "GatedResNeXt":
        """A faster copy for evaluation mode: every normalisation is multiplied into the convolution before it."""
        copied = copy.deepcopy(self).eval()
        for part in copied.modules():
            for convolution, norm in _NORMALISED:
                if isinstance(getattr(part, norm, None), BatchNorm):
                    fused = fuse_conv_bn_eval(getattr(part, convolution), getattr(part, norm))
                    setattr(part, convolution, fused)
                    setattr(part, norm, nn.Identity())
        # On a CPU as on a GPU the convolutions are fastest with the channels last in memory.
        return copied.to(memory_format=torch.channels_last)


# Names of convolutions and of the normalisations behind them, in a block, a gate, a projection.
_NORMALISED = (("conv1", "bn1"), ("conv2", "bn2"), ("conv3", "bn3"), ("conv_point", "bn"), ("0", "1"))


def _stage(channels: int, width: int, *, blocks: int, stride: int) -> nn.Sequential:
    rest = [Bottleneck(2 * width, width, 1) for _ in range(blocks - 1)]
    return nn.Sequential(Bottleneck(channels, width, stride), *rest)
