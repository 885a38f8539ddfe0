"""Screening: which of the things that were fetched are fit to become clips."""

from pipelines.screen.config import ScreenConfig
from pipelines.screen.verdict import Screened, screen, screen_copies

__all__ = ["ScreenConfig", "Screened", "screen", "screen_copies"]
