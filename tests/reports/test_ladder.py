"""Table and picture of a ladder."""

import io

import pandas as pd
import pytest
from rich.console import Console

from avbench.errors import UsageError
from reports.ladder import ladder_plot, ladder_table


@pytest.fixture
def lines():
    rows = []
    for rung, kind, switch in ((0, "start", ""), (1, "climb", "antialias"), (2, "aside", "seed")):
        for method, mean in (("ours", 250.0 - 40 * rung), ("ground-truth", 20.0)):
            rows.append(
                {"rung": rung, "kind": kind, "subject": switch and "resize", "switch": switch, "before": "false",
                 "after": "true", "metric": "FVD[transnetv2]", "method": method, "mean": mean, "sd": 3.0,
                 "difference": -40.0 if rung else float("nan")}
            )  # fmt: skip
    return pd.DataFrame(rows)


def test_the_table_has_a_line_for_each_rung_with_what_the_switch_moved(lines):
    console = Console(width=100, record=True, file=io.StringIO())
    console.print(ladder_table(lines))
    text = console.export_text()
    assert (
        "antialias: false → true" in text
        and "FVD[transnetv2]" in text
        and "210" in text
        and "−40" in text
        and "start" in text
    )


def test_the_picture_names_rungs_and_metrics_and_repeats_to_the_byte(lines, tmp_path):
    drawings = []
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
        ladder_plot(lines, tmp_path / folder / "ladder.svg")
        drawings.append((tmp_path / folder / "ladder.svg").read_text())
    drawn = drawings[0]
    assert drawings[1] == drawn
    assert "antialias: false → true" in drawn and "FVD[transnetv2]" in drawn


def test_the_picture_can_be_a_png(lines, tmp_path):
    ladder_plot(lines, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_a_ladder_without_rungs_is_refused(lines, tmp_path):
    with pytest.raises(UsageError, match="no rungs"):
        ladder_plot(lines.iloc[:0], tmp_path / "a.svg")
