"""From a command to the run that it means: a new one, or one to go on with, with all its settings."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from avbench.defaults import only_data_set
from avbench.errors import UsageError
from avbench.ranks import Ranks
from avbench.settings import changed, differences
from avbench.workspace import lock
from models.config import RunConfig
from models.registry import MODELS
from models.run import RUNS, Run, find_run, new_name
from models.training.device import default_preset
from models.training.first_stages import standing_on

DEFAULT_MODEL = "mm-diffusion"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What a user asks for; None and empty where it was left open."""

    model: str = ""
    data: Path | None = None
    preset: str = ""
    changes: Mapping[str, str] = field(default_factory=dict)  # dotted name -> text
    seed: int | None = None
    init: Path | None = None  # a run or a checkpoint whose weights are the first
    first_stages: tuple[str, ...] = ()  # runs whose networks are parts of this one, by name, folder or checkpoint
    name: str = ""
    resume: str | None = None  # a run's folder or name; "" for the newest unfinished one; None: not asked for
    force: bool = False  # go on although the settings have changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The run that is meant."""

    path: Path
    config: RunConfig
    exists: bool = False
    checkpoint: Path | None = None  # the newest

    @property
    def steps_done(self) -> int:
        return 0 if self.checkpoint is None else int(self.checkpoint.stem)

    @property
    def finished(self) -> bool:
        return self.checkpoint is not None and self.steps_done >= self.config.training.steps


def choose(request: Request) -> Choice:
    """Finds or names the run, and fills in what the request leaves open.

    Raises:
        UsageError: something does not exist, or a run has other settings than those asked for.
    """
    if request.resume is not None:
        stored = _existing(request.resume)
        return _going_on(stored, _changed_run(stored.config, request), request.force)
    if Path(request.name).name != request.name:
        raise UsageError(f'--name "{request.name}" is a path; runs lie in {RUNS}/')
    config = _new_config(request)
    if not request.name and (begun := _unfinished_like(config)):
        return _choice(begun, config)
    path = RUNS / (request.name or new_name(config))
    if (path / "config.toml").exists():
        return _going_on(Run(path), config, request.force)
    return Choice(path=path, config=config)


@contextlib.contextmanager
def opened(choice: Choice, ranks: Ranks) -> Iterator[Run]:
    """The run's folder with the chosen settings in it, held by the first process while the block runs.

    Raises:
        MachineError: another command is at work on it, or it cannot be written.
    """
    with lock(choice.path) if ranks.first else contextlib.nullcontext():
        if ranks.first:
            if choice.exists:
                choice.config.save(choice.path / "config.toml")
            else:
                Run.create(choice.path, choice.config)
        ranks.from_first(None)  # the others wait until the settings are there
        yield Run(choice.path)


def _new_config(request: Request) -> RunConfig:
    name = request.model or DEFAULT_MODEL
    model = MODELS[name]
    preset_name = request.preset or default_preset(model)
    if preset_name not in model.presets:
        raise UsageError(f'{name} has no preset "{preset_name}"; known: {", ".join(model.presets)}')
    preset = model.presets[preset_name]
    config = RunConfig(
        model=name,
        preset=preset_name,
        data=request.data or only_data_set("--data", with_clips=True),
        seed=request.seed or 0,
        init=request.init,
        spec=preset.spec,
        network=preset.network,
        training=preset.training,
        sampling=preset.sampling,
    )
    if request.first_stages or (model.first_stages and request.init is None):
        config = _on_first_stages(config, request)
    return _with_changes(config, request.changes)


def _changed_run(config: RunConfig, request: Request) -> RunConfig:
    """A run's settings, with what the request says otherwise."""
    if request.model and request.model != config.model:
        raise UsageError(f"the run trains {config.model}, not {request.model}; leave the model out")
    if request.preset and request.preset != config.preset:
        raise UsageError(f"the run has preset {config.preset}, not {request.preset}; change single settings with --set")
    config = replace(
        config,
        data=request.data or config.data,
        seed=config.seed if request.seed is None else request.seed,
        init=request.init or config.init,
    )
    if request.first_stages:
        config = _on_first_stages(config, request)
    return _with_changes(config, request.changes)


def _on_first_stages(config: RunConfig, request: Request) -> RunConfig:
    """Standing on other runs, which are to fit the shape of clips that is asked for."""
    shape = {name: text for name, text in request.changes.items() if name.startswith("spec.")}
    return standing_on(changed(config, shape), request.first_stages)


def _with_changes(config: RunConfig, changes: Mapping[str, str]) -> RunConfig:
    for name in ("model", "preset"):
        if name in changes:
            raise UsageError(f"--set {name}: the {name} is chosen by {'--preset' if name == 'preset' else 'its name'}")
    if "first_stages" in changes:
        raise UsageError("--set first_stages: choose them with --first-stage RUN")
    return changed(config, changes)


def _existing(named: str) -> Run:
    """The run that somebody named; the newest unfinished one for ""."""
    if named:
        run, checkpoint = find_run(named)
        if checkpoint is not None:
            raise UsageError(f"a run goes on from its newest checkpoint: --resume {run.path}, not {checkpoint}")
        return run
    if not (unfinished := _unfinished()):
        raise UsageError(f"there is no unfinished run in {RUNS}/; start one with `avbench train`")
    return unfinished[0]


def _unfinished() -> list[Run]:
    """The newest first."""
    runs = []
    for file in sorted(RUNS.glob("*/config.toml"), key=lambda config: _age(config.parent), reverse=True):
        with contextlib.suppress(UsageError):  # for example a model whose plug-in was not given
            runs.append(Run(file.parent))
    return [run for run in runs if not _choice(run, run.config).finished]


def _unfinished_like(config: RunConfig) -> Run | None:
    """A run of the same settings, that was interrupted: the same command means the same run."""
    return next((run for run in _unfinished() if not differences(run.config, config)), None)


def _age(run: Path) -> int:
    return max(path.stat().st_mtime_ns for path in (run / "config.toml", run / "metrics.csv") if path.exists())


def _going_on(run: Run, wanted: RunConfig, force: bool) -> Choice:
    if wanted.data.resolve() == run.config.data.resolve():
        wanted = replace(wanted, data=run.config.data)
    unlike = differences(run.config, wanted)
    if unlike and not force:
        raise UsageError(
            f"{run.path} was begun with other settings: {'; '.join(unlike)}. Leave them as they are, choose another "
            "--name, or go on with the new ones by --force"
        )
    return _choice(run, wanted)


def _choice(run: Run, config: RunConfig) -> Choice:
    return Choice(path=run.path, config=config, exists=True, checkpoint=next(reversed(run.checkpoints()), None))
