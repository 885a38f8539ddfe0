"""Screening an item: measured, held to the rules, and let through or not, with the reason and all that was found."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from avbench.clipset import Failure
from avbench.errors import DataError
from pipelines.duplicates import copies
from pipelines.fingerprint import from_text, to_text
from pipelines.screen.config import ScreenConfig
from pipelines.screen.measure import Content, Outline, content, outline
from pipelines.screen.rules import CONTENT_RULES, OUTLINE_RULES, complaints
from pipelines.screen.shots import load_network
from pipelines.web.item import WebItem

_LOW_FPS = 10  # frames per second at which clips are stored; below, frames are shown twice
_FULL_BAND = 44_100  # Hz at which clips are stored; below, the treble is missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """What became of an item.

    Attributes:
        reason: a class that can be counted; "" where it passed.
        message: the reason in words; "" where it passed.
        facts: numbers, words and None, for tables. `noted` are the reasons, parted by spaces, that did not matter.
    """

    passed: bool
    reason: str = ""
    message: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


def screen(path: Path, item: WebItem, config: ScreenConfig) -> Screened:
    """Hold an item's stretch of the file `path` to the rules. Files that cannot be read fail like any other.

    Raises:
        MissingError: a rule needs weights that are missing.
        MachineError: there is no ffmpeg.
    """
    facts: dict[str, Any] = {}
    noted: dict[str, str] = {}
    try:
        found = outline(path, item.start, item.end)
        facts |= _outline_facts(found)
        noted |= complaints(OUTLINE_RULES, found, config)
        if not noted.keys() - config.keep:
            network = load_network() if config.max_cuts is not None else None
            decoded = content(path, found, network=network, lag=config.max_lag is not None)
            facts |= _content_facts(decoded)
            noted |= complaints(CONTENT_RULES, decoded, config)
    except DataError as error:
        failure = Failure.of(item.key, "screen", error)
        return Screened(passed=False, reason=failure.reason, message=failure.message, facts=facts)
    remarks = [*noted, *(name for name in _remarks(facts) if name not in noted)]
    failed = next((reason for reason in noted if reason not in config.keep), None)
    if failed is None:
        return Screened(passed=True, facts=facts | {"noted": " ".join(remarks)})
    others = " ".join(name for name in remarks if name != failed)
    return Screened(
        passed=False, reason=failed, message=f"{item.key}: {noted[failed]}", facts=facts | {"noted": others}
    )


def screen_copies(passed: Mapping[str, Screened], sources: Mapping[str, str]) -> dict[str, Screened]:
    """The items that passed by themselves, but show what another video shows: by key, as failures.

    The verdict depends on the items alone, not on the order in which they arrived, so it comes after all of them.

    Args:
        passed: what `screen` said, by key.
        sources: the video of each item.
    """
    words = {key: from_text(one.facts.get("picture_hashes") or "") for key, one in passed.items()}
    return {
        key: Screened(
            passed=False, reason="duplicate", message=f"{key}: it looks like {original}", facts=passed[key].facts
        )
        for key, original in copies(words, sources).items()
    }


def _outline_facts(found: Outline) -> dict[str, Any]:
    video, audio = found.info.video, found.info.audio
    facts: dict[str, Any] = {"seconds": float(found.seconds), "audio_tracks": found.audio_tracks, "hdr": found.hdr}
    if video is not None:
        names = ("width", "height", "vfr", "rotation", "pix_fmt")
        facts |= {name: getattr(video, name) for name in names}
        facts |= {"fps": float(video.fps), "video_codec": video.codec, "video_seconds": float(found.video_seconds)}
    if audio is not None:
        facts |= {"sample_rate": audio.sample_rate, "channels": audio.channels, "audio_codec": audio.codec}
        facts |= {"audio_seconds": float(found.audio_seconds), "av_offset_s": float(found.offset)}
    return facts


def _content_facts(found: Content) -> dict[str, Any]:
    levels = found.levels
    return {
        "silence": levels.silence,
        "black": levels.black,
        "freeze": levels.freeze,
        "loudness_lufs": levels.loudness_lufs,
        "peak_dbfs": levels.peak_dbfs,
        "frames": found.frames,
        "corrupt": found.corrupt,
        "cuts": None if found.cuts is None else len(found.cuts),
        "lag_s": found.lag.seconds if found.lag is not None and found.lag.clear else None,
        "opposed": found.opposed,
        "picture_hashes": None if found.hashes is None else to_text(found.hashes),
    }


def _remarks(facts: Mapping[str, Any]) -> list[str]:
    """What is worth knowing and never a reason to fail."""
    tests = {
        "vfr": facts.get("vfr"),
        "low_fps": facts.get("fps", _LOW_FPS) < _LOW_FPS,
        "low_sample_rate": facts.get("sample_rate", _FULL_BAND) < _FULL_BAND,
        "surround": facts.get("channels", 0) > 2,
        "opposed_channels": facts.get("opposed"),
        "several_sounds": facts["audio_tracks"] > 1,
    }
    return [name for name, true in tests.items() if true]
