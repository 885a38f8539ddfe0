"""`avbench study power`: what difference a study can see."""

from typing import Annotated

import typer
from rich.table import Table

from avbench.cli.console import output


def power(
    clips: Annotated[int, typer.Option(help="Clips of each method.", min=1)] = 500,
    votes: Annotated[int, typer.Option(help="Votes on each clip.", min=1)] = 5,
    difference: Annotated[
        float | None, typer.Option(help="Also: clips needed to find this difference in MOS.", min=0.001)
    ] = None,
    clip_variance: Annotated[float, typer.Option(help="Variance of clips' true scores.", min=0)] = 0.25,
    vote_variance: Annotated[float, typer.Option(help="Variance of votes about one clip.", min=0)] = 0.75,
    correlation: Annotated[float, typer.Option(help="Of votes about one clip, for a single score.", min=0)] = 0.4,
    pass_rate: Annotated[float, typer.Option(help="Pass rate of a Turing test to start from.")] = 0.8,
    alpha: Annotated[float, typer.Option(help="Two-sided level of the test.")] = 0.05,
    chance: Annotated[float, typer.Option("--power", help="Chance of finding what is there.")] = 0.8,
) -> None:
    """What difference can a study see? Before anybody is asked."""
    from reports.study.power import (
        Assumptions,
        clips_needed,
        design_effect,
        detectable_difference,
        detectable_rate,
        half_width,
    )

    assume = Assumptions(
        clip_variance=clip_variance, vote_variance=vote_variance, correlation=correlation, alpha=alpha, power=chance
    )
    table = Table(title=f"{clips:,} clips a method, {votes} votes a clip: {clips * votes:,} votes a score")
    table.add_column("What can be seen")
    table.add_column("", justify="right")
    table.add_row(
        f"difference in MOS found with {chance:.0%} chance", f"{detectable_difference(clips, votes, assume):.3f}"
    )
    table.add_row("interval of a MOS, votes independent", f"± {half_width(clips, votes, assume, independent=True):.3f}")
    table.add_row(
        f"interval of a MOS, votes correlated at {correlation:g}", f"± {half_width(clips, votes, assume):.3f}"
    )
    effect = design_effect(votes, assume)
    rate = detectable_rate(clips, votes, pass_rate, assume)
    table.add_row(f"pass rate told from {pass_rate:.0%} (design effect {effect:.2f})", f"{rate:.1%}")
    if difference is not None:
        needed = clips_needed(difference, votes, assume)
        table.add_row(f"clips a method to find a difference of {difference:g}", f"{needed:,}")
    table.add_section()
    for other_votes in sorted({1, 2, 5, 10} - {votes}):
        # More clips beat more votes a clip: what the same number of votes sees when it is spread otherwise.
        other_clips = max(1, clips * votes // other_votes)
        seen = detectable_difference(other_clips, other_votes, assume)
        table.add_row(f"the same votes on {other_clips:,} clips, {other_votes} each: difference in MOS", f"{seen:.3f}")
    output.print(table)
