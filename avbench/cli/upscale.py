"""`avbench upscale`: larger pictures for a clip set, by a super-resolution run."""

import statistics
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from avbench.cli.console import errors, output, progress_bars
from avbench.cli.pairs import named_files
from avbench.errors import UsageError

if TYPE_CHECKING:  # models import torch, which takes seconds
    from avbench.clipset import ClipSet
    from models.super_resolution.compare import Comparison
    from models.super_resolution.enlarge import Upsampler


def upscale(
    clipset: Annotated[Path, typer.Argument(help="Small clips: samples, a clip set or a folder.", show_default=False)],
    run: Annotated[str, typer.Option("--with", help="A super-resolution run, or a checkpoint of one.")],
    compare: Annotated[
        Path | None,
        typer.Option(help="Real clips, to compare with bicubic enlargement: PSNR and FVD.", show_default=False),
    ] = None,
    steps: Annotated[
        int | None, typer.Option(help="Evaluations for each frame. Default: the run's, 25.", min=2)
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of the noise.")] = 0,
    out: Annotated[
        Path | None, typer.Option(help="The new clip set. Default: CLIPSET-srSIZE, beside a clip set or in data/.")
    ] = None,
    pictures: Annotated[int, typer.Option(help="Real pictures to take PSNR on.", min=1)] = 64,
    samples: Annotated[int | None, typer.Option(help="--compare: windows per set. Default: 2048.", min=2)] = None,
    features: Annotated[str, typer.Option(help="--compare: as for `avbench eval`.")] = "published",
    weights: Annotated[
        list[str] | None, typer.Option(help="--compare: a file in place of registered weights, NAME=FILE; repeatable.")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Never fetch weights.")] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON.")] = False,
) -> None:
    """Enlarge the pictures of a clip set; sound stays as it is. Interrupted, the same command goes on where it was."""
    from avbench.cli.workflows.upscale_check import as_json as to_json
    from avbench.cli.workflows.upscale_check import check_upscaled
    from avbench.clipset import open_clipset
    from models.super_resolution.clipset import upscale_clipset
    from reports.tables import rich_tables

    upsampler = _upsampler(run, steps, seed, device)
    small = open_clipset(clipset)
    with progress_bars() as progress:
        large = upscale_clipset(small, out or _default_out(small, upsampler.size), upsampler, progress=progress)
    errors.print(f"upscaled clips: {large}", highlight=False, soft_wrap=True)
    if compare is None:
        return
    with progress_bars() as progress:
        check = check_upscaled(
            small,
            large,
            compare,
            upsampler,
            pictures=pictures,
            samples=samples,
            features=features,
            weights=named_files("--weights", weights or []),
            offline=offline,
            device=device,
            progress=progress,
        )
    if check.summary.empty:  # a process other than the first of several
        return
    if as_json:
        print(to_json(check))
        return
    output.print(_psnr_table(check.comparison, upsampler.size))
    for table in rich_tables(check.summary):
        output.print(table)


def _upsampler(run: str, steps: int | None, seed: int, device: str) -> "Upsampler":
    from avbench.ranks import Ranks
    from models.run import find_run
    from models.sampling.network import load_network
    from models.super_resolution.enlarge import Upsampler
    from models.super_resolution.unet import SuperResolutionUNet

    found, checkpoint = find_run(run)
    if found.config.model != "super-resolution":
        raise UsageError(f"--with {run}: this is a run of {found.config.model}; give one of super-resolution")
    loaded = load_network(found, checkpoint, device=Ranks().device(device))
    assert isinstance(loaded.network, SuperResolutionUNet), "what super-resolution builds"
    return Upsampler(
        network=loaded.network,
        name=f"{loaded.settings.run}@{loaded.settings.step} {loaded.settings.weights_sha256[:12]}",
        seed=seed,
        steps=steps or found.config.sampling.steps,
    )


def _default_out(clipset: "ClipSet", size: int) -> Path:
    """Beside a clip set; but nothing is written beside anybody's own videos."""
    from avbench.clipset.layout import MANIFEST

    ours = (clipset.path / MANIFEST).is_file()
    return (clipset.path.resolve().parent if ours else Path("data")) / f"{clipset.name}-sr{size}"


def _psnr_table(comparison: "Comparison", size: int) -> Table:
    """Means over pictures."""
    table = Table("", "PSNR, dB", "pictures", title=f"real pictures, reduced and enlarged to {size} pixels")
    for name, values in (("upscaled", comparison.upscaled_db), ("bicubic", comparison.bicubic_db)):
        table.add_row(name, f"{statistics.fmean(values):.2f}", f"{len(values)}")
    return table
