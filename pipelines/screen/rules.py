"""The rules that items are held to: pure functions from what was measured to a complaint, or none.

A rule's name is the reason that the ledger counts. They are asked in the order in which they stand here.
"""

from collections.abc import Callable
from typing import TypeVar

from pipelines.screen.config import ScreenConfig
from pipelines.screen.measure import Content, Outline

Measured = TypeVar("Measured", Outline, Content)
OutlineRule = Callable[[Outline, ScreenConfig], str | None]
ContentRule = Callable[[Content, ScreenConfig], str | None]

OUTLINE_RULES: dict[str, OutlineRule] = {}  # by reason; what packets tell, without decoding
CONTENT_RULES: dict[str, ContentRule] = {}

_ALL = 0.95  # share of the seconds; filters take a block or some frames to notice


def _on_outline(reason: str) -> Callable[[OutlineRule], OutlineRule]:
    def register(rule: OutlineRule) -> OutlineRule:
        OUTLINE_RULES[reason] = rule
        return rule

    return register


def _on_content(reason: str) -> Callable[[ContentRule], ContentRule]:
    def register(rule: ContentRule) -> ContentRule:
        CONTENT_RULES[reason] = rule
        return rule

    return register


@_on_outline("no_video")
def _no_video(item: Outline, config: ScreenConfig) -> str | None:
    return "there are no pictures (cover art does not count)" if item.info.video is None else None


@_on_outline("no_audio")
def _no_audio(item: Outline, config: ScreenConfig) -> str | None:
    return "there is no sound track" if config.sound and item.info.audio is None else None


@_on_outline("short")
def _short(item: Outline, config: ScreenConfig) -> str | None:
    if config.min_seconds is None or item.seconds >= config.min_seconds:
        return None
    return f"it lasts {float(item.seconds):.2f} s of the {float(config.min_seconds):g} s that are wanted"


@_on_outline("audio_short")
def _audio_short(item: Outline, config: ScreenConfig) -> str | None:
    if config.max_gap is None or item.info.audio is None or item.info.video is None:
        return None
    # A stream that begins late is not missing: the clip begins where both are there.
    gap = item.video_seconds - item.audio_seconds - abs(item.offset)
    return f"its sound lacks {float(gap):.2f} s of its pictures' length" if gap > config.max_gap else None


@_on_outline("video_short")
def _video_short(item: Outline, config: ScreenConfig) -> str | None:
    if config.max_gap is None or item.info.audio is None or item.info.video is None:
        return None
    gap = item.audio_seconds - item.video_seconds - abs(item.offset)
    # A frame of leeway: sound that outlasts the pictures is cut away and costs nothing but that time.
    leeway = config.max_gap + 1 / item.info.video.fps
    return f"its pictures lack {float(gap):.2f} s of its sound's length" if gap > leeway else None


@_on_outline("av_offset")
def _av_offset(item: Outline, config: ScreenConfig) -> str | None:
    if config.max_offset is None or abs(item.offset) <= config.max_offset:
        return None
    return f"its sound begins {float(item.offset):+.3f} s after its pictures"


@_on_outline("low_resolution")
def _low_resolution(item: Outline, config: ScreenConfig) -> str | None:
    video = item.info.video
    if config.min_height is None or video is None or min(video.width, video.height) >= config.min_height:
        return None
    return f"its pictures have {video.width}x{video.height} pixels; wanted are {config.min_height} on the shorter side"


@_on_outline("low_fps")
def _low_fps(item: Outline, config: ScreenConfig) -> str | None:
    video = item.info.video
    # NTSC's 23.976 counts as 24, and 29.97 as 30.
    if config.min_fps is None or video is None or video.fps * 1001 / 1000 >= config.min_fps:
        return None
    return f"it has {float(video.fps):.3g} frames per second; wanted are {float(config.min_fps):g}"


@_on_outline("low_sample_rate")
def _low_sample_rate(item: Outline, config: ScreenConfig) -> str | None:
    audio = item.info.audio
    if config.min_sample_rate is None or audio is None or audio.sample_rate >= config.min_sample_rate:
        return None
    return f"its sound has {audio.sample_rate:,} Hz; wanted are {config.min_sample_rate:,}"


@_on_outline("hdr")
def _hdr(item: Outline, config: ScreenConfig) -> str | None:
    return "its pictures are HDR, which is not tone-mapped" if item.hdr and not config.hdr else None


@_on_content("corrupt")
def _corrupt(found: Content, config: ScreenConfig) -> str | None:
    if config.max_corrupt is None or found.corrupt is None or found.corrupt <= config.max_corrupt:
        return None
    return f"{found.corrupt:.1%} of its frames cannot be decoded"


@_on_content("no_frames")
def _no_frames(found: Content, config: ScreenConfig) -> str | None:
    return "not one frame can be decoded" if found.frames == 0 else None


@_on_content("silent")
def _silent(found: Content, config: ScreenConfig) -> str | None:
    silence = found.levels.silence
    if config.max_silence is None or silence is None or silence < _ALL:
        return None
    return "its sound is silent throughout"


@_on_content("half_silent")
def _half_silent(found: Content, config: ScreenConfig) -> str | None:
    silence = found.levels.silence
    if config.max_silence is None or silence is None or not config.max_silence < silence < _ALL:
        return None
    return f"its sound is silent for {silence:.0%} of the time"


@_on_content("black")
def _black(found: Content, config: ScreenConfig) -> str | None:
    black = found.levels.black
    return f"it is black for {black:.0%} of the time" if _above(black, config.max_black) else None


@_on_content("still")
def _still(found: Content, config: ScreenConfig) -> str | None:
    freeze = found.levels.freeze
    if config.max_freeze is None or freeze is None or freeze < _ALL:
        return None
    return "its picture never moves"


@_on_content("frozen")
def _frozen(found: Content, config: ScreenConfig) -> str | None:
    freeze = found.levels.freeze
    return f"its picture stands still for {freeze:.0%} of the time" if _above(freeze, config.max_freeze) else None


@_on_content("cuts")
def _cuts(found: Content, config: ScreenConfig) -> str | None:
    if config.max_cuts is None or found.cuts is None or len(found.cuts) <= config.max_cuts:
        return None
    return f"new shots begin at {', '.join(f'{time:.2f}' for time in found.cuts[:5])} s"


@_on_content("lag")
def _lag(found: Content, config: ScreenConfig) -> str | None:
    if config.max_lag is None or found.lag is None or not found.lag.clear or abs(found.lag.seconds) <= config.max_lag:
        return None
    return f"its sound lags by {found.lag.seconds:+.2f} s behind what moves (correlation {found.lag.correlation:.2f})"


def _above(share: float | None, limit: float | None) -> bool:
    return share is not None and limit is not None and share > limit


def complaints(
    rules: dict[str, Callable[[Measured, ScreenConfig], str | None]], measured: Measured, config: ScreenConfig
) -> dict[str, str]:
    """What the rules have to say, by reason, in their order."""
    said = {reason: rule(measured, config) for reason, rule in rules.items()}
    return {reason: message for reason, message in said.items() if message is not None}
