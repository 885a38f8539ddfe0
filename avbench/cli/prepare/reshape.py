"""`avbench prepare reshape`: real clips as a small network sees and hears them, to compare its samples with."""

from pathlib import Path
from typing import Annotated

import typer

from avbench.cli.console import progress_bars
from avbench.cli.pairs import named_values
from avbench.cli.prepare.options import DATA


def reshape(
    clipset: Annotated[Path, typer.Argument(help="A clip set or a folder of videos.", show_default=False)],
    spec: Annotated[str, typer.Option(help="The shape, size=16,sample_rate=4000; the rest as in the paper.")],
    windows: Annotated[int | None, typer.Option(help="How many at most. Default: all.", min=1)] = None,
    split: Annotated[str, typer.Option(help="Split to read; a set with one split is read whole.")] = "train",
    seed: Annotated[int, typer.Option(help="Seed of the draw, where --windows leaves some out.")] = 0,
    out: Annotated[Path | None, typer.Option(help="Folder. Default: data/NAME-SIZEpx-RATEkHz.")] = None,
) -> None:
    """Bring windows of a clip set to another size and sample rate; against the originals, resolution is measured."""
    from avbench.clip import ClipSpec
    from avbench.clipset import open_clipset
    from avbench.reshape import reshape as reshaped
    from avbench.settings import changed

    shape = changed(ClipSpec(), named_values("--spec", spec.split(",")))
    source = open_clipset(clipset)
    folder = out or DATA / f"{source.name}-{shape.size}px-{shape.sample_rate / 1000:g}kHz"
    with progress_bars() as progress:
        reshaped(source, shape, folder, windows=windows, split=split, seed=seed, progress=progress)
    print(folder)
