"""The training loop of all models: resume; then step, report, save and preview, until the last step.

A step is one update or several, the model's phases, all on the same batch. It is a function of the weights, the seed
and its number: batch, noise, timesteps and shifts come from named streams (`models.draws`), dropout from torch's
generator, which is seeded anew for each step. So a checkpoint needs no random state and no data position, and a run
that was killed and resumed goes the same way, on a CPU to the last bit.
"""

import contextlib
import logging
import time
from collections.abc import Iterator

import torch
from accelerate import Accelerator
from torch import Tensor

from avbench.errors import AvbenchError, MachineError, UsageError
from avbench.progress import Progress, silent
from avbench.seeds import stream
from models.checkpoint import Checkpoint, load_newest, remove_older, save_checkpoint
from models.draws import Draws
from models.model import Losses, Phase
from models.run import Run
from models.training.batches import Batches
from models.training.device import used_gib
from models.training.health import check_finite, check_loss_scale
from models.training.interrupt import StopWish, stop_wishes
from models.training.job import Job
from models.training.metrics import MACHINE, Means, MetricsFile
from models.training.preview import SAMPLES, write_preview
from models.training.state import TrainingState, new_accelerator

logger = logging.getLogger(__name__)


def train_job(run: Run, job: Job, *, workers: int = 0, force: bool = False, progress: Progress = silent) -> None:
    """Trains a run from its newest checkpoint, if any, to its last step.

    The run's folder gets `checkpoints/`, `metrics.csv`, `tensorboard/` and `previews/`. Call it while holding the
    folder's lock, in every process.

    Args:
        job: made of the run's settings.
        workers: processes that read clips ahead of each training process; 0: none. They change no result.
        force: go on even if the data set has changed.
        progress: told how many steps are done.

    Raises:
        KeyboardInterrupt: Ctrl-C or SIGTERM; the step under way was finished and saved.
        DivergenceError: loss, gradients or loss scale left what can be computed with. The last checkpoint is good.
        DataError: a clip cannot be read, or no checkpoint can.
        UsageError: the data set is another one than before, or the device has no such precision.
        MachineError: the disk or the memory is full. The last checkpoint is good.
    """
    accelerator = new_accelerator(job.config.training)
    training = Training(run, job, accelerator, workers=workers, progress=progress)
    first = training.resume(force=force) + 1
    with stop_wishes() as wish:
        training.run(first, wish)


