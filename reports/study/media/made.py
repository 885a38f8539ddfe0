"""Clips that a study makes itself: noise, which every scale puts at its end, and requests for a certain answer."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from avbench.clip import Clip, ClipSpec
from reports.study.study import Anchor

_BLOCK = 8  # pixels of one colour: finer noise would fill the bit rate of all files
_BEEP_HZ, _BEEP_SECONDS = 660.0, 0.2


def noise_clip(key: str, spec: ClipSpec, rng: np.random.Generator) -> Clip:
    """Colour noise with white noise: nothing to recognise in either."""
    blocks = -(-spec.size // _BLOCK)
    coarse = rng.integers(0, 256, (spec.frames, blocks, blocks, 3), dtype=np.uint8)
    video = coarse.repeat(_BLOCK, axis=1).repeat(_BLOCK, axis=2)[:, : spec.size, : spec.size]
    audio = rng.normal(0, 0.1, (1, spec.samples)).clip(-1, 1).astype(np.float32)
    return Clip(key=key, video=video, audio=audio, fps=spec.fps, sample_rate=spec.sample_rate)


def attention_clip(key: str, spec: ClipSpec, anchor: Anchor) -> Clip:
    """A clip that says in its picture which answer to choose, and beeps."""
    wanted = anchor.label if anchor.answer.isalpha() else f"{anchor.answer} ({anchor.label})"
    picture = Image.new("RGB", (spec.size, spec.size), (24, 24, 24))
    draw = ImageDraw.Draw(picture)
    text = f"Attention check.\nPlease choose:\n\n{wanted}"
    font = ImageFont.load_default(size=spec.size / 11)
    middle = (spec.size / 2, spec.size / 2)
    draw.multiline_text(middle, text, fill=(255, 255, 255), font=font, anchor="mm", align="center")
    times = np.arange(spec.samples) / spec.sample_rate
    beeping = (times // _BEEP_SECONDS) % 2 == 0
    tone = 0.1 * np.sin(2 * np.pi * _BEEP_HZ * times) * beeping
    return Clip(
        key=key,
        video=np.repeat(np.asarray(picture)[None], spec.frames, axis=0),
        audio=tone[None].astype(np.float32),
        fps=spec.fps,
        sample_rate=spec.sample_rate,
    )
