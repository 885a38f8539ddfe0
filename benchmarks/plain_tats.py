"""TATS-base as a plain PyTorch rendering of the released code: what `benchmarks/baselines.py` measures ours by.

Eager float32 from the weights under their released keys: codes are found by written-out distances and counted by
one-hot rows, and attention spells out its logits. Nothing is shared with the library, so that it is also a second
opinion on the numbers.
"""

import math
from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

Weights = Mapping[str, Tensor]


class PlainVqgan:
    """The 3D-VQGAN with batch normalisation, for clips (B, 3, T, H, W) in [-0.5, 0.5]. Buffers change in place."""

    def __init__(self, weights: Weights, *, strides: Sequence[tuple[int, int, int]]) -> None:
        self.weights, self.strides = weights, strides
        self.training = True

    def encode(self, video: Tensor) -> Tensor:
        """Vectors (B, D, t, h, w)."""
        x = self.conv(video, "encoder.conv_first", (1, 1, 1))
        for number, stride in enumerate(self.strides):
            x = self.conv(x, f"encoder.conv_blocks.{number}.down", stride)
            x = self.residual(x, f"encoder.conv_blocks.{number}.res")
        x = F.silu(self.norm(x, "encoder.final_block.0"))
        return self.conv(x, "pre_vq_conv", (1, 1, 1))

    def tokens(self, z: Tensor) -> Tensor:
        """The nearest codes of vectors: (B, t, h, w)."""
        flat, codes = z.permute(0, 2, 3, 4, 1).flatten(0, 3), self.weights["codebook.embeddings"]
        distances = flat.square().sum(1, keepdim=True) - 2 * flat @ codes.t() + codes.square().sum(1)
        return distances.argmin(1).view(z.shape[0], *z.shape[2:])

    def reconstruct(self, video: Tensor) -> tuple[Tensor, Tensor]:
        """What comes back of clips, and the commitment loss; in training, the codes follow."""
        z = self.encode(video)
        tokens = self.tokens(z.detach())
        codes = F.embedding(tokens, self.weights["codebook.embeddings"]).permute(0, 4, 1, 2, 3)
        commitment = 0.25 * F.mse_loss(z, codes)
        if self.training and torch.is_grad_enabled():
            self.follow(z.detach(), tokens)
        straight = (codes - z).detach() + z
        return self.decode(straight), commitment

    @torch.no_grad()
    def follow(self, z: Tensor, tokens: Tensor) -> None:
        embeddings, count, total = (self.weights[f"codebook.{name}"] for name in ("embeddings", "N", "z_avg"))
        flat = z.permute(0, 2, 3, 4, 1).flatten(0, 3)
        chosen = F.one_hot(tokens.flatten(), len(embeddings)).to(flat)
        count.mul_(0.99).add_(chosen.sum(0), alpha=0.01)
        total.mul_(0.99).add_(chosen.t() @ flat, alpha=0.01)
        n = count.sum()
        weights = (count + 1e-7) / (n + len(embeddings) * 1e-7) * n
        embeddings.copy_(total / weights.unsqueeze(1))

    def decode(self, codes: Tensor) -> Tensor:
        x = self.conv(codes, "post_vq_conv", (1, 1, 1))
        x = F.silu(self.norm(x, "decoder.final_block.0"))
        for number, stride in enumerate(self.strides):
            name = f"decoder.conv_blocks.{number}"
            weight, bias = self.weights[f"{name}.up.convt.weight"], self.weights[f"{name}.up.convt.bias"]
            x = F.conv_transpose3d(padded(x, 4, stride), weight, bias, stride=stride, padding=3)
            x = self.residual(self.residual(x, f"{name}.res1"), f"{name}.res2")
        return self.conv(x, "decoder.conv_last", (1, 1, 1))

    def conv(self, x: Tensor, name: str, stride: tuple[int, int, int]) -> Tensor:
        weight, bias = self.weights[f"{name}.conv.weight"], self.weights[f"{name}.conv.bias"]
        return F.conv3d(padded(x, weight.shape[-1], stride), weight, bias, stride=stride)

    def residual(self, x: Tensor, name: str) -> Tensor:
        y = self.conv(F.silu(self.norm(x, f"{name}.norm1")), f"{name}.conv1", (1, 1, 1))
        return x + self.conv(F.silu(self.norm(y, f"{name}.norm2")), f"{name}.conv2", (1, 1, 1))

    def norm(self, x: Tensor, name: str) -> Tensor:
        return batch_norm(x, self.weights, name, training=self.training)


