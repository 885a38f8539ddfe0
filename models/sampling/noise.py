"""Noise as a clip set: what sampling begins with, and what every network has to be better than."""

from pathlib import Path

from avbench.clip import ClipSpec
from avbench.clipset.made import MadeClip
from avbench.clipset.making import Making
from avbench.settings import to_table
from models.draws import Draws
from models.sampling.clips import to_clip, write_sample


def noise_set(spec: ClipSpec, count: int, folder: Path) -> Path:
    """Writes clips of standard normal noise, clipped to the range of pixels and sound, in the shape of `spec`.

    Returns:
        `folder`.

    Raises:
        UsageError: the folder holds something else.
        MachineError: it cannot be written.
    """
    draws = Draws(0, "noise", members=range(count))
    video = draws.normal("video", shape=(3, spec.frames, spec.size, spec.size))
    audio = draws.normal("audio", shape=(1, spec.samples))
    clips = [
        to_clip({"video": video[number], "audio": audio[number]}, spec, f"noise-{number:06d}")
        for number in range(count)
    ]
    making = Making(folder, "noise", {"spec": to_table(spec), "clips": count})
    with making.held(lambda: True) as todo:
        if todo:
            making.finish([MadeClip(file=write_sample(folder, clip).name) for clip in clips])
    return folder
