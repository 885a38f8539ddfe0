"""The settings of an evaluation."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from avbench.errors import UsageError
from avbench.protocol import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateConfig:
    """What decides a score, and how it is computed."""

    reference: Path  # clip set or folder of videos
    generated: Path  # clip set or folder of videos
    protocol: Protocol
    features: str = "published"  # a suite, or extractors by name: "published", "embedded", "i3d_r50,aisfx"
    metrics: tuple[str, ...] = ()  # registered names; () = all that both sets carry
    runs: int = 6
    seed: int = 0
    method: str = ""  # name of the generated set in the tables; "" = its own
    weights: Mapping[str, Path] = field(default_factory=dict)  # files in place of the registry's, by name
    fresh_samples: bool = False  # run r takes generated windows rN ... rN + N - 1
    clip_scores: bool = False  # also AudioCLIP's audio-video score of each generated clip, into clips.parquet
    memorisation: bool = False  # also whether generated clips are copies of training clips
    max_failures: float = 0.0  # share of unreadable files in a folder that is put up with
    bfloat16: bool = False  # video network in bfloat16
    # None of the following changes what is computed.
    offline: bool = False
    device: str = "auto"  # "auto", "cpu", "cuda", ...
    batch_size: int = 0  # windows per forward pass; 0 = what suits the device
    workers: int = 1  # threads that decode
    resume: bool = True
    out: Path | None = None  # None = results/<reference>-vs-<generated>-<protocol>

    def __post_init__(self) -> None:
        for name, least in (("runs", 1), ("workers", 1), ("batch_size", 0)):
            if getattr(self, name) < least:
                raise UsageError(f"{name} is {getattr(self, name)}; it must be at least {least}")
