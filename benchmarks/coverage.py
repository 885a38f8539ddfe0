"""How often do intervals of distances hold the true value? A simulation whose truth is known.

    python benchmarks/coverage.py [--repeats 500] [--only 400x2048] [--out results/coverage.json] [--print]

Features are normally distributed, so that the Fréchet and the kernel distance between the distributions are known in
closed form. Every repeat draws new real clips, as many again, and clips of two methods, and asks the very functions
that `avbench eval` and `avbench compare` call for their intervals. Rows are drawn one by one: a group's mean and
covariance could be drawn directly (Gaussian and Wishart), but with fewer rows a group than features that costs as much,
and the bootstrap and the kernel distance want rows.

Repeats are kept in `--out` and are never done twice: stop it at any time and give the same command again. Each repeat
has randomness of its own, so the table does not depend on where it was stopped.
"""

import argparse
import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.linalg import expm

from avbench.metrics.frechet import frechet_distance, frechet_of_moments
from avbench.metrics.kernel import kernel_distance
from avbench.seeds import stream
from avbench.statistics.estimate import LEAST_PER_DIMENSION, Estimate, RunValues, kind_of
from avbench.statistics.groups import MOST_GROUPS
from avbench.statistics.leaving_out import GroupedSets, leaving_out
from avbench.statistics.paired import paired_difference
from avbench.workspace import atomic_write

Array = NDArray[np.float64]

_BOOTSTRAPS = 100  # resamples of one bootstrap interval
_SAVE_EVERY = 5  # repeats


@dataclass(frozen=True)
class Cell:
    """One place of the simulation."""

    D: int
    N: int
    clips: int = 1  # of one source video, whose features are correlated by one half

    @property
    def name(self) -> str:
        return f"{self.D}x{self.N}" + (f"x{self.clips}" if self.clips > 1 else "")

    def repeats_of(self, what: str, repeats: int) -> int:
        """What takes long, and whose coverage needs no more digits, is done for the first repeats only.

        The kernel of all pairs of many clips takes longest; as N does not bias its distance, it is left to smaller N.
        """
        if what == "bootstrap":
            return min(repeats, 10) if self.D > 100 else repeats
        if self.N > 4096:
            return 0
        return min(repeats, 100) if self.D > 100 else repeats


CELLS = [
    *(Cell(16, N) for N in (256, 2048, 8192)),
    *(Cell(16, N, clips=4) for N in (256, 2048)),
    *(Cell(400, N) for N in (256, 2048, 8192)),
]


