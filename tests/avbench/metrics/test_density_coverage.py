"""Density and coverage against closed forms, brute force and what is expected of equal distributions."""

import numpy as np
import pytest
from numpy.typing import NDArray

from avbench.metrics import neighbours
from avbench.metrics.density_coverage import coverage, density, expected_coverage


def sets(seed: int, n: int, m: int, d: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), 0.4 + 1.3 * rng.normal(size=(m, d))


def hits_by_brute_force(real: NDArray[np.float64], made: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(N, M): whether the ball of each real clip holds each generated one."""
    among = np.sort(np.linalg.norm(real[:, None] - real, axis=2), axis=1)
    return np.linalg.norm(real[:, None] - made, axis=2) <= among[:, 5, None]  # the first is the clip itself


@pytest.mark.parametrize(("seed", "n", "m", "d"), [(0, 60, 50, 2), (1, 40, 40, 8), (2, 7, 30, 3)])
def test_agree_with_brute_force(seed: int, n: int, m: int, d: int) -> None:
    real, made = sets(seed, n, m, d)
    hits = hits_by_brute_force(real, made)
    assert density(real, made) == pytest.approx(hits.sum() / (5 * m))
    assert coverage(real, made) == pytest.approx(hits.any(axis=1).mean())


def test_on_a_line_they_are_what_one_counts() -> None:
    real = np.arange(6.0)[:, None]  # the balls reach 5, 4, 3, 3, 4 and 5 far
    made = np.array([[7.5], [-5.0]])  # within those of 4 and 5; of 0
    assert density(real, made) == pytest.approx((2 + 1) / (5 * 2))
    assert coverage(real, made) == pytest.approx(3 / 6)


def test_one_outlier_among_the_real_moves_density_little_where_it_makes_precision_one() -> None:
    rng = np.random.default_rng(3)
    real = np.concatenate([rng.normal(size=(99, 2)), [[100.0, 100.0]]])
    made = 100 + rng.normal(size=(50, 2))
    assert density(real, made) == pytest.approx(1 / 5)
    assert coverage(real, made) == pytest.approx(1 / 100)


def test_equal_distributions_have_density_one_and_the_coverage_expected() -> None:
    rng = np.random.default_rng(4)
    values = []
    for _ in range(20):
        real, made = rng.normal(size=(2, 100, 4))
        values.append((density(real, made), coverage(real, made)))
    means, errors = np.mean(values, axis=0), np.std(values, axis=0) / np.sqrt(len(values))
    assert means[0] == pytest.approx(1, abs=4 * errors[0])
    assert means[1] == pytest.approx(expected_coverage(100), abs=4 * errors[1])


def test_the_expected_coverage_of_few_clips_is_what_one_works_out() -> None:
    assert expected_coverage(3, k=1) == pytest.approx(1 - 2 / 5)
    assert expected_coverage(10**9) == pytest.approx(1 - 1 / 2**5)


def test_do_not_depend_on_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    real, made = sets(5, 37, 23, 5)
    whole = density(real, made), coverage(real, made)
    monkeypatch.setattr(neighbours, "_BLOCK_VALUES", 60)
    assert (density(real, made), coverage(real, made)) == whole
