"""The Fréchet distance against closed forms, its invariances, golden numbers and two other implementations."""

import numpy as np
import pytest
import scipy.linalg
import torch
from golden_distances import DISTANCE_CASES, DistanceCase
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric

from avbench.errors import DataError
from avbench.metrics.frechet import frechet_distance

SEEDS = st.integers(0, 2**32 - 1)
SIZES = st.integers(2, 40)
DIMENSIONS = st.integers(1, 12)
ON_ANY_MACHINE = settings(deadline=None)
FEW_AND_MANY_CLIPS = pytest.mark.parametrize(("n", "m"), [(60, 40), (5, 40), (60, 5), (5, 4), (12, 12), (11, 12)])


def sets(seed: int, n: int, m: int, d: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), 0.5 + 1.5 * rng.normal(size=(m, d)) @ rng.normal(size=(d, d))


def rotation(seed: int, d: int) -> NDArray[np.float64]:
    return np.linalg.qr(np.random.default_rng(seed).normal(size=(d, d)))[0]


def orthogonal_deviations(n: int, d: int) -> NDArray[np.float64]:
    """n > d rows of mean 0 whose covariance is the identity."""
    x = np.random.default_rng(7).normal(size=(n, d))
    deviations: NDArray[np.float64] = np.sqrt(n - 1) * np.linalg.qr(x - x.mean(axis=0))[0]
    return deviations


def test_equals_the_squared_shift_when_only_the_mean_moves() -> None:
    features = np.random.default_rng(0).normal(size=(200, 8))
    assert frechet_distance(features, features + 0.5) == pytest.approx(8 * 0.5**2)


def test_equals_the_squared_difference_of_deviations_for_diagonal_covariances() -> None:
    identity = orthogonal_deviations(50, 4)
    deviations_r, deviations_g = np.array([1.0, 2, 3, 4]), np.array([4.0, 0, 3.5, 1])
    wanted = np.sum((deviations_r - deviations_g) ** 2)
    assert frechet_distance(identity * deviations_r, identity * deviations_g) == pytest.approx(wanted)


def test_adds_up_both_variances_when_two_sets_of_few_clips_vary_in_different_directions() -> None:
    reference = np.array([[1.0, 0, 0], [-1, 0, 0]])  # variance 2 along the first axis
    generated = np.array([[0.0, 3, 0], [0, -3, 0]])  # variance 18 along the second
    assert frechet_distance(reference, generated) == pytest.approx(20)


def test_works_on_a_single_feature() -> None:
    reference, generated = np.array([[0.0], [2]]), np.array([[5.0], [11]])
    assert frechet_distance(reference, generated) == pytest.approx((8 - 1) ** 2 + (np.sqrt(18) - np.sqrt(2)) ** 2)


@ON_ANY_MACHINE
@given(seed=SEEDS, n=SIZES, d=DIMENSIONS)
def test_is_zero_for_equal_sets(seed: int, n: int, d: int) -> None:
    features = np.random.default_rng(seed).normal(size=(n, d))
    assert frechet_distance(features, features[::-1]) == pytest.approx(0, abs=1e-5)


@ON_ANY_MACHINE
@given(seed=SEEDS, n=SIZES, m=SIZES, d=DIMENSIONS)
def test_is_symmetric_even_when_covariances_are_singular(seed: int, n: int, m: int, d: int) -> None:
    a, b = sets(seed, n, m, d)
    assert frechet_distance(a, b) == pytest.approx(frechet_distance(b, a), rel=1e-6, abs=1e-5)


@ON_ANY_MACHINE
@given(seed=SEEDS, n=SIZES, m=SIZES, d=DIMENSIONS, shift=st.floats(-100, 100))
def test_stays_when_both_sets_move_and_turn_together(seed: int, n: int, m: int, d: int, shift: float) -> None:
    a, b = sets(seed, n, m, d)
    turn = rotation(seed, d)
    assert frechet_distance(a @ turn + shift, b @ turn + shift) == pytest.approx(
        frechet_distance(a, b), rel=1e-6, abs=1e-5
    )