@dataclass(frozen=True)
class Normal:
    """A normal distribution of features."""

    mean: Array
    covariance: Array

    def draw(self, cell: Cell, randomness: np.random.Generator) -> Array:
        """(N, D); the clips of one video stand together and share half of their variance."""
        x = randomness.normal(size=(cell.N, cell.D))
        if cell.clips > 1:
            shared = np.repeat(randomness.normal(size=(cell.N // cell.clips, cell.D)), cell.clips, axis=0)
            x = (x + shared) / math.sqrt(2)
        return x @ np.linalg.cholesky(self.covariance).T + self.mean


@dataclass(frozen=True)
class World:
    """Real clips and two methods; eigenvalues fall like 1/k, as those of features of videos about do."""

    real: Normal
    first: Normal
    second: Normal

    @classmethod
    def of(cls, D: int) -> "World":
        randomness = stream(0, "world", D)
        variances = 1 / (1 + np.arange(D))
        variances *= D / variances.sum()
        real = Normal(np.zeros(D), np.diag(variances))
        return cls(real, _beside(variances, 0.3, randomness), _beside(variances, 0.33, randomness))

    def truth(self) -> dict[str, float]:
        """The distances that the intervals should hold."""
        frechet = {name: _true_frechet(self.real, getattr(self, name)) for name in ("real", "first", "second")}
        return {
            "equal": frechet["real"],
            "apart": frechet["first"],
            "difference": frechet["first"] - frechet["second"],
            "kvd equal": 0.0,
            "kvd apart": _true_kernel(self.real, self.first),
        }


def _beside(variances: Array, amount: float, randomness: np.random.Generator) -> Normal:
    """A method's features: other scales, turned axes, a moved mean."""
    D = len(variances)
    turn = randomness.normal(size=(D, D)) / math.sqrt(2 * D)
    Q = expm(amount * (turn - turn.T))
    scaled = variances * np.exp(amount * randomness.normal(size=D))
    return Normal(amount / 2 * np.sqrt(variances) * randomness.normal(size=D), Q @ np.diag(scaled) @ Q.T)


def _true_frechet(one: Normal, other: Normal) -> float:
    return frechet_of_moments(one.mean, one.covariance, other.mean, other.covariance)


def _true_kernel(real: Normal, made: Normal) -> float:
    """The kernel distance between normal distributions, of which the first has mean 0: moments up to the third."""
    D, m, S = len(real.mean), made.mean, made.covariance
    second = S + np.outer(m, m)
    third = (m @ m) ** 3 + 6 * (m @ m) * (m @ S @ m) + 3 * np.sum(S * S) * (m @ m) + 6 * m @ S @ S @ m
    within_real = 1 + 3 * np.sum(real.covariance**2) / D**2
    within_made = 1 + 3 * (m @ m) / D + 3 * np.sum(second * second) / D**2 + third / D**3
    between = 1 + 3 * np.sum(real.covariance * second) / D**2
    return float(within_real + within_made - 2 * between)


def one_repeat(cell: Cell, world: World, repeat: int, wanted: Iterable[str]) -> dict[str, list[float]]:
    """Numbers of one repeat, by target: of an estimate value, corrected value, se, limit and its se."""
    randomness = stream(0, "coverage", cell.name, repeat)
    real, again, first, second = (
        normal.draw(cell, randomness) for normal in (world.real, world.real, world.first, world.second)
    )
    labels = (np.arange(cell.N) // cell.clips) % min(MOST_GROUPS, cell.N // cell.clips)

    def estimate(function: Any, made: Array) -> Estimate:
        kind = kind_of(function)
        plain = Estimate(
            dataset="", method="", metric="", better="lower", n_reference=cell.N, n_generated=cell.N, runs=1, kind=kind
        )
        parts = leaving_out(function, GroupedSets(real, made, (labels, labels), int(labels.max()) + 1))
        return plain.measured(RunValues.of(parts, kind, stream(0, "parts", cell.name, repeat)), 1.0)

    equal, apart, other = (estimate(frechet_distance, made) for made in (again, first, second))
    pair = paired_difference(apart, other)
    unpaired = math.hypot(apart.limit_se, other.limit_se)
    numbers = {
        "equal": _numbers(equal),
        "apart": _numbers(apart),
        "difference": [pair.difference, pair.low, pair.high, unpaired],
    }
    if "kvd" in wanted:
        kernel = {"kvd equal": estimate(kernel_distance, again), "kvd apart": estimate(kernel_distance, first)}
        numbers |= {name: [one.value, one.se, one.jackknife.se] for name, one in kernel.items()}
    if "bootstrap" in wanted:
        numbers["bootstrap equal"] = _bootstrap(real, again, randomness)
        numbers["bootstrap apart"] = _bootstrap(real, first, randomness)
    return numbers


def _numbers(estimate: Estimate) -> list[float]:
    knife = estimate.jackknife
    return [knife.value, knife.corrected, knife.se, estimate.limit, estimate.limit_se]


def _bootstrap(real: Array, made: Array, randomness: np.random.Generator) -> list[float]:
    """The percentile interval of the distance itself, of clips drawn with replacement: the usual naive way."""
    N, D = real.shape

    def resampled(x: Array) -> tuple[Array, Array]:
        counts = randomness.multinomial(N, np.full(N, 1 / N)).astype(np.float64)
        mean = counts @ x / N
        deviations = (x - mean) * np.sqrt(counts / (N - 1))[:, None]
        return mean, deviations.T @ deviations

    def value() -> float:
        if N <= D:
            return frechet_distance(real[randomness.integers(N, size=N)], made[randomness.integers(N, size=N)])
        return frechet_of_moments(*resampled(real), *resampled(made))

    low, high = np.quantile([value() for _ in range(_BOOTSTRAPS)], [0.025, 0.975])
    return [float(low), float(high)]


def run_cell(cell: Cell, repeats: int, out: Path) -> None:
    """Does the repeats that `out` does not hold yet."""
    world = World.of(cell.D)
    done: dict[str, Any] = _read(out).get(cell.name, {})
    todo = [repeat for repeat in range(repeats) if str(repeat) not in done]
    for number, repeat in enumerate(todo, start=1):
        wanted = [what for what in ("kvd", "bootstrap") if repeat < cell.repeats_of(what, repeats)]
        done[str(repeat)] = one_repeat(cell, world, repeat, wanted)
        if number % _SAVE_EVERY == 0 or number == len(todo):
            atomic_write(out, json.dumps(_read(out) | {cell.name: done}))
            print(f"{cell.name}: {len(done)} of {repeats}", flush=True)


def _read(out: Path) -> dict[str, Any]:
    return json.loads(out.read_text()) if out.exists() else {}


def table(kept: dict[str, Any]) -> str:
    """Coverage of each 95 % interval in per cent, as Markdown, with the repeats it was counted over.

    The rival of a paired difference is that of two independent values, of KVD the error in closed form.
    """
    lines = [
        "| target | D | N | repeats | true | mean value | naive bootstrap | jackknife, value | corrected, normal "
        "| corrected, t | **printed** | half width |",
        "| :-- | " + " | ".join(["--:"] * 11) + " |",
    ]
    for cell in (cell for cell in CELLS if cell.name in kept):
        truth, repeats = World.of(cell.D).truth(), list(kept[cell.name].values())
        for target in ("equal", "apart"):
            lines.append(_frechet_line(cell, f"Fréchet, {target}", truth[target], target, repeats))
    lines += ["", "| target | D | N | repeats | true | **printed** | rival | half width |"]
    lines.append("| :-- | " + " | ".join(["--:"] * 7) + " |")
    for cell in (cell for cell in CELLS if cell.name in kept):
        truth, repeats = World.of(cell.D).truth(), list(kept[cell.name].values())
        there = [target for target in ("difference", "kvd equal", "kvd apart") if target in repeats[0]]
        lines += [_other_line(cell, target, truth[target], repeats) for target in there]
    return "\n".join(lines) + "\n"


_T = float(stats.t.ppf(0.975, MOST_GROUPS - 1))


def _frechet_line(cell: Cell, name: str, truth: float, target: str, repeats: list[dict[str, list[float]]]) -> str:
    value, corrected, se, limit, limit_se = np.array([one[target] for one in repeats]).T
    bootstraps = np.array([one[f"bootstrap {target}"] for one in repeats if f"bootstrap {target}" in one])
    bootstrap = _share((bootstraps[:, 0] <= truth) & (truth <= bootstraps[:, 1])) if len(bootstraps) else ""
    cells = [
        bootstrap,
        _share(abs(value - truth) <= 1.96 * se),
        _share(abs(corrected - truth) <= 1.96 * se),
        _share(abs(corrected - truth) <= _T * se),
        _printed(cell, _share(abs(limit - truth) <= _T * limit_se)),
    ]
    numbers = [f"{truth:.4g}", f"{value.mean():.4g}", *cells, f"{(_T * limit_se).mean():.2g}"]
    return f"| {name} | {_size(cell)} | {len(repeats)} | " + " | ".join(numbers) + " |"


def _other_line(cell: Cell, target: str, truth: float, repeats: list[dict[str, list[float]]]) -> str:
    there = np.array([one[target] for one in repeats if target in one])
    if target == "difference":
        value, low, high, unpaired = there.T
        printed, other = (low <= truth) & (truth <= high), abs(value - truth) <= _T * unpaired
        width, shown = (high - low) / 2, _printed(cell, _share(printed))
    else:
        value, se, knife = there.T
        printed, other = abs(value - truth) <= _T * knife, abs(value - truth) <= _T * se
        width, shown = _T * knife, _share(printed)
    name = {"difference": "Fréchet, A - B", "kvd equal": "KVD, equal", "kvd apart": "KVD, apart"}[target]
    return f"| {name} | {_size(cell)} | {len(there)} | {truth:.4g} | {shown} | {_share(other)} | {width.mean():.2g} |"


def _size(cell: Cell) -> str:
    return f"{cell.D} | {cell.N:,}" + (f" in videos of {cell.clips}" if cell.clips > 1 else "")


def _share(held: Any) -> str:
    return f"{100 * np.mean(held):.1f}"


def _printed(cell: Cell, share: str) -> str:
    return f"none ({share})" if cell.N < LEAST_PER_DIMENSION * cell.D else f"**{share}**"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", type=int, default=500)
    parser.add_argument("--only", nargs="*", default=[], help=f"cells, of {' '.join(cell.name for cell in CELLS)}")
    parser.add_argument("--out", type=Path, default=Path("results/coverage.json"))
    parser.add_argument("--print", action="store_true", help="only print the table of what is there")
    options = parser.parse_args()
    if not options.print:
        for cell in CELLS:
            if cell.name in options.only or not options.only:
                run_cell(cell, options.repeats, options.out)
    print(table(_read(options.out)))


if __name__ == "__main__":
    main()
