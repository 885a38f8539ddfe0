"""Tables 5 and 6, which people make: the commands from clips to their answers and to the table."""

import shlex
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from avbench.cli.workflows.reproduce.plan import Planner, planner_of
from avbench.cli.workflows.reproduce.rows import TWO_STAGES, Training
from avbench.cli.workflows.reproduce.scale import Scale
from avbench.cli.workflows.steps import Step

_PAIRS = 500  # of each method and data set, in both of the paper's studies
_VOTES = {5: 5, 6: 5}  # of each task


def study_script(table: int, dataset: str, scale: Scale) -> Iterator[str]:
    """Lines of a shell script that ends with the study's report; people answer in the middle of it."""
    planner = planner_of(dataset, scale)
    kind = {5: "mos", 6: "turing"}[table]
    yield f"# Table {table} asks people: these commands make the clips, the study and, from its answers, the table"
    samples, steps = planner.samples(Training(model="mm-diffusion"), scale.quick, Fraction(1))
    for step in (*planner.data_steps(), *steps):
        yield step.command
    clips = {"real": planner.reference(), "ours": samples}
    if table == 5:
        yield "# 2-Stage: sound by diffwave, pictures to it by tats-audio"
        clips["two-stage"], steps = two_stages(planner)
        for step in steps:
            yield step.command
    study = Path("studies") / f"{dataset}-{kind}"
    named = [part for name, path in clips.items() for part in ("--clips", f"{name}={path}")]
    pairs = min(_PAIRS, scale.samples)
    create = ["create", kind, *named, "--per-method", str(pairs), "--votes", str(_VOTES[table]), "--out", str(study)]
    for arguments in (create, ["cost", str(study)], ["serve", str(study)]):
        yield shlex.join(("avbench", "study", *arguments))
    yield "# when the answers are there:"
    for arguments in (["ingest", str(study), "RESULTS.csv"], ["report", str(study)]):
        yield shlex.join(("avbench", "study", *arguments))


def two_stages(planner: Planner) -> tuple[Path, list[Step]]:
    """The folder of the 2-stage pipeline's clips, and the commands from the data to it."""
    sound, pictures = TWO_STAGES
    out = planner.run(pictures) / "samples" / f"two-stage-{planner.scale.samples}"
    source = ("--two-stage", *(str(planner.checkpoint(stage)) for stage in TWO_STAGES))
    sampling = planner.sampling(source, planner.config(pictures), None, out)
    return out, [*planner.trainings(sound), *planner.trainings(pictures), sampling]
