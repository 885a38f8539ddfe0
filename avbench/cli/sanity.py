"""`avbench sanity`: which metric sees which corruption."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from avbench.cli.console import errors, output, progress_bars
from avbench.cli.pairs import named_files

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table

_ABREAST = 3  # metrics in a table


def sanity(
    clipset: Annotated[Path, typer.Argument(help="Real clips: a clip set or a folder of videos.")],
    samples: Annotated[int, typer.Option(help="Windows; each is corrupted in some 50 ways.", min=4)] = 256,
    protocol: Annotated[str, typer.Option(help="published, avbench or avbench@256.")] = "avbench",
    features: Annotated[
        str, typer.Option(help="published, embedded, or extractors by name, parted by commas.")
    ] = "published",
    metrics: Annotated[str, typer.Option(help="Metrics to ask, by name, parted by commas. Default: all.")] = "",
    seed: Annotated[int, typer.Option(help="Seed of the draw and of the corruptions.")] = 0,
    weights: Annotated[
        list[str] | None, typer.Option(help="A file in place of registered weights, NAME=FILE; repeatable.")
    ] = None,
    plugin: Annotated[list[Path] | None, typer.Option(help="A Python file that registers things; repeatable.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Never fetch weights.")] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    batch_size: Annotated[int, typer.Option(help="Windows per forward pass; 0: what suits the device.", min=0)] = 0,
    workers: Annotated[int, typer.Option(help="Threads that decode.", min=1)] = 1,
    out: Annotated[Path | None, typer.Option(help="Results folder. Default: results/sanity-CLIPSET.")] = None,
) -> None:
    """Corrupt clips in known ways, and tell which metric sees what."""
    from avbench import workspace
    from avbench.plugins import load_plugins
    from avbench.protocol import get_protocol
    from avbench.sanity.config import SanityConfig
    from avbench.sanity.study import run_study
    from reports.plots import sanity_plot

    load_plugins(plugin or [])
    config = SanityConfig(
        clipset=clipset,
        protocol=get_protocol(protocol).with_samples(samples),
        features=features,
        metrics=tuple(part.strip() for part in metrics.split(",") if part.strip()),
        seed=seed,
        weights=named_files("--weights", weights or []),
        offline=offline,
        device=device,
        batch_size=batch_size,
        workers=workers,
    )
    folder = out or Path("results") / f"sanity-{clipset.resolve().name}"
    with workspace.lock(folder):
        with progress_bars() as progress:
            study = run_study(config, progress)
        workspace.atomic_write(folder / "sanity.csv", study.to_csv(index=False))
        sanity_plot(study[_plotted(study["metric"])], folder / "sanity.png")
    for table in _tables(study):
        output.print(table)
    errors.print(f"results: {folder}", highlight=False)


def _plotted(metrics: "pd.Series") -> "pd.Series":
    """Which lines are drawn: those of every evaluation's metrics and of alignment. More of them hide each other."""
    from avbench.metrics.metric import METRICS

    labels = [METRICS[name].label for name in METRICS if METRICS[name].by_default] + ["motion-onset"]
    return metrics.str.replace(r"\[.*", "", regex=True).isin(labels)


def _tables(study: "pd.DataFrame") -> Iterator["Table"]:
    """Corruptions down, metrics across, a few to each table; in the cells the verdict."""
    from rich.table import Table
    from rich.text import Text

    first = study.iloc[0]
    title = f"2 x {first['n']} windows, protocol {first['protocol']} ({first['protocol_hash']})"
    verdicts = study.pivot_table(index="corruption", columns="metric", values="verdict", aggfunc="first", sort=False)
    for begin in range(0, len(verdicts.columns), _ABREAST):
        some = verdicts.iloc[:, begin : begin + _ABREAST]
        table = Table(title=title if begin == 0 else None)
        table.add_column()
        for metric in some.columns:
            table.add_column(Text(metric.replace("[", "\n[").replace("+", "\n+")))  # in lines, so that 80 columns do
        for corruption, row in some.iterrows():
            table.add_row(str(corruption), *row)
        yield table
