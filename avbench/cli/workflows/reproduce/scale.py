"""How large a reproduction is: as the paper's, small enough for a CPU, or just enough to see that all steps work."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from avbench.errors import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampler:
    """A solver and its evaluations of the network."""

    solver: str
    steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What all rows of a reproduction share."""

    name: str
    preset: str  # of every model
    samples: int  # per method, and windows per set and run
    runs: int  # of the comparisons with other methods; ablations take one, as in the paper
    protocol: str
    features: str
    quick: Sampler  # of the rows that the paper samples with DPM-Solver
    full: Sampler  # of the row that takes all steps
    guided: Sampler  # of gradient guidance, which runs with ddpm and ddim
    strengths: tuple[float, ...]  # of the guidance, in units of `avbench sample --scale`; 0 is replacement
    evaluations: tuple[int, ...]  # of the network, at which solvers are compared
    clips: int  # of the synthetic data set
    changes: Mapping[str, str] = field(default_factory=dict)  # settings of every training

    @property
    def smoke(self) -> bool:
        """Whether the numbers mean nothing, so that no report shows them unasked."""
        return self.name == "smoke"


# Section 4.1 of the paper; the text names 2,048 samples and 6 runs for Tables 1 and 2.
PAPER = Scale(
    name="paper",
    preset="paper",
    samples=2048,
    runs=6,
    protocol="published",
    features="published",
    quick=Sampler(solver="dpm", steps=20),
    full=Sampler(solver="ddpm", steps=1000),
    guided=Sampler(solver="ddpm", steps=1000),
    strengths=(0, 30, 100, 300, 1000),
    evaluations=(10, 20, 50, 100, 250),
    clips=4096,
)
TINY = Scale(
    name="tiny",
    preset="tiny",
    samples=64,
    runs=6,
    protocol="avbench",
    features="embedded",
    # A net that is trained so briefly errs at high noise: DPM-Solver multiplies that, and new noise makes it forgotten.
    quick=Sampler(solver="sde-dpm++", steps=50),
    full=Sampler(solver="ddpm", steps=100),
    guided=Sampler(solver="ddim", steps=25),
    strengths=(0, 3, 10, 30, 100),
    evaluations=(5, 10, 20, 50),
    clips=256,
)
# A tenth of a minute of training and twenty evaluations: each row exists, none is good.
SMOKE = Scale(
    name="smoke",
    preset="tiny",
    samples=16,
    runs=2,
    protocol="avbench",
    features="embedded",
    quick=Sampler(solver="sde-dpm++", steps=20),
    full=Sampler(solver="ddpm", steps=20),
    guided=Sampler(solver="ddim", steps=20),
    strengths=(0, 10),
    evaluations=(5, 20),
    clips=32,
    changes={"training.steps": "5", "training.batch_size": "4"},
)
SCALES: Mapping[str, Scale] = {scale.name: scale for scale in (PAPER, TINY, SMOKE)}


def get_scale(name: str) -> Scale:
    """
    Raises:
        UsageError: there is none of that name.
    """
    if name not in SCALES:
        raise UsageError(f'no reproduction has the preset "{name}"; known: {", ".join(SCALES)}')
    return SCALES[name]
