"""The bench of a study: the windows of a clip set, half of them to be corrupted, and what rows are taken from them."""

import dataclasses
import logging
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from avbench import workspace
from avbench.clipset import ClipRecord, ClipSet, open_clipset
from avbench.config import EvaluateConfig
from avbench.draws import Draw, draw
from avbench.errors import DataError
from avbench.features.extract import Extraction, Streaming, Transform
from avbench.features.extractor import Compute, Extractor, Switches
from avbench.features.network import Network
from avbench.features.suites import extractors_of
from avbench.metric_choice import PAIR, pair_extractors
from avbench.metrics.metric import METRICS, SynchronyMetric
from avbench.progress import silent
from avbench.ranks import Ranks
from avbench.sanity.config import SanityConfig
from avbench.sanity.corruptions import Corruption
from avbench.sanity.pairing import shuffled_partners
from avbench.sanity.sets import windows_taking_part
from avbench.sanity.signals import Motion, Onsets
from avbench.seeds import stream
from avbench.windows import Window, candidates

logger = logging.getLogger(__name__)

Rows = Mapping[str, NDArray[np.float32]]  # (N, D) of a set of windows, by the name of a network


class Bench:
    """Two sets of N windows: the reference, which stays clean, and the judged, which are corrupted.

    Raises:
        UsageError: the clip set or an extractor does not exist.
        MissingError: weights are missing and cannot be fetched.
        DataError: there are fewer than 4 windows that have what the extractors take.
    """

    def __init__(self, config: SanityConfig) -> None:
        self._config = config
        self._clipset = open_clipset(config.clipset)
        self._streaming = _streaming(config)
        extractors = _extractors(self._clipset, config)
        switches = config.protocol.switches
        self.networks = {extractor.name: self._network(extractor, switches) for extractor in extractors}
        self.modalities = {extractor.modality for extractor in extractors}
        # As in an evaluation, what judges single clips is in evaluation mode under every protocol.
        self.networks |= {
            PAIR + one.name: self._network(one, Switches()) for one in _pair_extractors(extractors, config.metrics)
        }
        reference, judged = self._halves()
        self.windows = reference.size
        self._judged = judged
        self.reference: Rows = {name: self._rows(name, reference) for name in self.networks}
        self.clean: Rows = {name: self._rows(name, judged) for name in self.networks}

    def corrupted(self, corruption: Corruption, strength: float) -> Rows:
        """Rows of the judged windows with a corruption."""
        rows = dict(self.clean)
        for name, network in self.networks.items():
            extractor = network.extractor
            if extractor.modality == corruption.modality:
                rate = extractor.sample_rate or float(self._config.protocol.fps)
                rows[name] = self._rows(name, self._judged, corruption.at(strength, rate=rate, seed=self._config.seed))
        return rows

    def shuffled(self, strength: float) -> Rows:
        """Rows of the judged windows, in which a share of them has changed sounds with one another."""
        partners = shuffled_partners(self.windows, strength, stream(self._config.seed, "sanity", "pairs"))
        return {
            name: rows[partners] if self.networks[name].extractor.modality == "audio" else rows
            for name, rows in self.clean.items()
        }

    def _rows(self, name: str, drawn: Draw, transform: Transform | None = None) -> NDArray[np.float32]:
        network = self.networks[name]
        extraction = Extraction(self._clipset, network, self._config.protocol, self._streaming, transform)
        if network.sees_the_batch:
            return extraction.rows_in_batches(drawn.batches)[: drawn.size]
        return extraction.rows(drawn.windows)

    def copied(self, strength: float) -> Rows:
        """Rows of the judged windows, a share of which are windows of the reference."""
        taken = windows_taking_part(self.windows, strength, stream(self._config.seed, "sanity", "copying"))
        return {name: _replaced(rows, taken, self.reference[name][taken]) for name, rows in self.clean.items()}

    def collapsed(self, strength: float) -> Rows:
        """Rows of the judged windows, a share of which are all one and the same."""
        taken = windows_taking_part(self.windows, strength, stream(self._config.seed, "sanity", "collapse"))
        return {name: _replaced(rows, taken, rows[taken[:1]]) for name, rows in self.clean.items()}

    def _network(self, extractor: Extractor, switches: Switches) -> Network:
        return Network(
            extractor,
            Compute(device=self._streaming.device),
            switches,
            self._config.weights,
            self._config.offline or workspace.offline(),
        )

    def _halves(self) -> tuple[Draw, Draw]:
        """The reference and the judged windows: disjoint, but of the same videos, and equally many."""
        protocol = dataclasses.replace(self._config.protocol, short_sets="shrink")
        both = protocol.with_samples(2 * protocol.samples)
        windows = draw(self._usable_windows(), both, stream(self._config.seed, "sanity", "windows")).windows
        n = len(windows) // 2
        reference, judged = (
            draw(half, protocol, stream(self._config.seed, "sanity", "batches"))
            for half in (windows[:n], windows[n : 2 * n])
        )
        return reference, judged

    def _usable_windows(self) -> list[Window]:
        """Windows of clips that have both picture and sound, if both are looked at."""

        def usable(record: ClipRecord) -> bool:
            has = {"video": record.has_video, "audio": record.has_audio}
            return all(has[modality] for modality in self.modalities)

        records = self._clipset.records
        windows = candidates(self._clipset, self._config.protocol)
        chosen = [window for window in windows if usable(records[window.clip])]
        if left_out := sum(not usable(record) for record in records):
            logger.warning("%s: %d clips lack picture or sound and are left out", self._config.clipset, left_out)
        if len(chosen) < 4:
            raise DataError(
                f"{self._config.clipset}: {len(chosen)} window(s) of {float(self._config.protocol.seconds):g} s have "
                f"{' and '.join(sorted(self.modalities))}; the study needs at least 4, for two sets of 2"
            )
        return chosen


def _replaced(rows: NDArray[np.float32], taken: NDArray[np.int64], others: NDArray[np.float32]) -> NDArray[np.float32]:
    changed = rows.copy()
    changed[taken] = others
    return changed


def _pair_extractors(extractors: Sequence[Extractor], asked: Sequence[str]) -> list[Extractor]:
    """What the metrics of synchrony that are asked hear and see, of a set with both: those without weights, and those
    of networks that the features name."""
    if len({extractor.modality for extractor in extractors}) < 2:
        return []
    weights = {extractor.weights for extractor in extractors} | {""}
    metrics = [METRICS[name] for name in asked or METRICS]
    pairs = [pair_extractors(metric) for metric in metrics if isinstance(metric, SynchronyMetric)]
    wanted = [one for pair in pairs if all(one.weights in weights for one in pair) for one in pair]
    return list({one.name: one for one in wanted}.values())


def _extractors(clipset: ClipSet, config: SanityConfig) -> list[Extractor]:
    """The extractors whose modality the set has, and where it has both, the signals that alignment takes."""
    has = {
        "video": any(record.has_video for record in clipset.records),
        "audio": any(record.has_audio for record in clipset.records),
    }
    chosen = [extractor for modality, extractor in extractors_of(config.features).items() if has[modality]]
    if not chosen:
        raise DataError(f"{config.clipset}: it has neither picture nor sound that --features {config.features} takes")
    return [*chosen, Motion(), Onsets(config.protocol.frames)] if all(has.values()) else chosen


def _streaming(config: SanityConfig) -> Streaming:
    settings = EvaluateConfig(
        reference=config.clipset,
        generated=config.clipset,
        protocol=config.protocol,
        device=config.device,
        batch_size=config.batch_size,
        workers=config.workers,
    )
    return Streaming.for_config(settings, Ranks(), silent)
