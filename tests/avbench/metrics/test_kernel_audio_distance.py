"""The kernel audio distance against kernels worked out by hand and by scikit-learn."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.distance import pdist
from sklearn.metrics.pairwise import rbf_kernel

from avbench.errors import DataError
from avbench.metrics import neighbours
from avbench.metrics.kernel_audio_distance import bandwidth, kernel_audio_distance
from avbench.metrics.metric import METRICS


def sets(seed: int, n: int, m: int, d: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, d)), 0.5 + 1.5 * rng.normal(size=(m, d))


def by_sklearn(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    gamma = 1 / (2 * np.median(pdist(a)) ** 2 + 1e-8)

    def mean_of_pairs(x: NDArray[np.float64]) -> float:
        K = rbf_kernel(x, gamma=gamma)
        return float((K.sum() - np.trace(K)) / (len(x) * (len(x) - 1)))

    return mean_of_pairs(a) + mean_of_pairs(b) - 2 * float(rbf_kernel(a, b, gamma=gamma).mean())


def test_equals_the_kernel_worked_out_by_hand() -> None:
    reference, generated = np.array([[0.0], [2.0]]), np.array([[0.0], [4.0]])  # two clips 2 apart: h = 2
    within_reference, within_generated = np.exp(-4 / 8), np.exp(-16 / 8)
    across = np.mean([1, np.exp(-16 / 8), np.exp(-4 / 8), np.exp(-4 / 8)])
    wanted = within_reference + within_generated - 2 * across
    assert kernel_audio_distance(reference, generated) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize(("seed", "n", "m", "d"), [(0, 30, 20, 5), (1, 2, 3, 1), (2, 64, 65, 40)])
def test_agrees_with_the_kernel_of_sklearn(seed: int, n: int, m: int, d: int) -> None:
    a, b = sets(seed, n, m, d)
    assert kernel_audio_distance(a, b) == pytest.approx(by_sklearn(a, b), rel=1e-9, abs=1e-12)


def test_the_bandwidth_is_the_references_median_distance() -> None:
    a, _ = sets(3, 51, 2, 7)
    assert bandwidth(a) == pytest.approx(np.median(pdist(a)))


def test_is_unbiased() -> None:
    rng = np.random.default_rng(4)
    reference = rng.normal(size=(400, 3))
    values = [kernel_audio_distance(reference, rng.normal(size=(10, 3))) for _ in range(300)]
    fixed = kernel_audio_distance(reference, rng.normal(size=(4000, 3)))
    assert abs(np.mean(values) - fixed) < 4 * np.std(values) / np.sqrt(len(values))


def test_is_zero_for_clips_that_are_all_alike() -> None:
    assert kernel_audio_distance(np.ones((5, 3)), np.ones((7, 3))) == pytest.approx(0, abs=1e-12)


def test_grows_with_a_shift_and_never_beyond_two() -> None:
    a, _ = sets(5, 60, 2, 8)
    values = [kernel_audio_distance(a, a + shift) for shift in (0, 0.3, 1, 3, 1e6)]
    assert values == sorted(values) and values[-1] < 2


def test_does_not_depend_on_the_blocks_it_is_summed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    a, b = sets(6, 37, 23, 5)
    whole = kernel_audio_distance(a, b)
    monkeypatch.setattr(neighbours, "_BLOCK_VALUES", 60)
    assert kernel_audio_distance(a, b) == pytest.approx(whole, rel=1e-12)


def test_is_shown_times_a_hundred() -> None:
    assert METRICS["kad"].scale == 100


def test_names_the_set_that_has_too_few_clips() -> None:
    with pytest.raises(DataError, match=r"generated set has 1 clip\(s\).*at least 2"):
        kernel_audio_distance(np.zeros((5, 3)), np.zeros((1, 3)))
