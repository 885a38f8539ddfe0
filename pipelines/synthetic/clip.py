"""One clip of the embedded data set: pictures, sound, and the truth about both."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avbench.seeds import stream
from pipelines.synthetic.backgrounds import BACKGROUNDS, background
from pipelines.synthetic.canvas import Canvas
from pipelines.synthetic.scenes import SCENES
from pipelines.synthetic.scenes.scene import Scene
from pipelines.synthetic.sound import SAMPLE_RATE, Impact, room_tone, strikes

CLASSES = tuple(SCENES)
SIDE = 256  # pixels
FPS = Fraction(30)
SECONDS = Fraction(16, 5)  # two of the paper's windows of 1.6 s
_PEAK = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticClip:
    """A clip whose every sound and movement is known.

    Attributes:
        key: unlike any other clip's of this or another seed.
        label: the class, one of `CLASSES`.
        video: (T, H, W, 3) uint8 RGB; frame k shows the instant k / fps.
        audio: (2, S) float32 in [-1, 1]; sample k is the instant k / sample_rate.
        meta: `class`, `background` (one of `BACKGROUNDS`) and `impacts`: in the order of time, each with `time` in
            seconds, `x` and `y` of the point of contact in sides of the picture from its top left, `pan` from -1
            (left) to 1, `pitch_hz` of the lowest partial and its amplitude `loudness` in full scale.
    """

    key: str
    label: str
    video: NDArray[np.uint8]
    fps: Fraction
    audio: NDArray[np.float32]
    sample_rate: int
    meta: Mapping[str, Any]


def render(index: int, seed: int) -> SyntheticClip:
    """Clip number `index` of the data set that `seed` names; it does not depend on any other clip's being made.

    Any `len(CLASSES)` clips from a multiple of that number on hold every class once, in an order of their own.
    """
    block, place = divmod(index, len(CLASSES))
    label = CLASSES[stream(seed, "synthetic", "classes", block).permutation(len(CLASSES))[place]]
    rng = stream(seed, "synthetic", "scene", index)
    setting = background(BACKGROUNDS[rng.integers(len(BACKGROUNDS))], SIDE, rng)
    scene = SCENES[label](rng, setting, float(SECONDS))

    audio = _sound(scene, setting.tone_slope, stream(seed, "synthetic", "sound", index))
    gain = min(1.0, _PEAK / float(np.abs(audio).max()))
    return SyntheticClip(
        key=f"synthetic-{seed}-{index:06d}",
        label=label,
        video=_pictures(scene, setting.pixels),
        fps=FPS,
        audio=(gain * audio).astype(np.float32),
        sample_rate=SAMPLE_RATE,
        meta={
            "class": label,
            "background": setting.name,
            "impacts": [_truth(impact, gain) for impact in scene.impacts],
        },
    )


def _pictures(scene: Scene, background: NDArray[np.float32]) -> NDArray[np.uint8]:
    still = Canvas(background)
    scene.draw_still(still)
    video = np.empty((int(FPS * SECONDS), SIDE, SIDE, 3), dtype=np.uint8)
    for frame in range(len(video)):
        canvas = Canvas(still.pixels)
        scene.draw(canvas, float(frame / FPS))
        scene.draw_flashes(canvas, float(frame / FPS))
        video[frame] = canvas.to_uint8()
    return video


def _sound(scene: Scene, tone_slope: float, rng: np.random.Generator) -> NDArray[np.float64]:
    samples = int(SAMPLE_RATE * SECONDS)
    audio = strikes(scene.impacts, scene.material, samples, rng) + room_tone(samples, tone_slope, rng)
    hum = scene.hum(np.arange(samples) / SAMPLE_RATE, rng)
    return audio if hum is None else audio + hum


def _truth(impact: Impact, gain: float) -> dict[str, float]:
    truth = {
        "time": impact.time,
        "x": impact.x,
        "y": impact.y,
        "pan": impact.pan,
        "pitch_hz": impact.pitch_hz,
        "loudness": gain * impact.loudness,
    }
    return {name: float(value) for name, value in truth.items()}  # NumPy's numbers do not go into JSON
