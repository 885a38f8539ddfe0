"""`avbench explain`: what exactly a metric computes, and what each switch of the protocol does to a number."""

from pathlib import Path
from typing import Annotated

import typer

from avbench.cli.console import errors, output, progress_bars
from avbench.cli.pairs import named_files
from avbench.errors import UsageError


def explain(
    metric: Annotated[str, typer.Argument(help="fvd, kvd, fad or another registered metric.")] = "",
    protocol: Annotated[str, typer.Option(help="published, avbench or avbench@256.")] = "published",
    features: Annotated[str, typer.Option(help="published, embedded, or extractors by name.")] = "published",
    ladder: Annotated[
        bool, typer.Option("--ladder", help="Evaluate from published to avbench, one switch at a time.")
    ] = False,
    reference: Annotated[
        Path | None, typer.Option(help="--ladder: real clips. Default: the prepared data set.")
    ] = None,
    generated: Annotated[
        Path | None, typer.Option(help="--ladder: clips to score. Default: samples of the newest run.")
    ] = None,
    samples: Annotated[int | None, typer.Option(help="--ladder: windows per set and run.", min=2)] = None,
    runs: Annotated[int, typer.Option(help="--ladder: runs of each rung.", min=1)] = 3,
    seed: Annotated[int, typer.Option(help="--ladder: seed of the draws.")] = 0,
    weights: Annotated[
        list[str] | None, typer.Option(help="--ladder: a file in place of registered weights, NAME=FILE; repeatable.")
    ] = None,
    offline: Annotated[bool, typer.Option("--offline", help="--ladder: never fetch weights.")] = False,
    device: Annotated[str, typer.Option(help="--ladder: auto, cpu, cuda or cuda:N.")] = "auto",
    out: Annotated[
        Path | None, typer.Option(help="--ladder: folder. Default: results/ladder-REFERENCE-vs-GENERATED.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="--ladder: print the table as JSON.")] = False,
) -> None:
    """Tell what exactly a metric computes under a protocol; with --ladder, why two protocols' numbers differ."""
    from avbench.explain import explain as explained
    from avbench.plugins import load_plugins
    from avbench.protocol import get_protocol

    load_plugins()
    if not ladder:
        if not metric:
            raise UsageError("which metric? For example `avbench explain fvd`; or --ladder, for all of them")
        print(explained(metric, get_protocol(protocol), features))
        return
    from avbench.cli.workflows.ladder import climb_ladder
    from avbench.cli.workflows.sample_then_eval import sets_to_compare
    from avbench.config import EvaluateConfig
    from reports.ladder import ladder_table

    chosen = get_protocol("published").with_samples(samples)
    with progress_bars() as progress:
        sets = sets_to_compare(reference, generated, chosen, chosen.samples, device=device, progress=progress)
        config = EvaluateConfig(
            reference=sets.reference,
            generated=sets.generated,
            method=sets.method,
            protocol=chosen,
            features=features,
            metrics=(metric,) if metric else (),
            runs=runs,
            seed=seed,
            weights=named_files("--weights", weights or []),
            offline=offline,
            device=device,
        )
        folder, lines = climb_ladder(config, out, progress)
    if as_json:
        print(lines.to_json(orient="records"))
    else:
        output.print(ladder_table(lines))
    errors.print(f"ladder: {folder}/ladder.csv, {folder}/ladder.svg", highlight=False, soft_wrap=True)
