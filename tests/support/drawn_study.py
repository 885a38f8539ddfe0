"""Studies created quickly: from real little movies, but with stand-ins for encoded clips."""

from pathlib import Path

import pytest

from avbench.clip import Clip
from avbench.workspace import atomic_write
from reports.study.media import produce
from reports.study.media.encode import MediaFacts
from reports.study.study import Media


def without_encoding(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Puts a few bytes in the place of each encoded clip; returns the keys of those that are encoded from now on."""
    keys: list[str] = []

    def encode_clip(path: Path, clip: Clip, media: Media) -> MediaFacts:
        assert clip.video is not None and clip.audio is not None
        assert clip.video.shape == (media.frames, media.size, media.size, 3)
        keys.append(clip.key)
        atomic_write(path, f"{clip.key}: {clip.video.mean():.3f}")
        return MediaFacts(
            video_bytes=40_000,
            audio_bytes=12_000,
            seconds=media.seconds,
            width=media.size,
            height=media.size,
            frames=media.frames,
            sample_rate=media.sample_rate,
            channels=1,
            loudness_lufs=media.loudness_lufs,
            peak_dbfs=-6.0,
            tags="",
        )

    monkeypatch.setattr(produce, "encode_clip", encode_clip)
    return keys
