"""The coupled U-Net's streams, each alone: the paper's "Ours-v" and "Ours-a"."""

from torch import Tensor

from models.mm_diffusion.unet import UNet


class VideoUNet(UNet):
    """The video stream without sound: 88,518,147 parameters with the released settings.

    Equal to the coupled network's video where its cross-attention adds nothing. Weights have the coupled network's
    names, also the published ones.
    """

    streams = ("video",)

    def forward(self, video: Tensor, timesteps: Tensor) -> Tensor:
        """The noise in noisy video: (B, 3, T, H, W) and (B,) timesteps to the video's shape.

        Raises:
            UsageError: the shape is not one that this network takes.
        """
        (noise,) = self.predict((video,), timesteps)
        return noise


class AudioUNet(UNet):
    """The audio stream without pictures: 26,423,297 parameters with the released settings.

    Equal to the coupled network's audio where its cross-attention adds nothing. Weights have the coupled network's
    names, also the published ones.
    """

    streams = ("audio",)

    def forward(self, audio: Tensor, timesteps: Tensor) -> Tensor:
        """The noise in noisy sound: (B, 1, S) and (B,) timesteps to the sound's shape.

        Raises:
            UsageError: the shape is not one that this network takes.
        """
        (noise,) = self.predict((audio,), timesteps)
        return noise