class Training:
    """One run in one process, from `resume` to the end of `run`."""

    def __init__(self, run: Run, job: Job, accelerator: Accelerator, *, workers: int, progress: Progress) -> None:
        self._run = run
        self._job = job
        self._config = job.config
        self._accelerator = accelerator
        self._progress = progress
        self._first_process = accelerator.is_main_process
        optimizers = job.model.optimizers(job.network, job.config)
        self._several = len(optimizers) > 1
        self._state = TrainingState(
            job.network,
            optimizers,
            job.config.training,
            accelerator,
            averaged=job.model.averaged(job.network),
        )
        self._batches = Batches(
            job.examples,
            seed=job.config.seed,
            share=job.share,
            workers=workers,
            pin_memory=accelerator.device.type == "cuda",
        )
        self._means = Means()
        self._seconds, self._samples = 0.0, 0  # of the steps since the last row of metrics

    def resume(self, *, force: bool) -> int:
        """Goes back to where the newest checkpoint was made.

        Returns:
            The steps done, 0 where there is no checkpoint.
        """
        checkpoint = load_newest(self._run)
        if checkpoint is None:
            return 0
        data = checkpoint.training.get("data", self._job.fingerprint)
        if data != self._job.fingerprint and not force:
            raise UsageError(
                f"{self._config.data} has changed since {self._run.path} was trained on it; put the clip set back, "
                "start another run, or go on with the new one by --force"
            )
        self._state.restore(checkpoint)
        self._means.load_state_dict(checkpoint.training.get("means", {}))
        return checkpoint.step

    def run(self, first: int, wish: StopWish) -> None:
        """Makes steps `first` to the last one."""
        settings, last = self._config.training, self._config.training.steps
        with self._metrics(first - 1) as metrics:
            began = time.perf_counter()
            for step, micro_batches in self._batches.steps(first, last):
                stopping = self._step(step, micro_batches, wish)
                self._seconds += time.perf_counter() - began
                self._samples += settings.batch_size
                if step % settings.log_every == 0 or step == last:
                    self._report(step, metrics)
                if step % settings.checkpoint_every == 0 or step == last or stopping:
                    self._save(step, metrics)
                if step % settings.preview_every == 0 or step == last:
                    self._preview(step)
                self._progress("training", step, last)
                if stopping:
                    raise KeyboardInterrupt
                began = time.perf_counter()

    def _step(self, step: int, micro_batches: list[dict[str, Tensor]], wish: StopWish) -> bool:
        """One step. Returns whether some process is to stop."""
        rank = self._job.share.rank
        torch.manual_seed(int(stream(self._config.seed, "train", step, "torch", rank).integers(2**63)))
        updated = stopping = False
        with _memory_errors(self._run):
            self._state.begin_step()
            for phase in self._job.model.phases(self._config, step):
                losses, wished = self._from_all(self._gradients(phase, step, micro_batches), wish)
                updated |= self._update(phase, step, losses)
                stopping |= wished
            if updated:
                self._state.ema.update()
        return stopping

    def _gradients(self, phase: Phase, step: int, micro_batches: list[dict[str, Tensor]]) -> Losses:
        """The gradients of a phase, and this process's losses, each (N,)."""
        device, share = self._accelerator.device, self._job.share
        computed = []
        self._train_mode()
        with self._state.phase(phase.optimizer):
            for micro, batch in enumerate(micro_batches):
                draws = Draws(self._config.seed, "train", step, members=share.positions(micro), device=device)
                batch = {name: tensor.to(device, non_blocking=True) for name, tensor in batch.items()}
                with self._state.micro_batch(last=micro == len(micro_batches) - 1):
                    losses = phase.losses(self._state.network, batch, draws, self._config)
                    total = torch.stack(list(losses.parts.values())).sum()
                    # Gradients add up over micro-batches and are averaged over processes: the mean of the batch.
                    self._state.backward(total * (share.processes / share.batch_size))
                computed.append(losses)
        return _joined(computed)

    def _train_mode(self) -> None:
        self._state.network.train()
        for part in self._job.first_stages:
            part.eval()

    def _from_all(self, losses: Losses, wish: StopWish) -> tuple[Losses, bool]:
        """Losses of all processes, on the CPU, and whether one of them is to stop: in one message."""
        level = [] if losses.noise_level is None else [losses.noise_level]
        columns = [*losses.parts.values(), *losses.observed.values(), *level]
        wishes = torch.full_like(columns[0], float(wish.made), dtype=torch.float32)
        table = torch.stack([column.float() for column in (*columns, wishes)], dim=1)
        *gathered, wishes = self._accelerator.gather(table).cpu().unbind(dim=1)
        values = iter(gathered)
        parts, observed = ({name: next(values) for name in names} for names in (losses.parts, losses.observed))
        return Losses(parts, next(values, None), observed), bool(wishes.any())

    def _update(self, phase: Phase, step: int, losses: Losses) -> bool:
        """Changes the weights by the gradients of a phase. Returns whether it did."""
        norm = self._state.gradient_norm(phase.optimizer)
        if self._state.loss_scale is None:
            check_finite(self._run, step, {name: float(part.mean()) for name, part in losses.parts.items()}, norm)
        updated = self._state.update(phase.optimizer, self._config.training.rate_at(step))
        if self._state.loss_scale is not None:
            check_loss_scale(self._run, step, self._state.loss_scale)
        self._means.add_losses(phase.name, losses.parts, losses.noise_level)
        for name, values in losses.observed.items():
            self._means.add(name, values)
        self._means.add(self._column(phase.name, "gradient_norm"), torch.tensor([norm]))
        self._means.add("skipped", torch.tensor([0.0 if updated else 1.0]))
        return updated

    def _column(self, owner: str, what: str) -> str:
        """What a number of a phase or an optimiser is logged under: it is named after it, where there are several."""
        return f"{owner}_{what}" if self._several else what

    def _report(self, step: int, metrics: MetricsFile | None) -> None:
        """Writes the means since the last row."""
        state = self._state
        rates = {self._column(name, "learning_rate"): rate for name, rate in state.learning_rates.items()}
        row: dict[str, float | None] = self._means.take() | {
            "loss_scale": state.loss_scale,
            **rates,
            "ema_decay": state.ema.decay,
            "ema_distance": state.ema.distance(),
            **dict(zip(MACHINE, (self._samples / self._seconds, used_gib()), strict=True)),
        }
        self._seconds, self._samples = 0.0, 0
        if metrics is not None:
            metrics.write(step, row)
            phases = [phase.name for phase in self._job.model.phases(self._config, step)]
            names = [*phases, *(self._column(name, "gradient_norm") for name in phases)]
            told = [f"{name} {row[name]:.4g}" for name in names if row[name] is not None]
            logger.info("step %d: %s", step, ", ".join(told))

    def _preview(self, step: int) -> None:
        """Writes samples of the averaged network, always from the same noise. A failure does not end the training."""
        draws = Draws(self._config.seed, "preview", members=range(SAMPLES), device=self._accelerator.device)
        try:
            # All processes go through the network, since each may hold only a shard of it.
            with self._state.ema.applied(), torch.no_grad():
                self._state.network.eval()
                samples = self._job.model.preview(self._state.network, self._config, draws, self._job.examples)
            if self._first_process:
                write_preview(self._run.path / "previews" / f"{step:08d}", samples, self._config.spec)
        except AvbenchError as error:
            logger.warning("there is no preview of step %d: %s", step, error)

    def _save(self, step: int, metrics: MetricsFile | None) -> None:
        """Writes a checkpoint and removes old ones."""
        gathered = self._state.gather()
        if metrics is None:
            return
        metrics.sync()
        gathered["training"] |= {"means": self._means.state_dict(), "data": self._job.fingerprint}
        save_checkpoint(self._run, Checkpoint(model=self._config.model, step=step, **gathered))
        remove_older(self._run, self._config.training.keep_checkpoints)

    @contextlib.contextmanager
    def _metrics(self, after: int) -> Iterator[MetricsFile | None]:
        """The metrics, in the process that writes."""
        if not self._first_process:
            yield None
            return
        metrics = MetricsFile(self._run.metrics_file, after=after)
        try:
            yield metrics
        finally:
            metrics.close()


def _joined(losses: list[Losses]) -> Losses:
    """Losses of several micro-batches as those of one, without their graphs."""
    first = losses[0]
    parts = {name: torch.cat([each.parts[name].detach() for each in losses]) for name in first.parts}
    observed = {name: torch.cat([each.observed[name].detach() for each in losses]) for name in first.observed}
    levels = [each.noise_level for each in losses if each.noise_level is not None]
    return Losses(parts, torch.cat(levels) if levels else None, observed)


@contextlib.contextmanager
def _memory_errors(run: Run) -> Iterator[None]:
    """Turns torch's ways to say that memory is full into a `MachineError` that says what to do."""
    try:
        yield
    except RuntimeError as error:
        # A CPU's allocator has no error class of its own.
        if not isinstance(error, torch.OutOfMemoryError) and "not enough memory" not in str(error):
            raise
        raise MachineError(
            f"{run.path}: out of memory; go on with `avbench train --resume {run.name} --force` and "
            f"--set training.accumulation={2 * run.config.training.accumulation} or "
            "--set training.activation_checkpointing=true"
        ) from error
