"""DiffWave without a condition: the baseline that makes sound alone (Kong et al. 2021, arXiv 2009.09761)."""

from models.diffwave.config import DiffWaveConfig
from models.diffwave.model import DiffWaveModel
from models.diffwave.network import DiffWave

__all__ = ["DiffWave", "DiffWaveConfig", "DiffWaveModel"]
