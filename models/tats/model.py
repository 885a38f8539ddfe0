"""TATS-base as a model: video alone, row 3 of the paper's Tables 1 and 2. It stands on a trained `tats-vqgan`.

Presets: as those of `tats-vqgan`.
"""

import dataclasses
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, ClassVar

import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from avbench.clip import ClipSpec
from avbench.clipset import ClipSet
from models.clip_examples import ClipExamples
from models.config import RunConfig, SamplingConfig, Solver, TrainingConfig
from models.draws import Draws
from models.model import Condition, Examples, Losses, Modality, Model, OnStep, Preset, Tensors
from models.registry import MODELS
from models.tats.config import PAPER, TINY, TatsConfig
from models.tats.network import TatsNetwork
from models.tats.published import published_weights, tats_weights

# As in the released code (songweige/TATS at 03bbce1): 24 layers, 16 heads, width 1,024, no dropout; batches of 3 on
# each of 8 GPUs, which are 24; AdamW with betas 0.9 and 0.95, and decay 0.01 of matrices, at 4.5e-6 * 8 * 3 = 1.08e-4,
# without clipping, schedule or average of weights. Sampling: its scripts' defaults, the 2,048 likeliest tokens, and of
# these the likeliest that hold 0.92.
# Ours: 64 pixels, so 256 tokens, where the published networks have 1,024; 330,000 steps, those of the published network
# for skies, the set most like landscapes (the command allows 2,000,000). TATS overfits sets of some thousand clips:
# choose among the checkpoints by FVD.
# Memory is counted, not measured: 20 bytes for each of 336 million parameters, and what a clip keeps for its gradients.
_PAPER = Preset(
    spec=ClipSpec(),
    network=PAPER,
    training=TrainingConfig(steps=330_000, batch_size=24, learning_rate=1.08e-4, weight_decay=0.01, ema_decay=0.0),
    sampling=SamplingConfig(solver="tokens", top_k=2048, top_p=0.92),
    fixed_gib=6.5,
    sample_gib=0.5,
)
_BASE = dataclasses.replace(_PAPER, training=dataclasses.replace(_PAPER.training, accumulation=2))
_RELEASED = dataclasses.replace(_PAPER, spec=ClipSpec(size=128), sample_gib=2.0)
_TINY = Preset(
    spec=ClipSpec(size=16, sample_rate=4000),
    network=TINY,
    training=TrainingConfig(
        steps=1500,
        batch_size=16,
        learning_rate=1e-3,
        learning_rate_decay=0.5,
        weight_decay=0.01,
        ema_decay=0.0,
        preview_every=500,
        checkpoint_every=250,
    ),
    sampling=SamplingConfig(solver="tokens", top_p=0.92),
    fixed_gib=0.5,
    sample_gib=0.02,
)


class Tats(Model):
    """Source: Ge et al. 2022, "Long Video Generation with Time-Agnostic VQGAN and Time-Sensitive Transformer"."""

    modalities: ClassVar[tuple[Modality, ...]] = ("video",)
    network_config: ClassVar[type] = TatsConfig
    presets: ClassVar[Mapping[str, Preset]] = MappingProxyType(
        {"paper": _PAPER, "base": _BASE, "released": _RELEASED, "tiny": _TINY}
    )
    solvers: ClassVar[tuple[Solver, ...]] = ("tokens",)
    first_stages: ClassVar[Mapping[str, str]] = MappingProxyType({"vqgan": "tats-vqgan"})

    def stand_on(self, config: RunConfig, first_stages: Mapping[str, RunConfig]) -> RunConfig:
        """With the VQGAN's settings. Its clips may have been of another shape: it is convolutional."""
        return dataclasses.replace(
            config, network=dataclasses.replace(config.network, vqgan=first_stages["vqgan"].network)
        )

    def new_network(self, config: RunConfig) -> TatsNetwork:
        """The network, freshly initialised."""
        return TatsNetwork(config.network, config.spec)

    def build(self, config: RunConfig) -> nn.Module:
        network = self.new_network(config)
        network.transformer.activation_checkpointing = config.training.activation_checkpointing
        return network

    def published_weights(self, content: Any) -> Tensors:
        return super().published_weights(published_weights(content))

    def from_published(self, state_dict: Tensors, config: RunConfig) -> nn.Module:
        network = self.new_network(config)
        network.load_state_dict(tats_weights(state_dict, network))
        return network

    def examples(self, clipset: ClipSet, config: RunConfig) -> Examples:
        training = config.training
        return ClipExamples(
            clipset,
            config.spec,
            modalities=self.modalities,
            split=config.split,
            mirror=training.mirror,
            channel=training.channel,
        )

    def optimizers(self, network: TatsNetwork, config: RunConfig) -> Mapping[str, Optimizer]:
        """AdamW that decays the matrices of linear layers, and neither embeddings nor vectors."""
        transformer = network.transformer
        matrices = [module.weight for module in transformer.modules() if isinstance(module, nn.Linear)]
        chosen = {id(matrix) for matrix in matrices}
        others = [parameter for parameter in transformer.parameters() if id(parameter) not in chosen]
        groups = [
            {"params": matrices, "weight_decay": config.training.weight_decay},
            {"params": others, "weight_decay": 0.0},
        ]
        return {"network": AdamW(groups, lr=config.training.learning_rate, betas=(0.9, 0.95))}

    def losses(self, network: nn.Module, batch: Tensors, draws: Draws, config: RunConfig) -> Losses:
        """Cross entropy of a clip's tokens, in nats a token."""
        ids, logits = network(batch["video"], *(batch[modality] for modality in self.conditions))
        entropy = F.cross_entropy(logits.float().transpose(1, 2), ids, reduction="none")
        return Losses({"tokens": entropy.mean(1)})

    def generate(
        self,
        network: TatsNetwork,  # type: ignore[override]
        config: RunConfig,
        draws: Draws,
        *,
        condition: Condition | None = None,
        on_step: OnStep | None = None,
    ) -> dict[Modality, Tensor]:
        sampling, given = config.sampling, None if condition is None else condition.value
        uniform = draws.uniform("tokens", shape=(network.transformer.tokens,))
        return {"video": network.sample(uniform, given, top_k=sampling.top_k, top_p=sampling.top_p, on_step=on_step)}


MODELS.register("tats")(Tats())
