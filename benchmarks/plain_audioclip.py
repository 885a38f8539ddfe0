"""The rival of the fast audio head: ESResNeXt-FBSP as published, layer by layer, in eager float32 PyTorch.

The wavelets are computed again at every call, the windowed frames are padded to the transform's length and multiplied
with complex halves apart, and every batch normalisation is a step of its own."""

import math
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_STAGES = ((3, 1), (4, 2), (6, 2), (3, 2))  # blocks and stride
_FRAME, _HOP, _TRANSFORM, _EPSILON = 1654, 561, 2048, 1e-8


class PlainAudioHead(nn.Module):
    """Shape: float (B, 1, S) in 16-bit range to raw embeddings (B, 1024). Takes the state dict with `audio.` keys."""

    def __init__(self, state_dict: Mapping[str, Tensor]) -> None:
        super().__init__()
        self._weights = {key[6:]: value.float() for key, value in state_dict.items() if key.startswith("audio.")}

    @torch.inference_mode()
    def forward(self, waveform: Tensor) -> Tensor:
        x = self._stem(self._spectrogram(((waveform[:, 0] + 32768) * 2) / 65535 - 1))
        for number, (blocks, stride) in enumerate(_STAGES, start=1):
            y = x
            for block in range(blocks):
                y = self._block(y, f"layer{number}.{block}", stride if block == 0 else 1)
            x = y * self._gate(x, f"att{number}", (y.shape[-2], y.shape[-1]))
        x = F.adaptive_avg_pool2d(x, 1) * self._gate(x, "att5", (1, 1))
        return F.linear(x.flatten(1), self._weights["fc.weight"], self._weights["fc.bias"])

    def _spectrogram(self, waves: Tensor) -> Tensor:
        samples = waves.shape[-1]
        count = 1 + max(0, math.ceil((samples - _FRAME) / _HOP))
        missing = (count - 1) * _HOP + _FRAME - samples
        frames = F.pad(waves, (missing // 2, missing - missing // 2)).unfold(-1, _FRAME, _HOP)
        margin = (_TRANSFORM - _FRAME) // 2
        frames = F.pad(frames * self._weights["window"], (margin, margin))
        wavelets = self._wavelets()
        real, imaginary = frames @ wavelets.real.mT, frames @ wavelets.imag.mT
        power = (real**2 + imaginary**2).mT[:, :-2]
        power = torch.where(power > 0, power, torch.full_like(power, 1e-18))
        return (10 * torch.log10(power)).reshape(len(waves), 3, 341, count)

    def _wavelets(self) -> Tensor:
        m, fb, fc = (self._weights[f"fbsp.{name}"][:, None] for name in ("m", "fb", "fc"))
        t = math.pi * torch.linspace(-1, 1, _TRANSFORM) + _EPSILON
        u = fb * t / (m + _EPSILON)
        s = torch.where(u == 0, torch.ones_like(u), torch.sin(u) / u)
        phase = torch.where(s < 0, math.pi, 0.0)
        power = torch.polar((s**2) ** (m / 2), m * phase)
        return torch.sqrt(fb) * power * torch.polar(torch.ones_like(u), -fc * t) / math.sqrt(_TRANSFORM)

    def _stem(self, x: Tensor) -> Tensor:
        return F.max_pool2d(F.relu(self._norm(self._conv(x, "conv1", 2, 3), "bn1")), 3, 2, 1)

    def _block(self, x: Tensor, name: str, stride: int) -> Tensor:
        y = F.relu(self._norm(self._conv(x, f"{name}.conv1"), f"{name}.bn1"))
        y = F.relu(self._norm(self._conv(y, f"{name}.conv2", stride, 1, groups=32), f"{name}.bn2"))
        y = self._norm(self._conv(y, f"{name}.conv3"), f"{name}.bn3")
        if f"{name}.downsample.0.weight" in self._weights:
            x = self._norm(self._conv(x, f"{name}.downsample.0", stride), f"{name}.downsample.1")
        return F.relu(y + x)

    def _gate(self, x: Tensor, name: str, size: tuple[int, int]) -> Tensor:
        x = F.adaptive_max_pool2d(x, size)
        height, width = self._weights[f"{name}.conv_depth.weight"].shape[2:]
        x = self._conv(x, f"{name}.conv_depth", 1, (height // 2, width // 2), groups=x.shape[1])
        return torch.sigmoid(self._norm(self._conv(x, f"{name}.conv_point"), f"{name}.bn"))

    def _conv(
        self, x: Tensor, name: str, stride: int = 1, padding: int | tuple[int, int] = 0, groups: int = 1
    ) -> Tensor:
        bias = self._weights.get(f"{name}.bias")
        return F.conv2d(x, self._weights[f"{name}.weight"], bias, stride, padding, groups=groups)

    def _norm(self, x: Tensor, name: str) -> Tensor:
        mean, variance, weight, bias = (
            self._weights[f"{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")
        )
        return F.batch_norm(x, mean, variance, weight, bias)
