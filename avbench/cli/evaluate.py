"""`avbench eval`: score generated clips against real ones."""

import json
from pathlib import Path
from typing import Annotated

import typer

from avbench.cli.console import errors, output, progress_bars
from avbench.cli.pairs import named_files, named_values


def evaluate(
    reference: Annotated[
        Path | None, typer.Option(help="Real clips: a clip set or a folder of videos. Default: the prepared data set.")
    ] = None,
    generated: Annotated[
        Path | None,
        typer.Option(help="Clips to score: a clip set or a folder of videos. Default: samples of the newest run."),
    ] = None,
    samples: Annotated[
        int | None, typer.Option(help="Windows per set and run. Default: the protocol's, 2048.", min=2)
    ] = None,
    runs: Annotated[int, typer.Option(help="Runs; each draws anew.", min=1)] = 6,
    protocol: Annotated[str, typer.Option(help="published, avbench or avbench@256.")] = "published",
    features: Annotated[
        str, typer.Option(help="published, embedded, or extractors by name, parted by commas.")
    ] = "published",
    metrics: Annotated[
        str, typer.Option(help="Names parted by commas. Default: fvd, kvd and fad, as far as both sets carry them.")
    ] = "",
    spec: Annotated[str, typer.Option(help="Another clip shape: frames=16,fps=10,size=64 or some of these.")] = "",
    switch: Annotated[
        list[str] | None, typer.Option(help="Set a switch of the protocol, NAME=VALUE; repeatable.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of all draws.")] = 0,
    name: Annotated[str, typer.Option(help="The method's name in the tables. Default: the generated set's.")] = "",
    weights: Annotated[
        list[str] | None, typer.Option(help="A file in place of registered weights, NAME=FILE; repeatable.")
    ] = None,
    plugin: Annotated[list[Path] | None, typer.Option(help="A Python file that registers things; repeatable.")] = None,
    fresh_samples: Annotated[
        bool, typer.Option("--fresh-samples", help="Run r takes generated windows rN to rN+N-1.")
    ] = False,
    clip_scores: Annotated[
        bool, typer.Option("--clip-scores", help="AudioCLIP's audio-video score of each clip, into clips.parquet.")
    ] = False,
    memorisation: Annotated[
        bool, typer.Option("--memorisation", help="Look for copies of training clips; reads the whole training split.")
    ] = False,
    max_failures: Annotated[float, typer.Option(help="Share of unreadable files to put up with.", min=0, max=1)] = 0.0,
    bf16: Annotated[bool, typer.Option("--bf16", help="Video network in bfloat16; moves FVD by about 0.3 %.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Never fetch weights.")] = False,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")] = "auto",
    batch_size: Annotated[int, typer.Option(help="Windows per forward pass; 0: what suits the device.", min=0)] = 0,
    workers: Annotated[int, typer.Option(help="Threads that decode.", min=1)] = 1,
    resume: Annotated[bool, typer.Option(help="Go on from the runs that are done.")] = True,
    out: Annotated[
        Path | None, typer.Option(help="Results folder. Default: results/REFERENCE-vs-GENERATED-PROTOCOL.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the summary as JSON.")] = False,
) -> None:
    """Score generated clips against real ones: FVD, KVD and FAD, with the ground truth beside them.

    With no clips named, the newest run is scored; samples that it lacks are made first.
    """
    from avbench.cli.workflows.sample_then_eval import sets_to_compare
    from avbench.config import EvaluateConfig
    from avbench.evaluation import run_evaluation
    from avbench.plugins import load_plugins
    from avbench.protocol import get_protocol
    from avbench.workspace import atomic_write
    from reports.tables import rich_tables, to_markdown

    load_plugins(plugin or [])
    changes = named_values("--spec", spec.split(",") if spec else []) | named_values("--switch", switch or [])
    chosen = get_protocol(protocol).with_switches(changes).with_samples(samples)
    count = chosen.samples * (runs if fresh_samples else 1)
    with progress_bars() as progress:
        sets = sets_to_compare(reference, generated, chosen, count, device=device, progress=progress)
    config = EvaluateConfig(
        reference=sets.reference,
        generated=sets.generated,
        method=name or sets.method,
        protocol=chosen,
        features=features,
        metrics=tuple(part.strip() for part in metrics.split(",") if part.strip()),
        runs=runs,
        seed=seed,
        weights=named_files("--weights", weights or []),
        fresh_samples=fresh_samples,
        clip_scores=clip_scores,
        memorisation=memorisation,
        max_failures=max_failures,
        bfloat16=bf16,
        offline=offline,
        device=device,
        batch_size=batch_size,
        workers=workers,
        resume=resume,
        out=out,
    )
    errors.print(
        f"{config.generated} against {config.reference}, protocol {chosen.name} ({chosen.hash}), "
        f"N = {chosen.samples}, {runs} runs, features {features}",
        highlight=False,
    )
    with progress_bars() as progress:
        evaluation = run_evaluation(config, progress)
    if evaluation.summary.empty:  # a process other than the first of a distributed evaluation
        return
    atomic_write(evaluation.folder / "summary.md", to_markdown(evaluation.summary))
    if as_json:
        print(json.dumps(evaluation.summary.to_dict("records")))
    else:
        for table in rich_tables(evaluation.summary):
            output.print(table)
    errors.print(f"results: {evaluation.folder}", highlight=False)
