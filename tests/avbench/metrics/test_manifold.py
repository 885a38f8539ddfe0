"""Precision and recall against closed forms and scikit-learn's neighbours."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.neighbors import NearestNeighbors

from avbench.errors import DataError
from avbench.metrics import neighbours
from avbench.metrics.manifold import precision, recall


def sets(seed: int, n: int, m: int, d: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), 0.4 + 1.3 * rng.normal(size=(m, d))


def share_inside_by_sklearn(points: NDArray[np.float64], of: NDArray[np.float64]) -> float:
    radii = NearestNeighbors(n_neighbors=3).fit(of).kneighbors()[0][:, -1]
    distances = np.linalg.norm(points[:, None] - of, axis=2)
    return float((distances <= radii).any(axis=1).mean())


@pytest.mark.parametrize(("seed", "n", "m", "d"), [(0, 60, 50, 2), (1, 40, 40, 8), (2, 5, 30, 3)])
def test_agree_with_neighbours_by_sklearn(seed: int, n: int, m: int, d: int) -> None:
    real, made = sets(seed, n, m, d)
    assert precision(real, made) == share_inside_by_sklearn(made, real)
    assert recall(real, made) == share_inside_by_sklearn(real, made)


def test_on_a_line_they_are_what_one_counts() -> None:
    real = np.array([[0.0], [1.0], [2.0], [3.0]])  # the balls reach 3, 2, 2 and 3 far: from -3 to 6
    made = np.array([[-3.0], [6.0], [6.1], [1.5]])  # its balls reach 9.1, 9, 9.1 and 4.6 far
    assert precision(real, made) == 0.75
    assert recall(real, made) == 1.0


def test_a_set_far_away_has_neither() -> None:
    real, _ = sets(3, 20, 20, 4)
    assert precision(real, real + 100) == recall(real, real + 100) == 0


def test_a_set_against_itself_has_both() -> None:
    real, _ = sets(4, 20, 20, 4)
    assert precision(real, real) == recall(real, real) == 1


def test_lost_kinds_cost_recall_and_not_precision() -> None:
    rng = np.random.default_rng(5)
    kinds = np.concatenate([rng.normal(size=(50, 3)), 40 + rng.normal(size=(50, 3))])
    one_kind = rng.normal(size=(100, 3))
    assert precision(kinds, one_kind) > 0.8
    assert recall(kinds, one_kind) <= 0.5


def test_noise_costs_precision_and_not_recall() -> None:
    rng = np.random.default_rng(6)
    real = rng.normal(size=(100, 3))
    made = np.concatenate([rng.normal(size=(100, 3)), 40 + 5 * rng.normal(size=(100, 3))])
    assert precision(real, made) <= 0.5
    assert recall(real, made) > 0.8


def test_do_not_depend_on_the_blocks_nor_on_where_the_origin_is(monkeypatch: pytest.MonkeyPatch) -> None:
    real, made = sets(7, 37, 23, 5)
    whole = precision(real, made), recall(real, made)
    monkeypatch.setattr(neighbours, "_BLOCK_VALUES", 60)
    assert (precision(real + 1e4, made + 1e4), recall(real + 1e4, made + 1e4)) == whole


def test_neighbours_on_the_edge_are_inside_whatever_the_rounding() -> None:
    corners = np.eye(40) * 1000.3 + 17.7  # all equally far from each other: every ball reaches to all of them
    assert precision(corners, corners[::-1]) == 1
    radii = neighbours.squared_radii(corners, 3)
    for first, squares in neighbours.squared_distances(corners, corners):
        assert (squares <= radii).all(), first


def test_too_few_clips_are_refused() -> None:
    with pytest.raises(DataError, match="3 clips in a set; their 3 nearest neighbours need at least 4"):
        precision(np.zeros((3, 2)), np.zeros((9, 2)))
