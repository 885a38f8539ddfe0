"""Measures: metrics as the study asks them, and what it takes for one to see a corruption."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from avbench.features.network import Network
from avbench.features.suites import metric_label
from avbench.metrics.alignment import motion_onset
from avbench.metrics.metric import METRICS, Metric
from avbench.sanity.bench import Rows
from avbench.sanity.signals import SIGNALS


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A metric, from the rows of the reference and of the judged windows to one number."""

    label: str
    better: Literal["lower", "higher"]
    weights_sha256: str  # "" where no network is behind it
    function: Callable[[Rows, Rows], float]

    def floor(self, clean: float, by_chance: Sequence[float]) -> float:
        """`clean` made worse by three standard deviations (ddof=1) of the values that chance alone gives."""
        return clean + self._towards_worse * 3 * float(np.std(by_chance, ddof=1))

    def judge(self, clean: float, floor: float, values: Sequence[float]) -> tuple[list[bool], str]:
        """Which of `values`, of rising strength, are beyond the floor, and the verdict on all of them.

        It is "blind" if none is beyond, "uneven" if from one strength to a higher one a value gets better again by
        more than chance does, that is by more than floor and clean differ, and "sees" otherwise.
        """
        damage = self._towards_worse * (np.array(values) - clean)
        chance = abs(floor - clean)
        beyond = damage > chance
        if not beyond.any():
            verdict = "blind"
        else:
            verdict = "uneven" if (np.maximum.accumulate(damage) - damage > chance).any() else "sees"
        return beyond.tolist(), verdict

    @property
    def _towards_worse(self) -> int:
        return 1 if self.better == "lower" else -1


def measures_on(networks: Mapping[str, Network]) -> list[Measure]:
    """All registered metrics on all `networks`, and alignment where there are its two signals."""
    measures = [
        _distance(METRICS[name], network)
        for network in networks.values()
        for name in METRICS
        if METRICS[name].modality == network.extractor.modality and network.extractor.name not in SIGNALS
    ]
    if networks.keys() >= SIGNALS:
        measures.append(Measure(label="motion-onset", better="higher", weights_sha256="", function=_alignment))
    return measures


def _distance(metric: Metric, network: Network) -> Measure:
    extractor = network.extractor

    def function(reference: Rows, judged: Rows) -> float:
        return metric.scale * metric.function(reference[extractor.name], judged[extractor.name])

    label = metric_label(metric.name, extractor)
    return Measure(label=label, better=metric.better, weights_sha256=network.weights_sha256, function=function)


def _alignment(reference: Rows, judged: Rows) -> float:
    return float(motion_onset(judged["motion"], judged["onsets"]).mean())
