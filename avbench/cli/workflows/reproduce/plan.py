"""From rows of a table to the commands that make them: prepare, train, sample, evaluate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from avbench.cli.workflows.reproduce.rows import Row, Training
from avbench.cli.workflows.reproduce.scale import Sampler, Scale
from avbench.cli.workflows.steps import Mark, Step, has_clips
from avbench.errors import UsageError

if TYPE_CHECKING:  # models import torch, which takes seconds
    from avbench.clip import ClipSpec
    from models.config import RunConfig
    from models.training.start import Request

STAMP = "reproduced.json"  # in a results folder: the row of the paper that it is
MARK = "ablation.json"  # in a results folder: the point of a study that it is, which the paper does not have
DATASETS = ("landscape", "aist", "synthetic")
_COLUMNS = 5  # checkpoints that a coupled net's training leaves: Table 4 samples the third, the fourth and the last
_WINDOWS_PER_SAMPLE = 4  # real windows for each one of a draw, where they are written anew


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A row with its commands."""

    title: str
    method: str  # as our tables call it
    results: Path
    steps: tuple[Step, ...]
    missing: tuple[str, ...] = ()  # models that it needs and that are not registered
    note: str = ""


class Planner:
    """Commands for rows of one data set at one scale.

    Args:
        data: the clip set, which the first command makes where it is missing.
        prepare: arguments of that command after `prepare`; () where the set is the user's own.
        spec: the shape in which all networks work; None for that of the scale's coupled net.
    """

    def __init__(
        self,
        data: Path,
        prepare: Sequence[str],
        scale: Scale,
        *,
        device: str = "auto",
        spec: "ClipSpec | None" = None,
    ) -> None:
        self.data = data
        self.scale = scale
        self._spec = spec
        self._device = () if device == "auto" else ("--device", device)
        self._prepare = tuple(prepare)
        self._counted: dict[Any, float | None] = {}

    @property
    def label(self) -> str:
        """The data set and the scale, for names of runs and results."""
        name = self.data.name
        return name if name.endswith(f"-{self.scale.name}") else f"{name}-{self.scale.name}"

    def row(self, row: Row) -> Planned:
        """The commands of a row of Tables 1 to 4."""
        name = f"table{row.table}-row{row.row}" + (f"-step{row.steps}" if row.steps else "") + row.variant
        told = f"Table {row.table}, row {row.row}: {row.method}"
        runs = self.scale.runs if row.table in (1, 2) else 1
        results = Path("results") / f"{name}-{self.label}"
        stamp = {"table": row.table, "row": row.row, "steps": row.steps, "preset": self.scale.name}
        stamp |= {"smoke": self.scale.smoke, "dataset": self.data.name}
        samples, steps = self.reference(), list[Step]()
        if row.training is not None:
            samples, steps = self.samples(row.training, self._sampler(row), row.at)
        mark = MARK if row.variant else STAMP
        evaluation = self.evaluation(samples, row.method, results, mark, stamp, runs=runs)
        return Planned(
            title=told,
            method=row.method,
            results=results,
            steps=(*self.data_steps(), *steps, evaluation),
            missing=self.missing(row.training) if row.training else (),
            note=row.note,
        )

    def data_steps(self) -> list[Step]:
        """The clip set, and the real clips in the shape in which samples are compared with them."""
        steps = []
        if self._prepare:
            steps.append(Step(arguments=("prepare", *self._prepare), done=has_clips(self.data)))
        if self.own_shape:
            spec, count = self.spec(), _WINDOWS_PER_SAMPLE * self.scale.samples
            shape = f"size={spec.size},sample_rate={spec.sample_rate}"
            arguments = ("prepare", "reshape", str(self.data), "--spec", shape, "--windows", str(count))
            out = self.reference()
            steps.append(Step(arguments=(*arguments, "--out", str(out)), done=has_clips(out)))
        return steps

    def reference(self) -> Path:
        """The real clips that samples are compared with."""
        if not self.own_shape:
            return self.data
        spec = self.spec()
        return Path("data") / f"{self.data.name}-{spec.size}px-{spec.sample_rate / 1000:g}kHz"

    def selection(self) -> tuple[str, ...]:
        """Options of `avbench report` that choose these results among others."""
        from avbench.protocol import get_protocol

        name = self.data.name
        if self.own_shape:
            name += f"@{self.spec().size}px-{self.spec().sample_rate / 1000:g}kHz"
        protocol = get_protocol(self.scale.protocol).with_samples(self.scale.samples)
        allowed = ("--allow-smoke",) if self.scale.smoke else ()
        return ("--protocol", protocol.hash, "--dataset", name, *allowed)

    def spec(self) -> "ClipSpec":
        """The shape in which all networks work."""
        from models.registry import MODELS

        return self._spec or MODELS["mm-diffusion"].presets[self.scale.preset].spec

    @property
    def own_shape(self) -> bool:
        """Whether real clips are brought to that shape: against the originals, resolution would be measured."""
        from avbench.clip import ClipSpec
        from avbench.protocol import get_protocol

        spec = self.spec()
        return spec.size < get_protocol(self.scale.protocol).size or spec.sample_rate < ClipSpec().sample_rate

    def samples(
        self, training: Training, sampler: Sampler | None, at: Fraction = Fraction(1)
    ) -> tuple[Path, list[Step]]:
        """The folder of a run's samples, and the commands from the data to it.

        Args:
            sampler: None for the run's own.
            at: share of the preset's steps after which it is sampled.
        """
        run, step = self.run(training), self.steps(training, at)
        name = f"{sampler.solver}{sampler.steps}" if sampler else "own"
        out = run / "samples" / f"{name}-step{step}-{self.scale.samples}"
        source = (str(self.checkpoint(training, at)),)
        sampling = self.sampling(source, self.config(training), sampler, out)
        return out, [*self.trainings(training), sampling]

    def checkpoint(self, training: Training, at: Fraction = Fraction(1)) -> Path:
        """That of a run after a share of the preset's steps; the run itself where nobody knows how many there are."""
        run, step = self.run(training), self.steps(training, at)
        return run / "checkpoints" / f"{step:08d}.pt" if step else run

    def sampling(
        self,
        source: Sequence[str],
        config: "RunConfig | None",
        sampler: Sampler | None,
        out: Path,
        options: Sequence[str] = (),
        *,
        passes: int = 1,
    ) -> Step:
        """The command that samples a checkpoint.

        Args:
            source: what is sampled, as `avbench sample` takes it.
            config: the run's settings; None where its model is not registered.
            sampler: None for the run's own.
            options: of `avbench sample` besides.
            passes: through the network for each step of the solver.
        """
        arguments = ["sample", *source, "--samples", str(self.scale.samples)]
        if sampler:
            arguments += ["--solver", sampler.solver, "--steps", str(sampler.steps)]

        def operations() -> float | None:
            one = self._pass(config) if config else None
            evaluations = sampler.steps if sampler else config.sampling.steps if config else 0
            return None if one is None else one * passes * evaluations * self.scale.samples

        return Step(
            arguments=(*arguments, *options, "--out", str(out), *self._device),
            done=has_clips(out, self.scale.samples),
            operations=operations,
        )

    def trainings(self, training: Training) -> list[Step]:
        """The commands that train a run, and first those that it is built upon."""
        request, config = self._request(training), self.config(training)
        arguments = ["train", request.model, "--data", str(request.data), "--preset", request.preset]
        for name, value in request.changes.items():
            arguments += ["--set", f"{name}={value}"]
        for needed in request.first_stages:
            arguments += ["--first-stage", needed]
        step = Step(
            arguments=(*arguments, "--name", request.name),
            done=lambda: _is_trained(request),
            operations=lambda: self._of_training(config) if config else None,
        )
        return [*(step for needed in training.first_stages for step in self.trainings(needed)), step]

    def _request(self, training: Training) -> "Request":
        """What `avbench train` is asked for."""
        from models.training.start import Request

        return Request(
            model=training.model,
            data=self.data,
            preset=self.scale.preset,
            changes=self._changes(training),
            first_stages=tuple(self.run(needed).name for needed in training.first_stages),
            name=self.run(training).name,
        )

    def run(self, training: Training) -> Path:
        """Where the run of a training lies."""
        variant = [training.variant] if training.variant else []
        return Path("runs") / "-".join([training.model, self.label, *variant])

    def evaluation(
        self,
        generated: Path,
        method: str,
        results: Path,
        mark: str,
        content: Mapping[str, Any],
        *,
        runs: int,
        metrics: str = "",
    ) -> Step:
        """The command that scores clips, and marks the results with what they are for."""
        scale = self.scale
        arguments = ["eval", "--reference", str(self.reference()), "--generated", str(generated), "--name", method]
        arguments += ["--protocol", scale.protocol, "--features", scale.features, "--samples", str(scale.samples)]
        arguments += ["--runs", str(runs), *(("--metrics", metrics) if metrics else ())]
        step = Step(arguments=(*arguments, "--out", str(results), *self._device), done=lambda: False)
        stamp = Mark(results / mark, {**content, "command": step.command})
        return replace(step, mark=stamp, done=lambda: stamp.is_complete() and (results / "summary.csv").is_file())

    def missing(self, training: Training) -> tuple[str, ...]:
        """The models of a training that this version does not have."""
        from models.registry import MODELS

        wanted = [training.model, *(model for needed in training.first_stages for model in self.missing(needed))]
        return tuple(model for model in wanted if model not in MODELS)

    def config(self, training: Training) -> "RunConfig | None":
        """The settings of a run, as `avbench train` will have them; None for a model that is not registered."""
        from avbench.settings import changed
        from models.config import RunConfig
        from models.registry import MODELS

        if training.model not in MODELS:
            return None
        presets = MODELS[training.model].presets
        if self.scale.preset not in presets:
            raise UsageError(f'{training.model} has no preset "{self.scale.preset}"; known: {", ".join(presets)}')
        preset = presets[self.scale.preset]
        fields = {name: getattr(preset, name) for name in ("spec", "network", "training", "sampling")}
        config = RunConfig(model=training.model, preset=self.scale.preset, data=self.data, **fields)
        return changed(config, self._changes(training))

    def _changes(self, training: Training) -> dict[str, str]:
        """What is changed in the preset, besides the size of the clips, by dotted name."""
        from models.registry import MODELS

        changes = {**self.scale.changes, **training.changes}
        if training.model in MODELS:
            changes |= self._own_changes(training)
        return changes

    def _own_changes(self, training: Training) -> dict[str, str]:
        from models.registry import MODELS

        preset, spec = MODELS[training.model].presets[self.scale.preset], self.spec()
        changes = {
            f"spec.{name}": str(getattr(spec, name))
            for name in ("frames", "fps", "size", "sample_rate")
            if getattr(spec, name) != getattr(preset.spec, name)
        }
        if training.windows:
            windows = training.windows[: len(preset.network.windows)]
            if windows != preset.network.windows:
                changes["network.windows"] = ",".join(map(str, windows))
        if training.random_shift is not None and training.random_shift != preset.network.random_shift:
            changes["network.random_shift"] = str(training.random_shift).lower()
        if training.share != 1:
            changes["training.steps"] = str(self.steps(training, training.share))
        if training.model == "mm-diffusion":
            changes["training.checkpoint_every"] = str(max(1, self.steps(training, Fraction(1)) // _COLUMNS))
            changes["training.keep_checkpoints"] = str(_COLUMNS)
        return changes

    def steps(self, training: Training, share: Fraction) -> int:
        """A share of the steps that the scale gives to a model."""
        from models.registry import MODELS

        if training.model not in MODELS:
            return int(self.scale.changes.get("training.steps", 0))
        preset = MODELS[training.model].presets[self.scale.preset]
        return int(share * int(self.scale.changes.get("training.steps", preset.training.steps)))

    def _sampler(self, row: Row) -> Sampler | None:
        return {"quick": self.scale.quick, "full": self.scale.full, "own": None}[row.sampler]

    def _of_training(self, config: "RunConfig") -> float | None:
        from models.cost import BACKWARD

        one = self._pass(config)
        return None if one is None else one * config.training.steps * config.training.batch_size * (1 + BACKWARD)

    def _pass(self, config: "RunConfig") -> float | None:
        """Operations of one sample's pass; counted once for each network."""
        from models.cost import pass_operations

        key = (config.model, config.network, config.spec)
        if key not in self._counted:
            self._counted[key] = pass_operations(config)
        return self._counted[key]


def _is_trained(request: "Request") -> bool:
    """Whether a run has ended, with the very settings that it is to have.

    Where they are others, for example those of an earlier version's preset, `avbench train` tells which.
    """
    from models.training.start import choose

    try:
        return choose(request).finished
    except UsageError:
        return False


def planner_of(dataset: str, scale: Scale, *, device: str = "auto") -> Planner:
    """The commands for one of the named data sets; smoke has a small synthetic one of its own.

    Raises:
        UsageError: there is none of that name.
    """
    if dataset not in DATASETS:
        raise UsageError(f'no table has the data set "{dataset}"; known: {", ".join(DATASETS)}')
    if dataset != "synthetic":
        return Planner(Path("data") / dataset, (dataset, "--v64"), scale, device=device)
    name = "synthetic-smoke" if scale.smoke else "synthetic"
    return Planner(
        Path("data") / name,
        ("synthetic", "--clips", str(scale.clips), "--v64", "--name", name),
        scale,
        device=device,
    )
