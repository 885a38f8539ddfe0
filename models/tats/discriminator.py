"""Discriminators of patches: of single frames and of whole clips. Source: Isola et al. 2017, in 2D and in 3D."""

from typing import Literal

from torch import Tensor, nn

_KERNEL, _PADDING, _SLOPE = 4, 2, 0.2
_MOST = 512  # channels


class PatchDiscriminator(nn.Module):
    """Judges every patch of pictures (B, C, H, W) or of clips (B, C, T, H, W).

    Args:
        axes: of what is judged: 2 or 3.
        layers: behind the first one. All but the last two halve every axis.
    """

    def __init__(self, axes: Literal[2, 3], image_channels: int, channels: int, layers: int) -> None:
        super().__init__()
        convolution, norm = (nn.Conv2d, nn.BatchNorm2d) if axes == 2 else (nn.Conv3d, nn.BatchNorm3d)
        self._depth = layers + 2
        self.model0 = nn.Sequential(
            convolution(image_channels, channels, _KERNEL, stride=2, padding=_PADDING), nn.LeakyReLU(_SLOPE)
        )
        for layer in range(1, layers + 1):
            inputs, channels = channels, min(2 * channels, _MOST)
            stride = 2 if layer < layers else 1
            block = nn.Sequential(
                convolution(inputs, channels, _KERNEL, stride=stride, padding=_PADDING),
                norm(channels),
                nn.LeakyReLU(_SLOPE),
            )
            self.add_module(f"model{layer}", block)
        last = nn.Sequential(convolution(channels, 1, _KERNEL, stride=1, padding=_PADDING))
        self.add_module(f"model{layers + 1}", last)

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Logits (B, 1, ...), high for what is real, and the activations of every layer before."""
        features = []
        for layer in range(self._depth):
            x = self.get_submodule(f"model{layer}")(x)
            features.append(x)
        return features.pop(), features
