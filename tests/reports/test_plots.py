import numpy as np
import pandas as pd
import pytest
from PIL import Image

from avbench.errors import UsageError
from reports.plots import sanity_plot
from reports.style import SERIES


def study(corruptions: int = 2, *, responds: bool = True, metrics: tuple[str, ...] = ("FVD",)) -> pd.DataFrame:
    lines = [
        {
            "corruption": f"corruption-{number}",
            "strength": strength,
            "unit": "share",
            "metric": metric,
            "value": 30.0 * strength * 3**place if responds else 5.0,
            "clean": 5.0,
            "floor": 10.0,
            "responds": responds,
        }
        for number in range(corruptions)
        for strength in (0.5, 1.0, 2.0)
        for place, metric in enumerate(metrics)
    ]
    return pd.DataFrame(lines)


def drawn(tmp_path, table: pd.DataFrame) -> np.ndarray:
    sanity_plot(table, tmp_path / "plot.png")
    with Image.open(tmp_path / "plot.png") as image:
        return np.asarray(image.convert("RGB")).astype(int)


def pixels_of(picture: np.ndarray, colour: str) -> int:
    rgb = np.array(list(bytes.fromhex(colour.removeprefix("#"))))
    return int((np.abs(picture - rgb).max(axis=-1) < 8).sum())


def test_the_same_study_gives_the_same_bytes(tmp_path):
    for name in ("a.png", "b.png"):
        sanity_plot(study(), tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_five_corruptions_take_two_rows_of_four(tmp_path):
    one, five = drawn(tmp_path, study(1)), drawn(tmp_path, study(5))
    assert five.shape[1] == pytest.approx(4 * one.shape[1], abs=2)
    assert one.shape[0] < five.shape[0] < 2 * one.shape[0]


def test_every_metric_has_a_colour_of_its_own(tmp_path):
    picture = drawn(tmp_path, study(metrics=("FVD", "KVD", "FAD")))
    assert all(pixels_of(picture, colour) > 50 for colour in SERIES[:3])


def test_markers_are_hollow_where_a_metric_does_not_respond(tmp_path):
    table = study()
    blind = drawn(tmp_path, table.assign(responds=False))
    assert pixels_of(blind, SERIES[0]) < pixels_of(drawn(tmp_path, table), SERIES[0])


@pytest.mark.parametrize("changes", [{"value": -0.2, "clean": -0.1}, {"floor": 0.0}, {"value": 1e6}])
def test_any_values_can_be_drawn(tmp_path, changes):
    assert pixels_of(drawn(tmp_path, study().assign(**changes)), SERIES[0]) > 50


def test_a_metric_that_was_not_asked_about_a_corruption_is_left_out_there(tmp_path):
    table = study(2, metrics=("FVD", "FAD"))
    table = table[(table["metric"] == "FVD") | (table["corruption"] == "corruption-0")]
    assert pixels_of(drawn(tmp_path, table), SERIES[1]) > 50


def test_an_empty_study_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no lines"):
        sanity_plot(study().iloc[:0], tmp_path / "plot.png")
