"""Measures: metrics as the study asks them, and what it takes for one to see a corruption."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from avbench.features.network import Network
from avbench.features.suites import metric_label
from avbench.metric_choice import PAIR, bound
from avbench.metrics.alignment import motion_onset
from avbench.metrics.memorisation import joint_space, nearest, nearest_of_other_sources, share_nearer
from avbench.metrics.metric import METRICS, Metric, SynchronyMetric
from avbench.protocol import Protocol
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


def measures_on(networks: Mapping[str, Network], protocol: Protocol, asked: Sequence[str] = ()) -> list[Measure]:
    """What can be asked on all `networks`: registered metrics (those of the names `asked`, where there are any),
    memorisation, and alignment where both signals are."""
    spaces = {name: network for name, network in networks.items() if not name.startswith(PAIR) and name not in SIGNALS}
    metrics = [METRICS[name] for name in asked or METRICS]
    measures = [
        _distance(metric, network)
        for network in spaces.values()
        for metric in metrics
        if isinstance(metric, Metric) and metric.modality == network.extractor.modality
    ]
    measures += [_memorisation((name,), [network.weights_sha256]) for name, network in spaces.items()]
    if len(spaces) == 2:
        video, audio = sorted(spaces, key=lambda name: spaces[name].extractor.modality, reverse=True)
        measures.append(_memorisation((video, audio), [spaces[name].weights_sha256 for name in (video, audio)]))
    for metric in metrics:
        if isinstance(metric, SynchronyMetric) and networks.keys() >= {PAIR + metric.sound, PAIR + metric.picture}:
            measures.append(_synchrony(metric, protocol, networks[PAIR + metric.sound].weights_sha256))
    if networks.keys() >= SIGNALS:
        measures.append(Measure(label="motion-onset", better="higher", weights_sha256="", function=_alignment))
    return measures


def _distance(metric: Metric, network: Network) -> Measure:
    extractor = network.extractor

    def function(reference: Rows, judged: Rows) -> float:
        return metric.scale * metric.function(reference[extractor.name], judged[extractor.name])

    label = metric_label(metric, extractor)
    return Measure(label=label, better=metric.better, weights_sha256=network.weights_sha256, function=function)


def _memorisation(names: tuple[str, ...], weights: Sequence[str]) -> Measure:
    """Whether the judged windows are copies of the reference's, in the space of one network or of two.

    Reference and judged windows are of the same videos, so the held-out baseline is each reference window against all
    others, not against those of other videos.
    """

    def function(reference: Rows, judged: Rows) -> float:
        stacked = [np.concatenate([reference[name], judged[name]]).astype(np.float64) for name in names]
        n = len(reference[names[0]])
        rows = joint_space(stacked[0], stacked[1], slice(0, n)) if len(stacked) == 2 else stacked[0]
        known, new = rows[:n], rows[n:]
        return share_nearer(nearest(known, new).distance, nearest_of_other_sources(known, np.arange(n)).distance)

    label = f"memorisation[{'+'.join(names)}]"
    return Measure(label=label, better="lower", weights_sha256="+".join(filter(None, weights)), function=function)


def _synchrony(metric: SynchronyMetric, protocol: Protocol, weights: str) -> Measure:
    of_two_sets = bound(metric, protocol)

    def function(reference: Rows, judged: Rows) -> float:
        rows = [
            np.concatenate([side[PAIR + metric.sound], side[PAIR + metric.picture]], axis=1)
            for side in (reference, judged)
        ]
        return of_two_sets.scale * of_two_sets.function(rows[0], rows[1])

    return Measure(label=metric.label, better=metric.better, weights_sha256=weights, function=function)


def _alignment(reference: Rows, judged: Rows) -> float:
    return float(motion_onset(judged["motion"], judged["onsets"]).mean())
