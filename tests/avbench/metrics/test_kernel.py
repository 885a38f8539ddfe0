"""The kernel distance against closed forms, its invariances, golden numbers and two other implementations."""

import tracemalloc

import numpy as np
import pytest
from golden_distances import DISTANCE_CASES, DistanceCase
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics.pairwise import polynomial_kernel
from torch_fidelity.metric_kid import kernel_mmd

from avbench.errors import DataError
from avbench.metrics import kernel
from avbench.metrics.kernel import kernel_distance

SEEDS = st.integers(0, 2**32 - 1)
SIZES = st.integers(2, 40)
DIMENSIONS = st.integers(1, 12)
ON_ANY_MACHINE = settings(deadline=None)


def sets(seed: int, n: int, m: int, d: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), 0.5 + 1.5 * rng.normal(size=(m, d))


def unbiased_mmd_by_sklearn(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    def mean_of_pairs(x: NDArray[np.float64]) -> float:
        K = polynomial_kernel(x)
        return float((K.sum() - np.trace(K)) / (len(x) * (len(x) - 1)))

    return mean_of_pairs(a) + mean_of_pairs(b) - 2 * float(polynomial_kernel(a, b).mean())


def test_equals_the_kernel_worked_out_by_hand() -> None:
    reference, generated = np.array([[0.0, 0], [2, 0]]), np.array([[2.0, 2], [0, 4]])
    within_reference = (0 / 2 + 1) ** 3
    within_generated = (8 / 2 + 1) ** 3
    across = np.mean([1, 1, (4 / 2 + 1) ** 3, (0 / 2 + 1) ** 3])
    assert kernel_distance(reference, generated) == pytest.approx(within_reference + within_generated - 2 * across)


def test_is_zero_for_clips_that_are_all_alike() -> None:
    assert kernel_distance(np.ones((5, 3)), np.ones((7, 3))) == pytest.approx(0, abs=1e-12)


def test_is_below_zero_for_a_set_against_itself() -> None:
    features = np.random.default_rng(0).normal(size=(50, 8))
    K = polynomial_kernel(features)
    wanted = 2 * (K.sum() - np.trace(K)) / (50 * 49) - 2 * K.mean()
    assert kernel_distance(features, features) == pytest.approx(wanted)
    assert kernel_distance(features, features) < 0


def test_is_unbiased() -> None:
    rng = np.random.default_rng(1)
    values = [kernel_distance(rng.normal(size=(10, 3)), rng.normal(size=(10, 3))) for _ in range(2000)]
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(len(values))


@ON_ANY_MACHINE
@given(seed=SEEDS, n=SIZES, m=SIZES, d=DIMENSIONS)
def test_is_symmetric(seed: int, n: int, m: int, d: int) -> None:
    a, b = sets(seed, n, m, d)
    assert kernel_distance(a, b) == pytest.approx(kernel_distance(b, a), rel=1e-9, abs=1e-9)


@ON_ANY_MACHINE
@given(seed=SEEDS, n=SIZES, m=SIZES, d=DIMENSIONS)
def test_does_not_see_the_order_of_clips(seed: int, n: int, m: int, d: int) -> None:
    a, b = sets(seed, n, m, d)
    rng = np.random.default_rng(seed)
    assert kernel_distance(rng.permutation(a), rng.permutation(b)) == pytest.approx(kernel_distance(a, b), abs=1e-8)


@ON_ANY_MACHINE
@given(seed=SEEDS, n=SIZES, m=SIZES, d=DIMENSIONS)
def test_stays_when_both_sets_turn_together(seed: int, n: int, m: int, d: int) -> None:
    a, b = sets(seed, n, m, d)
    turn = np.linalg.qr(np.random.default_rng(seed).normal(size=(d, d)))[0]
    assert kernel_distance(a @ turn, b @ turn) == pytest.approx(kernel_distance(a, b), abs=1e-8)


def test_grows_with_a_shift_and_with_a_scale() -> None:
    a = np.random.default_rng(2).normal(size=(100, 8))
    shifted = [kernel_distance(a, a + shift) for shift in (0, 0.5, 1, 2)]
    scaled = [kernel_distance(a, a * scale) for scale in (1, 1.5, 2, 3)]
    assert shifted == sorted(shifted) and scaled == sorted(scaled)


@ON_ANY_MACHINE
@given(seed=SEEDS, n=SIZES, m=SIZES, d=DIMENSIONS)
def test_agrees_with_the_kernel_of_sklearn(seed: int, n: int, m: int, d: int) -> None:
    a, b = sets(seed, n, m, d)
    assert kernel_distance(a, b) == pytest.approx(unbiased_mmd_by_sklearn(a, b), rel=1e-9, abs=1e-9)


def test_agrees_with_torch_fidelity() -> None:
    a, b = sets(3, 40, 40, 12)  # their estimate wants sets of one size
    wanted = kernel_mmd(a, b, kid_kernel="poly", kid_kernel_poly_degree=3, kid_kernel_poly_coef0=1)
    assert kernel_distance(a, b) == pytest.approx(wanted)


def test_does_not_depend_on_the_blocks_it_is_summed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = sets(4, 37, 23, 5)
    whole = kernel_distance(a, b)
    monkeypatch.setattr(kernel, "_BLOCK_VALUES", 60)
    assert kernel_distance(a, b) == pytest.approx(whole, rel=1e-12)


def test_holds_no_whole_kernel_matrix_in_memory() -> None:
    a, b = sets(5, 6000, 6000, 4)  # a whole matrix would be 288 MB
    tracemalloc.start()
    kernel_distance(a, b)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 150e6


@pytest.mark.parametrize("case", DISTANCE_CASES, ids=lambda case: case.name)
def test_gives_the_golden_value(case: DistanceCase) -> None:
    assert kernel_distance(*case.features()) == pytest.approx(case.values["kvd_official_float64"], rel=1e-6)


@pytest.mark.parametrize("case", DISTANCE_CASES, ids=lambda case: case.name)
def test_gives_the_golden_value_of_a_set_against_itself(case: DistanceCase) -> None:
    reference, _ = case.features()
    assert kernel_distance(reference, reference) == pytest.approx(case.values["kvd_self_official_float64"], rel=1e-6)


@pytest.mark.parametrize("clips", [0, 1])
def test_names_the_set_that_has_too_few_clips(clips: int) -> None:
    with pytest.raises(DataError, match=rf"reference set has {clips} clip\(s\).*at least 2"):
        kernel_distance(np.zeros((clips, 3)), np.zeros((5, 3)))


def test_refuses_values_that_are_not_finite() -> None:
    with pytest.raises(DataError, match="generated set has values that are not finite, first in row 0"):
        kernel_distance(np.zeros((5, 3)), np.full((5, 3), np.nan))
