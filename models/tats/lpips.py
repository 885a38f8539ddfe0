"""LPIPS: how unlike two pictures look, by what VGG-16 sees in them.

Source: Zhang et al. 2018, "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", eq. 1; its version
0.1. Modules have the names in TATS's checkpoints, of which LPIPS is a part.
"""

from collections import OrderedDict
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from avbench import weights
from avbench.features.checkpoint import fill, load_published

_STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))  # VGG-16's channels and convolutions
_SHIFT, _SCALE = (-0.030, -0.088, -0.188), (0.458, 0.448, 0.450)
_EPSILON = 1e-10


class LPIPS(nn.Module):
    """Distances of pictures (B, C, H, W), C of 1 or 3, as (B,). Frozen, and in evaluation mode whatever it is told.

    LPIPS is made for pictures in [-1, 1]; TATS feeds it with those in [-0.5, 0.5] all the same.
    """

    def __init__(self) -> None:
        super().__init__()
        self.scaling_layer = _Scaling()
        self.net = _Vgg16()
        for stage, (channels, _) in enumerate(_STAGES):
            self.add_module(f"lin{stage}", _Head(channels))
        self.requires_grad_(False)
        self.train(False)

    def train(self, mode: bool = True) -> "LPIPS":
        return super().train(False)

    def forward(self, first: Tensor, second: Tensor) -> Tensor:
        distances = []
        for stage, (a, b) in enumerate(zip(self.features(first), self.features(second), strict=True)):
            head = self.get_submodule(f"lin{stage}")
            distances.append(head((_unit(a) - _unit(b)).square()).mean((1, 2, 3)))
        return torch.stack(distances).sum(0)

    def features(self, pictures: Tensor) -> list[Tensor]:
        """What VGG-16 sees, at five depths."""
        seen: list[Tensor] = self.net(self.scaling_layer(pictures))
        return seen

    def load_pretrained(self) -> None:
        """Takes VGG-16's weights (ImageNet, torchvision) and LPIPS's own heads from the registry.

        Raises:
            MissingError: one of both files is missing and may not or cannot be fetched.
            DataError: one of them is something else.
        """
        load_published(weights.resolve("vgg16").path, self._take_vgg)
        load_published(weights.resolve("lpips-vgg").path, self._take_heads)

    def _take_vgg(self, state_dict: Mapping[str, Tensor]) -> nn.Module:
        named = {
            key.split(".", 1)[1]: f"features.{key.split('.', 2)[2]}"
            for key in self.state_dict()
            if key.startswith("net.")
        }
        convolutions = {name: state_dict[key] for name, key in named.items() if key in state_dict}
        fill(self.net, convolutions)
        return self.net

    def _take_heads(self, state_dict: Mapping[str, Tensor]) -> nn.Module:
        heads = nn.ModuleDict({f"lin{stage}": self.get_submodule(f"lin{stage}") for stage in range(len(_STAGES))})
        fill(heads, state_dict)
        return heads


class _Scaling(nn.Module):
    """From [-1, 1] to what VGG-16 was trained on."""

    shift: Tensor
    scale: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("shift", torch.tensor(_SHIFT)[None, :, None, None])
        self.register_buffer("scale", torch.tensor(_SCALE)[None, :, None, None])

    def forward(self, pictures: Tensor) -> Tensor:
        scaled: Tensor = (pictures - self.shift) / self.scale
        return scaled


class _Head(nn.Module):
    """How much each feature counts: (B, C, H, W) -> (B, 1, H, W)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.model = nn.Sequential(OrderedDict({"1": nn.Conv2d(channels, 1, 1, bias=False)}))

    def forward(self, differences: Tensor) -> Tensor:
        weighted: Tensor = self.model(differences)
        return weighted


class _Vgg16(nn.Module):
    """VGG-16's convolutions, in five slices that end behind the last ReLU of a stage, numbered as torchvision's."""

    def __init__(self) -> None:
        super().__init__()
        inputs, number = 3, 0
        for stage, (channels, convolutions) in enumerate(_STAGES):
            layers: OrderedDict[str, nn.Module] = OrderedDict()
            if stage:
                layers[str(number)] = nn.MaxPool2d(2)
                number += 1
            for _ in range(convolutions):
                layers[str(number)] = nn.Conv2d(inputs, channels, 3, padding=1)
                layers[str(number + 1)] = nn.ReLU()
                inputs, number = channels, number + 2
            self.add_module(f"slice{stage + 1}", nn.Sequential(layers))

    def forward(self, x: Tensor) -> list[Tensor]:
        features = []
        for slice_ in self.children():
            x = slice_(x)
            features.append(x)
        return features


def _unit(features: Tensor) -> Tensor:
    """Of length 1 in every pixel. The norm's gradient is 0 where all features are; a written root's is not."""
    length: Tensor = torch.linalg.vector_norm(features, dim=1, keepdim=True)
    return features / (length + _EPSILON)
