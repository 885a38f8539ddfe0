"""`avbench explain --ladder`: evaluations rung by rung, then the table and the picture of what each switch moved."""

from pathlib import Path
from typing import TYPE_CHECKING

from avbench.config import EvaluateConfig
from avbench.progress import Progress

if TYPE_CHECKING:
    import pandas as pd


def climb_ladder(config: EvaluateConfig, folder: Path | None, progress: Progress) -> "tuple[Path, pd.DataFrame]":
    """Climbs the ladder from the published protocol to the clean one.

    Args:
        folder: gets ladder.csv, ladder.svg and the results of every rung; None for one in results/.

    Returns:
        The folder and its table.
    """
    from avbench.ladder import climb, default_folder
    from avbench.workspace import atomic_write
    from reports.ladder import ladder_plot

    out = folder or default_folder(config)
    lines = climb(config, out / "rungs", progress=progress)
    atomic_write(out / "ladder.csv", lines.to_csv(index=False))
    ladder_plot(lines, out / "ladder.svg")
    return out, lines
