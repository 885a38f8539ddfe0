"""TATS: tokens of video, and a transformer over them: a baseline that makes video alone (Ge et al. 2022)."""

from models.tats.config import TatsConfig, VqganConfig
from models.tats.model import Tats
from models.tats.network import TatsNetwork
from models.tats.vqgan import Vqgan
from models.tats.vqgan_model import TatsVqgan

__all__ = ["Tats", "TatsConfig", "TatsNetwork", "TatsVqgan", "Vqgan", "VqganConfig"]
