"""DIGAN as a plain PyTorch rendering of the released code: what `benchmarks/baselines.py` measures ours by.

Every frame is a member of the batch, styles change weights by grouped convolutions, features are appended before they
are mixed, and every gain is applied where the code has it. Nothing is shared with the library, so that it is also a
second opinion on the numbers.
"""

import math
from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

Weights = Mapping[str, Tensor]


class PlainGenerator:
    """Frames (B T, 3, H, W) from content (B, D_z), motion (B, D) and times (B, T); weights have their released keys."""

    def __init__(self, weights: Weights, *, size: int, coarse_size: int, rank: int) -> None:
        self.weights = weights
        self.size, self.coarse_size, self.rank = size, coarse_size, rank

    def __call__(self, latent: Tensor, motion: Tensor, times: Tensor) -> Tensor:
        frames = times.shape[1]
        w = self.mapping(latent).repeat_interleave(frames, dim=0)
        motion = motion.repeat_interleave(frames, dim=0)
        t = times.reshape(-1, 1)
        x = self.features("synthesis.b4.input.input.coord_fuser", w, motion, t, self.coarse_size)
        x = self.layer(x, w, "synthesis.b4.conv1")
        image = self.to_rgb(x, w, "synthesis.b4.torgb")
        size = 8
        while size <= self.size:
            name = f"synthesis.b{size}"
            if size > self.coarse_size:
                x = F.interpolate(x, scale_factor=2, mode="nearest")
                x = torch.cat([x, self.features(f"{name}.coord_fuser", w, motion, t, size)], dim=1)
                image = F.interpolate(image, scale_factor=2, mode="nearest")
            x = self.layer(x, w, f"{name}.conv0")
            x = self.layer(x, w, f"{name}.conv1")
            if f"{name}.extra_convs.0.weight" in self.weights:
                x = self.layer(x, w, f"{name}.extra_convs.0")
            image = image + self.to_rgb(x, w, f"{name}.torgb")
            size *= 2
        return image

    def mapping(self, latent: Tensor) -> Tensor:
        x = latent / torch.sqrt(latent.square().mean(dim=1, keepdim=True) + 1e-8)
        for name in ("mapping.fc0", "mapping.fc1"):
            x = lrelu(linear(x, self.weights, name, multiplier=0.01))
        return x

    def features(self, name: str, w: Tensor, motion: Tensor, t: Tensor, size: int) -> Tensor:
        """Sines and cosines of waves over the plane, whose phases move."""
        a = linear(w, self.weights, f"{name}.xyaffine")
        waves = a.shape[1] // 3
        frequencies = a[:, : 2 * waves].reshape(-1, waves, 2) * math.sqrt(10)
        phase = a[:, 2 * waves :]
        m = linear(torch.cat([w, motion], dim=1), self.weights, f"{name}.affine")
        m = F.leaky_relu(m * t * 0.25, 0.01)
        m = lrelu(linear(m, self.weights, f"{name}.motion_mlp.0"))
        phase = phase + linear(m, self.weights, f"{name}.motion_mlp.1")
        along = torch.arange(size, dtype=torch.float32) * 2 / size - 1
        plane = torch.stack([along[None, :].expand(size, size), along.flip(0)[:, None].expand(size, size)])
        angle = torch.einsum("bkc,chw->bkhw", frequencies, plane) + phase[:, :, None, None]
        return torch.cat([torch.sin(angle), torch.cos(angle)], dim=1)

    def layer(self, x: Tensor, w: Tensor, name: str) -> Tensor:
        weight = self.weights[f"{name}.weight"][:, :, 0, 0]
        outputs, inputs = weight.shape
        styles = linear(w, self.weights, f"{name}.affine")
        left = styles[:, : outputs * self.rank].reshape(-1, outputs, self.rank)
        right = styles[:, outputs * self.rank :].reshape(-1, self.rank, inputs)
        changed = weight * (left @ right / math.sqrt(self.rank) + 1)
        changed = changed / (changed.norm(dim=2, keepdim=True) + 1e-8)
        return lrelu(grouped(x, changed) + self.weights[f"{name}.bias"][:, None, None])

    def to_rgb(self, x: Tensor, w: Tensor, name: str) -> Tensor:
        weight = self.weights[f"{name}.weight"][:, :, 0, 0]
        styles = linear(w, self.weights, f"{name}.affine") / math.sqrt(weight.shape[1])
        return grouped(x, weight * styles[:, None]) + self.weights[f"{name}.bias"][:, None, None]


