"""Streaming extraction: windows of a clip set in, feature rows out, by way of the cache.

Memory does not grow with the number of clips: besides the network, at most 2 x workers + 2 batches of windows and
`_ROUND` x batch size rows are held, and the rows that a metric asks for.

Which windows share a batch follows from what was planned alone, never from what happens to be cached or from the
number of processes. A batch's rows are stored all at once, so an interrupted extraction goes on to the same bytes.
"""

import hashlib
import threading
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol as Interface

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from avbench.clipset import ClipSet
from avbench.config import EvaluateConfig
from avbench.features.cache import FeatureCache
from avbench.features.network import Network
from avbench.progress import Progress, silent
from avbench.protocol import Protocol
from avbench.ranks import Ranks
from avbench.windows import Window, WindowReader, effective_channel, effective_fit

_CPU_BATCH, _GPU_BATCH = 4, 32  # a CPU gains nothing by more
_ROUND = 16  # batches that each process computes before their rows are stored

Batch = tuple[Window, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Streaming:
    """How extraction runs; none of it changes what is computed (beyond the last bits, for device and batch size)."""

    ranks: Ranks
    device: torch.device
    batch_size: int
    workers: int  # threads that decode
    progress: Progress = silent

    @classmethod
    def for_config(cls, config: EvaluateConfig, ranks: Ranks, progress: Progress) -> "Streaming":
        """What `config` asks for, and where it leaves it open, what suits the machine."""
        device = ranks.device(config.device)
        size = config.batch_size or (_CPU_BATCH if device.type == "cpu" else _GPU_BATCH)
        return cls(ranks=ranks, device=device, batch_size=size, workers=config.workers, progress=progress)


class Transform(Interface):
    """What the sanity study does to windows before the network sees them."""

    @property
    def identity(self) -> str:
        """Text that names what is done."""
        ...

    def __call__(self, window: Tensor, name: str) -> Tensor:
        """The transformed picture (3, T, S, S) or sound (1, S); `name` seeds its randomness."""
        ...


class Extraction:
    """Features of one clip set's windows by one network under one protocol."""

    def __init__(
        self,
        clipset: ClipSet,
        network: Network,
        protocol: Protocol,
        streaming: Streaming,
        transform: Transform | None = None,
    ) -> None:
        self._clipset = clipset
        self._network = network
        self._protocol = protocol
        self._streaming = streaming
        self._transform = transform
        self._cache = FeatureCache(self.identity) if streaming.ranks.first else None
        self._batch_of: dict[Window, Batch] = {}
        self._asked: set[str] = set()
        self._local = threading.local()

    @property
    def identity(self) -> str:
        """Everything besides the windows' content that decides the rows."""
        extractor = self._network.extractor
        if extractor.modality == "video":
            seen = self._protocol.video_input(effective_fit(self._clipset, self._protocol))
        else:
            channel = effective_channel(self._clipset, self._protocol)
            seen = self._protocol.audio_input(channel, extractor.sample_rate)
        parts = [self._network.identity, f"{self._clipset.kind} {seen}"]
        return " | ".join(parts + ([self._transform.identity] if self._transform else []))

    def plan(self, windows: Iterable[Window]) -> None:
        """Fixes the batches of windows that were not planned before."""
        fresh = sorted(set(windows) - self._batch_of.keys())
        for begin in range(0, len(fresh), self._streaming.batch_size):
            batch = tuple(fresh[begin : begin + self._streaming.batch_size])
            self._batch_of.update(dict.fromkeys(batch, batch))
        self._network.expect(len(fresh))

    def rows(self, windows: Sequence[Window]) -> NDArray[np.float32]:
        """Features (N, D) of `windows`, in order; in processes other than the first, no rows."""
        self.plan(windows)
        contents = {window: self._content(window) for window in set(windows)}
        missing = self._missing(contents.values())
        todo = dict.fromkeys(self._batch_of[window] for window in sorted(contents) if contents[window] in missing)
        for batch, rows in self._compute(list(todo)):
            self._store({self._content(window): row[None] for window, row in zip(batch, rows, strict=True)})
        if self._cache is None:
            return np.empty((0, self._network.extractor.dimensions), np.float32)
        found = self._cache.get(list(contents.values()))
        return np.concatenate([found[contents[window]] for window in windows])

    def rows_in_batches(self, batches: Sequence[Batch]) -> NDArray[np.float32]:
        """Features of the windows of `batches`, in order, by an extractor that sees its batch."""
        contents = {batch: self._batch_content(batch) for batch in batches}
        missing = self._missing(contents.values())
        for batch, rows in self._compute([batch for batch in contents if contents[batch] in missing]):
            self._store({contents[batch]: rows})
        if self._cache is None:
            return np.empty((0, self._network.extractor.dimensions), np.float32)
        found = self._cache.get(list(contents.values()))
        return np.concatenate([found[contents[batch]] for batch in batches])

    def computed_anew(self, batches: Sequence[Batch]) -> NDArray[np.float32]:
        """Features of the windows of `batches`, in order, whatever the cache holds; nothing is stored."""
        return np.concatenate([rows for _, rows in self._compute(list(batches))])

    def stored(self) -> dict[str, NDArray[np.float32]]:
        """All rows, by content, that the cache holds of what was asked for; in the first process only."""
        return self._cache.get(sorted(self._asked)) if self._cache else {}

    def _missing(self, contents: Collection[str]) -> set[str]:
        self._asked.update(contents)
        return self._streaming.ranks.from_first(self._cache.missing(contents) if self._cache else set())

    def _store(self, rows: dict[str, NDArray[np.float32]]) -> None:
        if self._cache is not None:
            self._cache.put(rows)

    def _content(self, window: Window) -> str:
        return f"{self._clipset.records[window.clip].sha256}@{window.start}"

    def _batch_content(self, batch: Batch) -> str:
        return "batch " + hashlib.sha256("\n".join(map(self._content, batch)).encode()).hexdigest()

    def _compute(self, batches: list[Batch]) -> Iterator[tuple[Batch, NDArray[np.float32]]]:
        """The rows of `batches`, shared out over the processes; they come in the same order in all of them."""
        if not batches:
            return
        self._clipset.media(batches[0][0].clip)  # a set without its clips fails here, before weights are fetched
        ranks = self._streaming.ranks
        self._network.load(ranks, self._streaming.progress)
        what, done, total = f"{self._network.extractor.name} of {self._clipset.name}", 0, sum(map(len, batches))
        self._streaming.progress(what, done, total)
        mine = self._forwarded(batches[ranks.index :: ranks.count])
        for begin in range(0, len(batches), _ROUND * ranks.count):
            round_ = batches[begin : begin + _ROUND * ranks.count]
            computed = []
            for batch, rows in zip(round_[ranks.index :: ranks.count], mine, strict=False):
                computed.append((batch, rows))
                done += len(batch) * ranks.count  # the other processes are about as far
                self._streaming.progress(what, min(done, total), total)
            gathered = dict(ranks.from_all(computed))
            for batch in round_:
                yield batch, gathered[batch]

    def _forwarded(self, batches: Sequence[Batch]) -> Iterator[NDArray[np.float32]]:
        for inputs in self._read_ahead(batches):
            with torch.inference_mode():
                yield self._network.forward(inputs).numpy()

    def _read_ahead(self, batches: Sequence[Batch]) -> Iterator[Tensor]:
        """The inputs of `batches`, decoded by threads while the network computes."""
        if not batches:
            return
        waiting: deque[Future[Tensor]] = deque()
        with ThreadPoolExecutor(self._streaming.workers) as pool:
            try:
                for batch in batches:
                    waiting.append(pool.submit(self._read, batch))
                    if len(waiting) > 2 * self._streaming.workers:
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                pool.shutdown(cancel_futures=True)

    def _read(self, batch: Batch) -> Tensor:
        if not hasattr(self._local, "reader"):
            self._local.reader = WindowReader(self._clipset, self._protocol)
        reader: WindowReader = self._local.reader
        extractor = self._network.extractor
        inputs = []
        for window in batch:
            if extractor.modality == "video":
                seen = reader.video(window)
            else:
                seen = reader.audio(window, extractor.sample_rate)
            inputs.append(self._transform(seen, self._content(window)) if self._transform else seen)
        return torch.stack(inputs)
