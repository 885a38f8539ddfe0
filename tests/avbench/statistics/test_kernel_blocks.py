import numpy as np
import pytest

from avbench.metrics.kernel import cubic_kernel
from avbench.statistics.kernel_blocks import KernelBlocks, Parts


def linear_kernel(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return x @ y.T


def drawn(rng: np.random.Generator, shift: float, clips: int = 40, groups: int = 40) -> KernelBlocks:
    labels = np.arange(clips) * groups // clips
    x, y = rng.normal(size=(clips, 3)), shift + rng.normal(size=(clips, 3))
    return KernelBlocks.of(cubic_kernel, x, y, (labels, labels), groups)


def value(blocks: KernelBlocks) -> float:
    return blocks.without(np.zeros(len(blocks.counts_x), np.bool_))


@pytest.mark.parametrize("groups", [40, 20])
def test_the_variance_is_that_of_repeated_draws_when_the_distributions_differ(groups):
    rng = np.random.default_rng(0)
    blocks = [drawn(rng, 0.7, groups=groups) for _ in range(600)]
    wanted = np.var([value(one) for one in blocks])
    assert np.mean([one.parts().variance() for one in blocks]) == pytest.approx(wanted, rel=0.2)


def test_for_equal_distributions_the_variance_is_hardly_too_large():
    rng = np.random.default_rng(1)
    blocks = [drawn(rng, 0) for _ in range(600)]
    wanted = np.var([value(one) for one in blocks])
    assert wanted < np.mean([one.parts().variance() for one in blocks]) < 1.6 * wanted


def test_under_a_linear_kernel_it_is_the_variance_of_the_squared_distance_of_means():
    # |mean x - mean y|^2 without bias: variance 4 shift^2 (1/n + 1/n) + 2 (1/n + 1/n)^2 in one dimension.
    rng, n, shift = np.random.default_rng(2), 400, 1.0
    labels = np.arange(n)
    found = [
        KernelBlocks.of(linear_kernel, rng.normal(size=(n, 1)), shift + rng.normal(size=(n, 1)), (labels, labels), n)
        .parts()
        .variance()
        for _ in range(5)
    ]
    assert np.mean(found) == pytest.approx(4 * shift**2 * 2 / n + 2 * (2 / n) ** 2, rel=0.1)


def test_two_runs_of_the_same_clips_have_the_variance_of_one():
    parts = drawn(np.random.default_rng(3), 0.5).parts()
    assert Parts.mean([parts, parts]).variance() == pytest.approx(parts.variance())


def test_the_mean_of_independent_runs_has_less_variance():
    rng = np.random.default_rng(4)
    runs = [drawn(rng, 0.7).parts() for _ in range(4)]
    alone = np.mean([run.variance() for run in runs])
    assert Parts.mean(runs).variance() < 0.6 * alone


def test_a_large_constant_in_the_kernel_changes_nothing_though_runs_take_unlike_numbers_of_clips():
    def parts(constant: float) -> Parts:
        rng, runs = np.random.default_rng(6), []
        for _ in range(3):
            x, y = rng.normal(size=(60, 3)), 0.5 + rng.normal(size=(60, 3))
            labels = rng.integers(10, size=60), rng.integers(10, size=60)
            runs.append(KernelBlocks.of(lambda a, b: a @ b.T + constant, x, y, labels, 10).parts())
        return Parts.mean(runs)

    assert parts(1e5).variance() == pytest.approx(parts(0).variance(), rel=1e-6)


def test_blocks_of_rows_do_not_change_the_sums(monkeypatch):
    whole = drawn(np.random.default_rng(5), 0.5)
    monkeypatch.setattr("avbench.statistics.kernel_blocks._BLOCK_VALUES", 100)
    parts = drawn(np.random.default_rng(5), 0.5)
    np.testing.assert_allclose(parts.within_x, whole.within_x, rtol=1e-12)
    np.testing.assert_allclose(parts.between, whole.between, rtol=1e-12)
