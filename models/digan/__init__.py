"""DIGAN: the baseline that makes video alone, as an implicit function of place and time (Yu et al. 2022)."""

from models.digan.config import DiganConfig
from models.digan.model import Digan
from models.digan.network import DiganNetwork

__all__ = ["Digan", "DiganConfig", "DiganNetwork"]
