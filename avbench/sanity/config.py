"""The settings of a sanity study."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from avbench.protocol import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class SanityConfig:
    """What decides a study, and how it is computed."""

    clipset: Path  # clip set or folder of videos
    protocol: Protocol  # its `samples` windows are the reference, as many others are corrupted; none is repeated
    features: str = "published"  # a suite, or extractors by name
    metrics: tuple[str, ...] = ()  # registered names; () = all. Memorisation and motion-onset are always asked
    seed: int = 0
    weights: Mapping[str, Path] = field(default_factory=dict)  # files in place of the registry's, by name
    # None of the following changes what is computed.
    offline: bool = False
    device: str = "auto"
    batch_size: int = 0  # windows per forward pass; 0 = what suits the device
    workers: int = 1  # threads that decode
