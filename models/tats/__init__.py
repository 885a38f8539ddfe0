"""TATS: tokens of video, and a transformer over them: a baseline that makes video, alone or to sound.

Source: Ge et al. 2022, "Long Video Generation with Time-Agnostic VQGAN and Time-Sensitive Transformer".
"""

from models.tats.audio_model import TatsAudio
from models.tats.audio_vqgan_model import TatsAudioVqgan
from models.tats.config import AudioVqganConfig, TatsAudioConfig, TatsConfig, VqganConfig
from models.tats.model import Tats
from models.tats.network import TatsAudioNetwork, TatsNetwork
from models.tats.video_vqgan_model import TatsVqgan
from models.tats.vqgan import Vqgan

__all__ = [
    "AudioVqganConfig",
    "Tats",
    "TatsAudio",
    "TatsAudioConfig",
    "TatsAudioNetwork",
    "TatsAudioVqgan",
    "TatsConfig",
    "TatsNetwork",
    "TatsVqgan",
    "Vqgan",
    "VqganConfig",
]
