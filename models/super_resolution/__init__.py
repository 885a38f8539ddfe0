"""Super-resolution: the diffusion upsampler that takes MM-Diffusion's 64x64 pictures to 256x256."""

from models.super_resolution.config import SuperResolutionConfig
from models.super_resolution.model import SuperResolution
from models.super_resolution.unet import SuperResolutionUNet
from models.super_resolution.upscale import upscale

__all__ = ["SuperResolution", "SuperResolutionConfig", "SuperResolutionUNet", "upscale"]