@ON_ANY_MACHINE
@given(seed=SEEDS, n=SIZES, m=SIZES, d=DIMENSIONS, scale=st.floats(0.01, 100))
def test_grows_with_the_square_of_a_common_scale(seed: int, n: int, m: int, d: int, scale: float) -> None:
    a, b = sets(seed, n, m, d)
    assert frechet_distance(scale * a, scale * b) == pytest.approx(scale**2 * frechet_distance(a, b), rel=1e-6)


@FEW_AND_MANY_CLIPS
def test_gives_one_value_by_either_way_of_computing_it(n: int, m: int) -> None:
    a, b = sets(2, n, m, 12)
    more_features_than_clips = np.zeros((n, 100)), np.zeros((m, 100))
    assert frechet_distance(*(np.hstack(pair) for pair in zip((a, b), more_features_than_clips, strict=True))) == (
        pytest.approx(frechet_distance(a, b), rel=1e-6)
    )


@FEW_AND_MANY_CLIPS
def test_agrees_with_the_square_root_of_the_product_by_scipy(n: int, m: int) -> None:
    d = 12
    a, b = sets(3, n, m, d)
    cov_a, cov_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    # SciPy's root wants an invertible product; what the small ridge adds stays within the tolerance.
    root = scipy.linalg.sqrtm((cov_a + 1e-12 * np.eye(d)) @ (cov_b + 1e-12 * np.eye(d)))
    wanted = np.sum((a.mean(0) - b.mean(0)) ** 2) + np.trace(cov_a + cov_b - 2 * root.real)
    assert frechet_distance(a, b) == pytest.approx(wanted, rel=1e-5)


@FEW_AND_MANY_CLIPS
def test_agrees_with_torch_fidelity(n: int, m: int) -> None:
    a, b = sets(4, n, m, 12)
    statistics = [fid_features_to_statistics(torch.from_numpy(x)) for x in (a, b)]
    wanted = fid_statistics_to_metric(*statistics, verbose=False)["frechet_inception_distance"]
    # Their eigenvalues of the plain product lose digits where it is singular.
    assert frechet_distance(a, b) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("case", DISTANCE_CASES, ids=lambda case: case.name)
def test_gives_the_golden_value(case: DistanceCase) -> None:
    assert frechet_distance(*case.features()) == pytest.approx(case.values["frechet_eigvalsh_float64"], rel=2e-6)


@pytest.mark.parametrize("case", DISTANCE_CASES, ids=lambda case: case.name)
def test_lies_within_single_precision_of_the_published_code(case: DistanceCase) -> None:
    assert frechet_distance(*case.features()) == pytest.approx(case.values["frechet_official_float32"], rel=5e-4)


def test_computes_single_precision_features_in_double_precision() -> None:
    a, b = (x.astype(np.float32) for x in sets(5, 60, 40, 12))
    assert frechet_distance(a, b) == frechet_distance(a.astype(np.float64), b.astype(np.float64))


def test_leaves_the_features_as_they_are() -> None:
    a, b = sets(6, 60, 40, 12)
    before = a.copy(), b.copy()
    frechet_distance(a, b)
    assert (a == before[0]).all() and (b == before[1]).all()


@pytest.mark.parametrize("clips", [0, 1])
def test_names_the_set_that_has_too_few_clips(clips: int) -> None:
    with pytest.raises(DataError, match=rf"generated set has {clips} clip\(s\).*at least 2"):
        frechet_distance(np.zeros((5, 3)), np.zeros((clips, 3)))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_names_the_row_of_a_value_that_is_not_finite(value: float) -> None:
    reference = np.zeros((5, 3))
    reference[3, 1] = value
    with pytest.raises(DataError, match="reference set has values that are not finite, first in row 3"):
        frechet_distance(reference, np.zeros((5, 3)))


def test_refuses_features_of_two_networks() -> None:
    with pytest.raises(DataError, match="400 features a clip and the generated set 1024"):
        frechet_distance(np.zeros((5, 400)), np.zeros((5, 1024)))


def test_refuses_an_array_without_rows_and_columns() -> None:
    with pytest.raises(DataError, match=r"reference set has shape \(5,\); wanted is \(clips, features\)"):
        frechet_distance(np.zeros(5), np.zeros((5, 3)))
