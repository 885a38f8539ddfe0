"""TATS given sound, as a model: what makes pictures in the 2-stage pipeline of the paper's Table 5.

It stands on a trained `tats-vqgan` and a trained `tats-audio-vqgan`. Presets: as those of `tats`.
"""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar

import torch
from torch import Tensor, nn

from avbench.clip import ClipSpec
from avbench.errors import UsageError
from models.config import RunConfig
from models.draws import Draws
from models.model import Condition, Examples, Modality, OnStep, Preset, Tensors
from models.registry import MODELS
from models.tats.audio_vqgan_model import warn_of_the_feature
from models.tats.config import PAPER_AUDIO, TINY_AUDIO, TatsAudioConfig
from models.tats.model import Tats
from models.tats.network import TatsAudioNetwork, TatsNetwork

# Those of `tats`, which see for the sources: neither the paper nor the released code has other settings for this one.
# Here too, 64 pixels are ours (the released loader has 96), and so are 330,000 steps. Sound: the first channel of
# stereo, as for DiffWave, whose sound is to take its place. Memory is counted, not measured.
_PAPER = dataclasses.replace(
    Tats.presets["paper"],
    network=PAPER_AUDIO,
    training=dataclasses.replace(Tats.presets["paper"].training, channel="left"),
    fixed_gib=6.6,
    sample_gib=0.7,
)
_BASE = dataclasses.replace(_PAPER, training=dataclasses.replace(_PAPER.training, accumulation=2))
_RELEASED = dataclasses.replace(_PAPER, spec=ClipSpec(size=96), sample_gib=1.4)
_TINY = dataclasses.replace(Tats.presets["tiny"], network=TINY_AUDIO, sample_gib=0.04)


class TatsAudio(Tats):
    """Source: Ge et al. 2022, "Long Video Generation with Time-Agnostic VQGAN and Time-Sensitive Transformer"."""

    modalities: ClassVar[tuple[Modality, ...]] = ("video", "audio")
    network_config: ClassVar[type] = TatsAudioConfig
    presets: ClassVar[Mapping[str, Preset]] = MappingProxyType(
        {"paper": _PAPER, "base": _BASE, "released": _RELEASED, "tiny": _TINY}
    )
    first_stages: ClassVar[Mapping[str, str]] = MappingProxyType(
        {"vqgan": "tats-vqgan", "audio_vqgan": "tats-audio-vqgan"}
    )

    def use(self, run: str) -> str:
        return f"{super().use(run)} --from-audio CLIPSET"

    @property
    def conditions(self) -> tuple[Modality, ...]:
        return ("audio",)

    def stand_on(self, config: RunConfig, first_stages: Mapping[str, RunConfig]) -> RunConfig:
        """With both VQGANs' settings. Clips of the sound's may have been of another length: it is convolutional.

        Raises:
            UsageError: they were of another sample rate or other frames a second, at which sound looks otherwise.
        """
        learnt, wanted = first_stages["audio_vqgan"].spec, config.spec
        if (learnt.sample_rate, learnt.fps) != (wanted.sample_rate, wanted.fps):
            raise UsageError(
                f"the tats-audio-vqgan was trained on sound at {_rates(learnt)}, and {config.model} is to be trained "
                f"at {_rates(wanted)}; name another one with --first-stage RUN, or give --set "
                f"spec.sample_rate={learnt.sample_rate} --set spec.fps={learnt.fps}"
            )
        config = super().stand_on(config, first_stages)
        network = dataclasses.replace(config.network, audio_vqgan=first_stages["audio_vqgan"].network)
        return dataclasses.replace(config, network=network)

    def new_network(self, config: RunConfig) -> TatsNetwork:
        return TatsAudioNetwork(config.network, config.spec)

    def from_published(self, state_dict: Tensors, config: RunConfig) -> nn.Module:
        warn_of_the_feature()
        return super().from_published(state_dict, config)

    def generate(
        self,
        network: TatsNetwork,  # type: ignore[override]
        config: RunConfig,
        draws: Draws,
        *,
        condition: Condition | None = None,
        on_step: OnStep | None = None,
    ) -> dict[Modality, Tensor]:
        """Pictures to the sound that is given, and that sound."""
        if condition is None:
            raise UsageError(
                f"{config.model} makes pictures to sound; give it some with --from-audio CLIPSET, or let another run "
                "make it: `avbench sample --two-stage DIFFWAVE_RUN RUN`"
            )
        if condition.guidance != "replace":
            raise UsageError(f"{config.model} was trained on sound and needs no guidance; leave --guidance out")
        made = super().generate(network, config, draws, condition=condition, on_step=on_step)
        return {**made, "audio": condition.value}

    def preview(
        self, network: nn.Module, config: RunConfig, draws: Draws, examples: Examples
    ) -> Mapping[Modality, Tensor]:
        """Pictures to the sound of clips, always of the same ones."""
        assert isinstance(network, TatsNetwork)
        clips = [examples.read(member % len(examples), draws.shared("example", member)) for member in draws.members]
        sound = torch.stack([clip["audio"] for clip in clips]).to(network.transformer.pos_emb.device)
        given = Condition(modality="audio", value=sound, guidance="replace", scale=0.0, as_published=False)
        return self.generate(network, config, draws, condition=given)


def _rates(spec: ClipSpec) -> str:
    return f"{spec.sample_rate:,} Hz and {float(spec.fps):g} fps"


MODELS.register("tats-audio")(TatsAudio())