class PlainDiscriminator:
    """Logits (B, 1) of pictures (B, C, H, W)."""

    def __init__(self, weights: Weights, *, size: int) -> None:
        self.weights, self.size = weights, size
        taps = torch.tensor([1.0, 3.0, 3.0, 1.0])
        self.filter = taps.outer(taps) / 64

    def __call__(self, x: Tensor) -> Tensor:
        size = self.size
        while size > 4:
            name = f"b{size}"
            if size == self.size:
                x = self.activated(self.conv(x, f"{name}.fromrgb"), f"{name}.fromrgb")
            skip = self.halved(x, f"{name}.skip") * math.sqrt(0.5)
            x = self.activated(self.conv(x, f"{name}.conv0"), f"{name}.conv0")
            x = self.activated(self.halved(x, f"{name}.conv1"), f"{name}.conv1", math.sqrt(0.5))
            x = skip + x
            size //= 2
        x = torch.cat([x, deviation(x)], dim=1)
        x = self.activated(self.conv(x, "b4.conv"), "b4.conv")
        x = lrelu(linear(x.flatten(1), self.weights, "b4.fc"))
        return linear(x, self.weights, "b4.out")

    def conv(self, x: Tensor, name: str, *, stride: int = 1, padding: int | None = None) -> Tensor:
        weight = self.weights[f"{name}.weight"]
        weight = weight / math.sqrt(weight[0].numel())
        return F.conv2d(x, weight, stride=stride, padding=weight.shape[-1] // 2 if padding is None else padding)

    def halved(self, x: Tensor, name: str) -> Tensor:
        if self.weights[f"{name}.weight"].shape[-1] == 1:
            return self.conv(self.filtered(x, 1)[:, :, ::2, ::2], name)
        return self.conv(self.filtered(x, 2), name, stride=2, padding=0)

    def filtered(self, x: Tensor, padding: int) -> Tensor:
        kernel = self.filter.expand(x.shape[1], 1, 4, 4)
        return F.conv2d(x, kernel, padding=padding, groups=x.shape[1])

    def activated(self, x: Tensor, name: str, gain: float = 1.0) -> Tensor:
        x = lrelu(x + self.weights[f"{name}.bias"][:, None, None]) * gain
        return x.clamp(-256 * gain, 256 * gain)


def linear(x: Tensor, weights: Weights, name: str, *, multiplier: float = 1.0) -> Tensor:
    weight = weights[f"{name}.weight"]
    return F.linear(x, weight * (multiplier / math.sqrt(weight.shape[1])), weights[f"{name}.bias"] * multiplier)


def lrelu(x: Tensor) -> Tensor:
    return F.leaky_relu(x, 0.2) * math.sqrt(2)


def grouped(x: Tensor, weight: Tensor) -> Tensor:
    """1x1 convolutions of pictures (B, I, H, W), each by its own weights (B, O, I)."""
    B, inputs, H, W = x.shape
    kernels = weight.reshape(-1, inputs, 1, 1)
    return F.conv2d(x.reshape(1, -1, H, W), kernels, groups=B).reshape(B, -1, H, W)


def deviation(x: Tensor) -> Tensor:
    """How much the members of each group differ: (B, 1, H, W)."""
    B, C, H, W = x.shape
    group = min(4, B)
    y = x.reshape(group, -1, 1, C, H, W)
    y = (y - y.mean(dim=0)).square().mean(dim=0)
    y = torch.sqrt(y + 1e-8).mean(dim=[2, 3, 4])
    return y.reshape(-1, 1, 1, 1).repeat(group, 1, H, W)


def pairs_of(frames: Tensor, gaps: Tensor) -> Tensor:
    """Frames (2 B, 3, H, W), those of a pair side by side, and times between them (B,) as (B, 7, H, W)."""
    pairs = frames.reshape(-1, 6, *frames.shape[2:])
    return torch.cat([pairs, gaps[:, None, None, None].expand(-1, 1, *frames.shape[2:])], dim=1)


def frames_of(pairs: Tensor) -> Tensor:
    return pairs[:, :6].reshape(-1, 3, *pairs.shape[2:])


def augmented(
    pairs: Tensor, brightness: Tensor, saturation: Tensor, contrast: Tensor, rows: Tensor, columns: Tensor
) -> Tensor:
    """DiffAugment of colour and place, one draw (B,) of each for both frames of a pair."""
    B, _, H, W = pairs.shape
    x = pairs[:, :6].reshape(B, 2, 3, H, W)
    x = x + brightness.view(B, 1, 1, 1, 1)
    mean = x.mean(dim=2, keepdim=True)
    x = (x - mean) * saturation.view(B, 1, 1, 1, 1) + mean
    mean = x.mean(dim=(2, 3, 4), keepdim=True)
    x = (x - mean) * contrast.view(B, 1, 1, 1, 1) + mean
    reach = int(H / 8 + 0.5)
    padded = F.pad(x.reshape(B, 6, H, W), [reach] * 4)
    moved = [
        one[:, reach + row : reach + row + H, reach + column : reach + column + W]
        for one, row, column in zip(padded, rows.tolist(), columns.tolist(), strict=True)
    ]
    return torch.cat([torch.stack(moved), pairs[:, 6:]], dim=1)
