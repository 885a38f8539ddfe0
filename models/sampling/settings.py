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


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleSettings:
    """All that decides sample i of a set, for every i."""

    network: NetworkSettings
    spec: ClipSpec
    sampling: SamplingConfig
    seed: int
    as_published: bool  # files, and conditioning, as the released scripts have them
    condition: ConditionSettings | None = None
    upsampler: NetworkSettings | None = None
    upsampler_steps: int = 0  # evaluations of the upsampler for each frame

    @property
    def set_name(self) -> str:
        """A folder's name that tells what commonly differs."""
        chosen = self.sampling.chooses_steps
        solver = self.sampling.solver if chosen else f"{self.sampling.solver}{self.sampling.steps}"
        parts = [solver, *self._candidates, f"seed{self.seed}", f"step{self.network.step}"]
        if self.condition is not None:
            parts = [self._direction, self.condition.clipset, *self._guidance, *parts]
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

    @property
    def _direction(self) -> str:
        assert self.condition is not None
        return "a2v" if self.condition.modality == "audio" else "v2a"

    @property
    def _guidance(self) -> list[str]:
        assert self.condition is not None
        guided = self.condition.guidance == "gradient"
        many = [f"x{self.condition.per_condition}"] if self.condition.per_condition > 1 else []
        return ([f"gradient{self.condition.scale:g}"] if guided else []) + many
