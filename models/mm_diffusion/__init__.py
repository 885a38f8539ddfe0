"""MM-Diffusion's networks: the coupled U-Net of Ruan et al. 2023 (arXiv 2212.09478) and its two single streams."""

from models.mm_diffusion.config import CoupledUNetConfig
from models.mm_diffusion.coupled_unet import CoupledUNet
from models.mm_diffusion.model import AudioOnly, MMDiffusion, VideoOnly
from models.mm_diffusion.single_stream import AudioUNet, VideoUNet

__all__ = ["AudioOnly", "AudioUNet", "CoupledUNet", "CoupledUNetConfig", "MMDiffusion", "VideoOnly", "VideoUNet"]
