"""What decides a sample besides its number. It is kept with the samples, so that unlike ones never share a folder."""

from dataclasses import dataclass
from typing import Any, Literal

from avbench.clip import ClipSpec
from models.config import SamplingConfig
from models.model import Modality


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkSettings:
    """Which network, with which weights."""

    run: str  # its name
    model: str  # registered name
    step: int  # of the checkpoint
    weights_sha256: str  # of the weights themselves, wherever they lie


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionSettings:
    """What samples are made to fit, and how."""

    modality: Modality  # the given one
    clipset: str  # its name
    fingerprint: str
    split: str
    guidance: Literal["replace", "gradient"]
    scale: float  # of the gradient
    per_condition: int  # samples for each condition

    @property
    def name_parts(self) -> list[str]:
        """What they add to the name of a folder."""
        guided = [f"gradient{self.scale:g}"] if self.guidance == "gradient" else []
        many = [f"x{self.per_condition}"] if self.per_condition > 1 else []
        return ["a2v" if self.modality == "audio" else "v2a", self.clipset, *guided, *many]


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstStageSettings:
    """Which other run makes the sound that samples are made to fit, and how."""

    network: NetworkSettings
    sampling: SamplingConfig

    @property
    def modality(self) -> Modality:
        return "audio"

    @property
    def name_parts(self) -> list[str]:
        """What they add to the name of a folder."""
        return ["two-stage", self.network.run, f"step{self.network.step}"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSettings:
    """All that decides sample i of a set, for every i."""

    network: NetworkSettings
    spec: ClipSpec
    sampling: SamplingConfig
    seed: int
    as_published: bool  # files, and conditioning, as the released scripts have them
    condition: ConditionSettings | FirstStageSettings | None = None
    upsampler: NetworkSettings | None = None
    upsampler_steps: int = 0  # evaluations of the upsampler for each frame

    @property
    def set_name(self) -> str:
        """A folder's name that tells what commonly differs."""
        chosen = self.sampling.chooses_steps
        solver = self.sampling.solver if chosen else f"{self.sampling.solver}{self.sampling.steps}"
        parts = [solver, *self._candidates, f"seed{self.seed}", f"step{self.network.step}"]
        if self.condition is not None:
            parts = [*self.condition.name_parts, *parts]
        if self.as_published:
            parts.append("published")
        if self.upsampler is not None:
            parts.append(f"sr{self.spec.size}")
        return "-".join(parts)

    @property
    def meta(self) -> dict[str, Any]:
        """What every clip of the set has in its `meta`."""
        steps = {} if self.sampling.chooses_steps else {"steps": self.sampling.steps}
        return {"model": self.network.model, "seed": self.seed} | steps

    @property
    def _candidates(self) -> list[str]:
        top_k, top_p = self.sampling.top_k, self.sampling.top_p
        return ([] if top_k is None else [f"k{top_k}"]) + ([] if top_p is None else [f"p{top_p:g}"])
