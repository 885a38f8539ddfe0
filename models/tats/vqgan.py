"""The 3D-VQGAN: clips to tokens and back; with what trains it, discriminators and the perceptual loss."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.tats.autoencoder import Decoder, Encoder
from models.tats.codebook import Codebook, Quantised
from models.tats.config import VqganConfig
from models.tats.convolutions import SameConvolution
from models.tats.discriminator import PatchDiscriminator
from models.tats.lpips import LPIPS


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """A clip, and what became of it on the way."""

    video: Tensor  # (B, C, T, H, W), nominally in [-0.5, 0.5]
    quantised: Quantised


class Tokenizer(nn.Module):
    """Clips (B, C, T, H, W) in [-0.5, 0.5] to tokens (B, t, h, w) and back. Parameters have their released names.

    Fully convolutional: one set of weights serves any size that the factors of `config.downsample` divide.
    """

    def __init__(self, config: VqganConfig, *, image_channels: int = 3) -> None:
        super().__init__()
        self.encoder = Encoder(config, image_channels)
        self.decoder = Decoder(config, image_channels)
        self.pre_vq_conv = SameConvolution(self.encoder.channels, config.width, 1)
        self.post_vq_conv = SameConvolution(config.width, self.encoder.channels, 1)
        self.codebook = Codebook(config.codes, config.width, restarts=config.restarts)

    def vectors(self, video: Tensor) -> Tensor:
        """What is quantised: (B, D, t, h, w)."""
        vectors: Tensor = self.pre_vq_conv(self.encoder(video))
        return vectors

    def encode(self, video: Tensor) -> Tensor:
        """Tokens (B, t, h, w) int64, without learning anything, and in full precision: rounding may flip them."""
        with torch.no_grad(), torch.autocast(video.device.type, enabled=False):
            quantised: Quantised = self.codebook(self.vectors(video.float()), learn=False)
            return quantised.tokens

    def decode(self, tokens: Tensor) -> Tensor:
        """Clips of tokens."""
        return self._video(self.codebook.look_up(tokens))

    def reconstruct(self, video: Tensor, *, learn: bool) -> Reconstruction:
        """A clip's way through the tokens. With `learn`, in training mode, the codes then follow its vectors."""
        quantised: Quantised = self.codebook(self.vectors(video), learn=learn)
        return Reconstruction(self._video(quantised.codes), quantised)

    def _video(self, codes: Tensor) -> Tensor:
        video: Tensor = self.decoder(self.post_vq_conv(codes))
        return video


class Vqgan(Tokenizer):
    """A tokenizer in training."""

    def __init__(self, config: VqganConfig, *, image_channels: int = 3) -> None:
        super().__init__(config, image_channels=image_channels)
        channels, layers = config.discriminator_channels, config.discriminator_layers
        self.image_discriminator = PatchDiscriminator(2, image_channels, channels, layers)
        self.video_discriminator = PatchDiscriminator(3, image_channels, channels, layers)
        self.perceptual_model = LPIPS() if config.perceptual_weight else None

    @property
    def autoencoder(self) -> list[nn.Module]:
        """The parts that the autoencoder's losses train."""
        return [self.encoder, self.decoder, self.pre_vq_conv, self.post_vq_conv]

    @property
    def discriminators(self) -> list[nn.Module]:
        return [self.image_discriminator, self.video_discriminator]
