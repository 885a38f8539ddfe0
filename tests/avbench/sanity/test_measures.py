import pytest

from avbench.sanity.measures import Measure


def measure(better):
    return Measure(label="m", better=better, weights_sha256="", function=lambda reference, judged: 0.0)


@pytest.mark.parametrize(
    ("better", "clean", "floor", "values", "verdict"),
    [
        ("lower", 1.0, 2.0, [1.5, 2.5, 4.0], "sees"),
        ("lower", 1.0, 2.0, [1.5, 1.6, 2.0], "blind"),
        ("lower", 1.0, 2.0, [5.0, 3.0, 6.0], "uneven"),
        ("lower", 1.0, 2.0, [1.5, 0.8, 4.0], "sees"),  # falls by less than chance moves it
        ("lower", 1.0, 2.0, [3.0, 5.0, 4.5], "sees"),
        ("lower", 1.0, 2.0, [3.0, 2.5, 1.5], "uneven"),  # falls by little at each step, but by much in all
        ("higher", 0.5, 0.4, [0.45, 0.3, 0.1], "sees"),
        ("higher", 0.5, 0.4, [0.5, 0.45, 0.41], "blind"),
        ("higher", 0.5, 0.4, [0.1, 0.35, 0.1], "uneven"),
    ],
)
def test_verdicts(better, clean, floor, values, verdict):
    assert measure(better).judge(clean, floor, values)[1] == verdict


def test_only_values_worse_than_the_floor_respond():
    assert measure("lower").judge(1.0, 2.0, [1.0, 2.0, 2.1])[0] == [False, False, True]
    assert measure("higher").judge(0.5, 0.4, [0.6, 0.4, 0.3])[0] == [False, False, True]


def test_the_floor_is_three_standard_deviations_worse_than_clean():
    assert measure("lower").floor(10.0, [1.0, 2.0, 3.0]) == pytest.approx(13.0)
    assert measure("higher").floor(10.0, [1.0, 2.0, 3.0]) == pytest.approx(7.0)