class PlainDiscriminator:
    """Logits of patches of pictures or clips, and the activations before them."""

    def __init__(self, weights: Weights, name: str, *, layers: int) -> None:
        self.weights, self.name, self.layers = weights, name, layers

    def __call__(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        convolution = F.conv2d if x.ndim == 4 else F.conv3d
        seen = []
        for layer in range(self.layers + 2):
            name = f"{self.name}.model{layer}"
            stride = 2 if layer < self.layers else 1
            x = convolution(x, self.weights[f"{name}.0.weight"], self.weights[f"{name}.0.bias"], stride, 2)
            if 0 < layer <= self.layers:
                x = batch_norm(x, self.weights, f"{name}.1", training=True)
            if layer <= self.layers:
                x = F.leaky_relu(x, 0.2)
                seen.append(x)
        return x, seen


class PlainLpips:
    """Distances (B,) of pictures (B, 3, H, W)."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights

    def __call__(self, first: Tensor, second: Tensor) -> Tensor:
        distance = torch.zeros(len(first))
        for stage, (a, b) in enumerate(zip(self.seen(first), self.seen(second), strict=True)):
            difference = (normalised(a) - normalised(b)) ** 2
            head = self.weights[f"perceptual_model.lin{stage}.model.1.weight"]
            distance = distance + F.conv2d(difference, head).mean(dim=(1, 2, 3))
        return distance

    def seen(self, x: Tensor) -> list[Tensor]:
        scaling = "perceptual_model.scaling_layer"
        x = (x - self.weights[f"{scaling}.shift"]) / self.weights[f"{scaling}.scale"]
        features, number = [], 0
        for stage, convolutions in enumerate((2, 2, 3, 3, 3), start=1):
            if stage > 1:
                x = F.max_pool2d(x, 2)
                number += 1
            for _ in range(convolutions):
                name = f"perceptual_model.net.slice{stage}.{number}"
                x = F.relu(F.conv2d(x, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"], padding=1))
                number += 2
            features.append(x)
        return features


class PlainTransformer:
    """Logits (B, n, V) of what follows each of the ids (B, n)."""

    def __init__(self, weights: Weights, *, layers: int, heads: int) -> None:
        self.weights, self.layers, self.heads = weights, layers, heads

    def __call__(self, ids: Tensor) -> Tensor:
        length = ids.shape[1]
        x = F.embedding(ids, self.weights["tok_emb.weight"]) + self.weights["pos_emb"][:, :length]
        mask = torch.tril(torch.ones(length, length))
        for layer in range(self.layers):
            name = f"blocks.{layer}"
            x = x + self.attention(self.norm(x, f"{name}.ln1"), f"{name}.attn", mask)
            y = self.linear(self.norm(x, f"{name}.ln2"), f"{name}.mlp.0")
            x = x + self.linear(F.gelu(y), f"{name}.mlp.2")
        return F.linear(self.norm(x, "ln_f"), self.weights["head.weight"])

    def attention(self, x: Tensor, name: str, mask: Tensor) -> Tensor:
        B, length, width = x.shape
        q, k, v = (
            self.linear(x, f"{name}.{part}").view(B, length, self.heads, -1).transpose(1, 2)
            for part in ("query", "key", "value")
        )
        logits = q @ k.transpose(-2, -1) / math.sqrt(width / self.heads)
        weights = F.softmax(logits.masked_fill(mask == 0, float("-inf")), dim=-1)
        return self.linear((weights @ v).transpose(1, 2).contiguous().view(B, length, width), f"{name}.proj")

    def norm(self, x: Tensor, name: str) -> Tensor:
        return F.layer_norm(x, x.shape[-1:], self.weights[f"{name}.weight"], self.weights[f"{name}.bias"])

    def linear(self, x: Tensor, name: str) -> Tensor:
        return F.linear(x, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"])


def padded(x: Tensor, kernel: int, stride: tuple[int, int, int]) -> Tensor:
    """The border repeated, so that a convolution divides or multiplies every axis by its stride."""
    padding: list[int] = []
    for axis in reversed(stride):
        total = kernel - axis
        padding += [total // 2 + total % 2, total // 2]
    return F.pad(x, padding, mode="replicate")


def batch_norm(x: Tensor, weights: Weights, name: str, *, training: bool) -> Tensor:
    mean, variance = weights[f"{name}.running_mean"], weights[f"{name}.running_var"]
    return F.batch_norm(x, mean, variance, weights[f"{name}.weight"], weights[f"{name}.bias"], training)


def normalised(x: Tensor) -> Tensor:
    return x / (x.square().sum(dim=1, keepdim=True).sqrt() + 1e-10)


def hinge(real: Tensor, made: Tensor) -> Tensor:
    return 0.5 * (F.relu(1 - real).mean() + F.relu(1 + made).mean())


def matching(made: Sequence[Tensor], real: Sequence[Tensor]) -> Tensor:
    return sum((F.l1_loss(a, b.detach()) for a, b in zip(made, real, strict=True)), torch.zeros(()))
