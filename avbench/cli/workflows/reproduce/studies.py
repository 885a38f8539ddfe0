"""Tables 5 and 6, which people make: the commands from clips to their answers and to the table."""

import shlex
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

from avbench.cli.workflows.reproduce.plan import planner_of
from avbench.cli.workflows.reproduce.rows import Training
from avbench.cli.workflows.reproduce.scale import Scale

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
        two_stage = Path("runs") / f"two-stage-{dataset}-{scale.name}" / "samples"
        yield f"# 2-Stage: sound by diffwave, pictures to it by tats; its clips are to lie in {two_stage}"
        clips["two-stage"] = two_stage
    study = Path("studies") / f"{dataset}-{kind}"
    named = [part for name, path in clips.items() for part in ("--clips", f"{name}={path}")]
    pairs = min(_PAIRS, scale.samples)
    create = ["create", kind, *named, "--per-method", str(pairs), "--votes", str(_VOTES[table]), "--out", str(study)]
    for arguments in (create, ["cost", str(study)], ["serve", str(study)]):
        yield shlex.join(("avbench", "study", *arguments))
    yield "# when the answers are there:"
    for arguments in (["ingest", str(study), "RESULTS.csv"], ["report", str(study)]):
        yield shlex.join(("avbench", "study", *arguments))
