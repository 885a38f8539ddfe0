"""`avbench demo`: the whole way on the embedded data set, in a folder of its own.

Two imagined models are scored against real clips: one whose clips are as good as real (the data set under another
seed), and one that blurs the picture and muffles the sound. The table should tell them apart.
"""

from fractions import Fraction
from pathlib import Path
from typing import Annotated

import typer

from avbench.cli.console import errors, output, progress_bars
from avbench.progress import Progress

CLIPS = 64
_SIZE = 128  # pixels of the blurred movies
_BLUR = 24  # pixels that become one
_MUFFLE = 32  # samples that become their mean


def demo(
    out: Annotated[Path, typer.Option(help="Folder for everything that the demo writes.")] = Path("demo"),
) -> None:
    """Prepare the embedded data set, score two imagined models against it, and print the table."""
    import pandas as pd

    from avbench.evaluation import evaluate
    from avbench.plugins import load_plugins
    from reports.tables import rich_tables

    load_plugins()
    with progress_bars() as progress:
        real = _prepared(out / "data" / "synthetic", seed=0, progress=progress)
        twin = _prepared(out / "data" / "another-seed", seed=1, progress=progress)
        blurred = _blurred(twin, out / "blurred", progress)
        summaries = [
            evaluate(
                real,
                generated,
                protocol="avbench",
                features="embedded",
                samples=CLIPS,
                runs=3,
                out=out / "results" / generated.name,
                progress=progress,
            ).summary
            for generated in (twin, blurred)
        ]
    for table in rich_tables(pd.concat(summaries)):
        output.print(table)
    errors.print(f"results: {out / 'results'}; look at the clips with `avbench inspect {real}`", highlight=False)


def _prepared(folder: Path, *, seed: int, progress: Progress) -> Path:
    from pipelines.prepare import prepare
    from pipelines.source import SOURCES
    from pipelines.storage import Storage

    harvest = SOURCES["synthetic"](CLIPS, seed=seed)
    prepare(harvest, folder, name=folder.name, storage=Storage(clip_seconds=None), progress=progress)
    return folder


def _blurred(source: Path, folder: Path, progress: Progress) -> Path:
    """A folder of movies: the first 1.6 s of each clip of `source`, coarse and muffled."""
    import numpy as np
    from scipy.ndimage import uniform_filter1d

    from avbench.clip import ClipSpec
    from avbench.clipset import open_clipset
    from avbench.media.encode import write_movie

    clipset = open_clipset(source)
    for index, record in enumerate(clipset.records):
        path = folder / f"{record.key}.mp4"
        if not path.exists():
            clip = clipset.clip(index, spec=ClipSpec(size=_SIZE, sample_rate=44_100))
            assert clip.video is not None and clip.audio is not None, "synthetic clips have picture and sound"
            frames = uniform_filter1d(uniform_filter1d(clip.video, _BLUR, axis=1), _BLUR, axis=2)
            audio = uniform_filter1d(clip.audio, _MUFFLE, axis=1).astype(np.float32)
            write_movie(path, frames, Fraction(clip.fps), audio, clip.sample_rate)
        progress("blurred clips", index + 1, len(clipset))
    return folder
