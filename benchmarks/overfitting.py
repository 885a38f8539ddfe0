"""Do the few windows that a run was trained on come back, picture and sound? Its samples beside them.

    avbench prepare folder VIDEOS --name few
    avbench prepare reshape data/few --spec size=16,sample_rate=4000 --windows 6 --out data/six
    avbench train --preset tiny --data data/six --name six
    python benchmarks/overfitting.py runs/six [--samples 12] [--sheet FILE.png]

For each sample: the window whose pictures are nearest, by PSNR, and the one whose sound is, by the correlation of their
loudness over time; and whether they are the same one. Beside it what the nearest other window would get.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from learning import clips_of
from numpy.typing import NDArray

from avbench.clip import Clip
from models.run import Run
from models.sampling.sample import sample_run
from reports.contact_sheet import contact_sheet

_PIECE = 256  # samples of sound: 64 ms at the 4 kHz of preset tiny

Matrix = NDArray[np.float64]


def psnr(first: list[Clip], second: list[Clip]) -> Matrix:
    """Decibels, of all pixels of a clip, for each of the first against each of the second; infinite for equal ones."""
    pictures = [[np.asarray(clip.video, dtype=float) for clip in clips] for clips in (first, second)]
    errors = np.array([[np.square(a - b).mean() for b in pictures[1]] for a in pictures[0]])
    with np.errstate(divide="ignore"):
        return np.asarray(10 * np.log10(255**2 / errors))


def correlation(first: list[Clip], second: list[Clip]) -> Matrix:
    """Of loudness over time, in [-1, 1], for each of the first with each of the second."""
    curves = np.stack([loudness(clip) for clip in first + second])
    return np.asarray(np.corrcoef(curves))[: len(first), len(first) :]


def loudness(clip: Clip) -> NDArray[np.float64]:
    """The root mean square of the sound in overlapping pieces."""
    sound = torch.from_numpy(np.asarray(clip.audio, dtype=float).mean(0))
    return np.asarray(sound.unfold(0, _PIECE, _PIECE // 4).square().mean(1).sqrt())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--samples", type=int, default=12)
    parser.add_argument("--sheet", type=Path, help="where to write a PNG of the windows, then the samples")
    options = parser.parse_args()
    run = Run(options.run)
    windows = clips_of(run.config.data, None, run.config.spec)
    samples = clips_of(sample_run(run, options.samples).base, options.samples, run.config.spec)
    pictures, sounds = psnr(samples, windows), correlation(samples, windows)

    print(f"{'sample':>6} {'window seen':>12} {'PSNR':>6} {'next':>6}   {'window heard':>12} {'corr.':>6} {'next':>6}")
    for number, (seen, heard) in enumerate(zip(pictures, sounds, strict=True)):
        best, second = np.sort(seen)[::-1][:2]
        closest, other = np.sort(heard)[::-1][:2]
        print(
            f"{number:6} {seen.argmax():12} {best:6.1f} {second:6.1f}   {heard.argmax():12} {closest:6.2f} {other:6.2f}"
        )
    agreed = (pictures.argmax(1) == sounds.argmax(1)).mean()
    among_windows = np.where(np.eye(len(windows), dtype=bool), -np.inf, psnr(windows, windows))
    print(f"picture and sound of the same window: {agreed:.0%}; chance: {1 / len(windows):.0%}")
    print(f"windows seen: {len(set(pictures.argmax(1)))} of {len(windows)}")
    print(f"PSNR of a window's nearest other window: {among_windows.max(1).mean():.1f} on average")
    if options.sheet:
        contact_sheet(windows + samples, options.sheet, title=f"{len(windows)} windows, then samples")


if __name__ == "__main__":
    main()
