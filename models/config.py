"""The settings of a run: all that decides its weights and samples, written into the run's `config.toml`."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from avbench.clip import ClipSpec
from avbench.errors import UsageError
from avbench.settings import from_table, to_toml

# Of models that are no diffusion: "direct" is the one way that they have, "tokens" are drawn one after the other.
Solver = Literal["dpm", "dpm++", "sde-dpm++", "dpm++-adaptive", "ddim", "ddpm", "fast", "direct", "tokens"]
Timesteps = Literal["uniform", "log-snr"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingConfig:
    """How a network is trained: by AdamW with betas 0.9 and 0.999, unless the model brings its own optimisers."""

    steps: int
    batch_size: int  # samples per optimiser step, over all processes and accumulated micro-batches
    accumulation: int = 1  # micro-batches that a step is cut into
    learning_rate: float = 1e-4
    learning_rate_decay: float = 0.0  # share of the steps, the last ones, over which the rate falls linearly to zero
    weight_decay: float = 0.0
    gradient_clip: float | None = None  # largest norm of the gradients of an update; None: they are left as they are
    ema_decay: float = 0.9999
    ema_warmup: bool = (
        False  # decay min(ema_decay, (1 + n) / (10 + n)) at step n: for runs far shorter than 1/(1-decay)
    )
    ema_ramp: float = 0.0  # the average's half-life is at most this share of the steps so far, as StyleGAN2's 0.05
    precision: Literal["no", "bf16", "fp16"] = "no"
    mirror: Literal["none", "always", "random"] = "none"  # "always": what the released loader does by mistake
    channel: Literal["left", "mix"] = "mix"  # of sound: the first one, as the released loader and evaluation, or all
    timesteps: Timesteps = "uniform"  # of a diffusion: as often as each other, or evenly spread over the log-SNR
    activation_checkpointing: bool = False  # a third of the memory for a third more time
    compile: bool = False
    log_every: int = 10  # steps
    preview_every: int = 10_000  # steps
    checkpoint_every: int = 10_000  # steps
    keep_checkpoints: int = 3  # the newest ones

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "accumulation", "log_every", "preview_every", "checkpoint_every"):
            if getattr(self, name) < 1:
                raise UsageError(f"training.{name} is {getattr(self, name)}; it must be at least 1")
        if self.keep_checkpoints < 1:
            raise UsageError(f"training.keep_checkpoints is {self.keep_checkpoints}; one is needed to go on from")
        if not 0 <= self.ema_decay < 1:
            raise UsageError(f"training.ema_decay is {self.ema_decay}; it must lie in [0, 1)")
        if self.ema_ramp < 0 or (self.ema_ramp and self.ema_warmup):
            raise UsageError(
                f"training.ema_ramp is {self.ema_ramp}; it must be positive or 0, and 0 where ema_warmup is true"
            )
        if self.gradient_clip is not None and self.gradient_clip <= 0:
            raise UsageError(f"training.gradient_clip is {self.gradient_clip}; it must be positive, or none")
        if self.learning_rate <= 0:
            raise UsageError(f"training.learning_rate is {self.learning_rate}; it must be positive")
        if not 0 <= self.learning_rate_decay <= 1:
            raise UsageError(f"training.learning_rate_decay is {self.learning_rate_decay}; it must lie in [0, 1]")

    def rate_at(self, step: int) -> float:
        """The learning rate of a step; the first is 1, the last `steps`."""
        falling = self.learning_rate_decay * self.steps
        left = self.steps + 1 - step
        return self.learning_rate * min(1.0, left / falling) if falling else self.learning_rate


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingConfig:
    """How a network is sampled, unless the command says otherwise."""

    solver: Solver = "dpm"
    steps: int = 20  # evaluations of the network; solvers that choose their own take no notice of it
    top_k: int | None = None  # of "tokens": draw among so many of the likeliest ones
    top_p: float | None = None  # and among the likeliest of these that hold more than this share of the probability

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise UsageError(f"sampling.steps is {self.steps}; it must be at least 1")
        if self.top_k is not None and self.top_k < 1:
            raise UsageError(f"sampling.top_k is {self.top_k}; it must be at least 1, or none")
        if self.top_p is not None and not 0 < self.top_p <= 1:
            raise UsageError(f"sampling.top_p is {self.top_p}; it must lie in (0, 1], or be none")
        if self.solver != "tokens" and (self.top_k is not None or self.top_p is not None):
            raise UsageError(f"sampling.top_k and top_p choose among tokens; {self.solver} draws none")

    @property
    def chooses_steps(self) -> bool:
        """Whether the solver chooses the number of steps."""
        return self.solver in ("dpm++-adaptive", "fast", "direct", "tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """A run, complete."""

    model: str  # registered name
    preset: str  # where the settings came from; they may have been changed since
    data: Path  # the clip set it is trained on
    seed: int = 0
    split: str = "train"  # of the data; a set with one split is read whole
    init: Path | None = None  # a run or a checkpoint whose weights are the first; None: random ones
    first_stages: tuple[Path, ...] = ()  # checkpoints of the runs it stands on, in the order that the model names them
    spec: ClipSpec = field(default_factory=ClipSpec)
    network: Any  # the model's own dataclass
    training: TrainingConfig
    sampling: SamplingConfig = field(default_factory=SamplingConfig)

    def save(self, path: Path) -> None:
        """Writes the settings as TOML, whole or not at all.

        Raises:
            MachineError: `path` cannot be written.
        """
        from avbench.workspace import atomic_write

        atomic_write(path, to_toml(self))

    @classmethod
    def load(cls, path: Path) -> "RunConfig":
        """The settings in a run's `config.toml`.

        Raises:
            UsageError: the file is missing, not TOML, or its settings are unknown; the message names what is wrong.
        """
        from models.registry import MODELS

        try:
            table = tomllib.loads(path.read_text())
        except FileNotFoundError:
            raise UsageError(
                f"{path} does not exist; a run is a folder that `avbench train` or `import` made"
            ) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise UsageError(f"{path}: not a TOML file ({error})") from error
        if not isinstance(table.get("model"), str):
            raise UsageError(f'{path}: the setting "model" is missing')
        network: Any = from_table(
            MODELS[table["model"]].network_config, table.pop("network", {}), where=f"{path} [network]"
        )
        return from_table(cls, table | {"network": network}, where=str(path))
