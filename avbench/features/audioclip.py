"""AudioCLIP's audio head (ESResNeXt-FBSP): the embeddings between which FAD is measured.

Source: Guzhov et al. 2022, "AudioCLIP: Extending CLIP to Image, Text and Audio". The published evaluation takes the
raw embedding, where the original AudioCLIP normalises it.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn

from avbench.errors import DataError
from avbench.features import fbsp
from avbench.features.checkpoint import fill, load_published
from avbench.features.esresnext import FEATURES, GatedResNeXt
from avbench.features.extractor import EXTRACTORS, Compute, Extractor, Forward, Switches
from avbench.features.precision import full_precision

_PREFIX = "audio."
_DIMENSIONS = 1024


class AudioCLIPAudio(nn.Module):
    """Waveform at 44.1 kHz, in the range of 16-bit integers, to a raw embedding.

    In evaluation mode it runs exact rewrites of the published network (one wavelet matrix per weights, normalisations
    multiplied into convolutions); in training mode it normalises by the statistics of the batch, as the published
    evaluation does, and leaves the stored statistics alone. It measures and is not trained.

    Shape: float (B, 1, S) to float (B, 1024). [-1, 1] works too, as the published evaluation feeds it: see `_scale`.
    """

    window: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("window", torch.ones(fbsp.FRAME))
        self.fbsp = nn.ParameterDict(
            {
                "m": torch.zeros(fbsp.WAVELETS),
                "fb": torch.ones(fbsp.WAVELETS),
                "fc": torch.arange(fbsp.WAVELETS, dtype=torch.float32),
                "bias": torch.empty(0),  # the published file has it, empty
            }
        )
        self.trunk = GatedResNeXt()
        self.fc = nn.Linear(FEATURES, _DIMENSIONS)
        self.requires_grad_(False)
        self._derived: tuple[Tensor, GatedResNeXt] | None = None

    @classmethod
    def from_published(cls, state_dict: Mapping[str, Tensor]) -> Self:
        """The head, in evaluation mode, from `AudioCLIP-Full-Training.pt` or the part of it whose keys are `audio.*`.

        Raises:
            DataError: keys or shapes are those of another network, or a bandwidth is not positive.
        """
        own = {key.removeprefix(_PREFIX): value for key, value in state_dict.items() if key.startswith(_PREFIX)}
        if not own:
            raise DataError("no key starts with `audio.`: this is not a checkpoint of AudioCLIP with its audio head")
        head = cls()
        outside = ("window", "fbsp.", "fc.")
        fill(head, {key if key.startswith(outside) else f"trunk.{key}": value for key, value in own.items()})
        if not bool((head.fbsp["fb"] > 0).all()):
            raise DataError("audio.fbsp.fb holds bandwidths that are not positive; the wavelets need their square root")
        return head.eval()

    def forward(self, waveform: Tensor) -> Tensor:
        embedding: Tensor = self.fc(self.reduced(waveform))
        return embedding

    def reduced(self, waveform: Tensor) -> Tensor:
        """The input of the last linear map, (B, 2048)."""
        _, folded = self._rewrites()
        trunk = self.trunk if self.training else folded
        vectors: Tensor = trunk(self.power_db(waveform))
        return vectors

    def power_db(self, waveform: Tensor) -> Tensor:
        """The spectrogram that the trunk sees, in dB, (B, 3, 341, frames)."""
        wavelets, _ = self._rewrites()
        return fbsp.power_db(_scale(waveform[:, 0].float()), wavelets)

    def load_state_dict(self, *args: Any, **kwargs: Any) -> Any:
        self._derived = None
        return super().load_state_dict(*args, **kwargs)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        self._derived = None  # the weights go to another device
        moved: Self = super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        return moved

    def _rewrites(self) -> tuple[Tensor, GatedResNeXt]:
        """The wavelet matrix and the folded trunk, made of the weights once. In a tuple, no part of the state dict."""
        if self._derived is None:
            wavelets = fbsp.analysis_matrix(self.fbsp["m"], self.fbsp["fb"], self.fbsp["fc"], self.window)
            self._derived = wavelets, self.trunk.folded()
        return self._derived


class AudioCLIP(Extractor):
    """Raw embeddings of AudioCLIP's audio head: FAD as the multi-modal generation papers report it."""

    name = "audioclip"
    version = "1"
    modality = "audio"
    weights = "audioclip"
    dimensions = _DIMENSIONS
    sample_rate = 44100

    def load(self, checkpoint: Path, compute: Compute, switches: Switches) -> Forward:
        head = load_published(checkpoint, AudioCLIPAudio.from_published).to(compute.device)
        head.train(switches.batch_statistics)

        def forward(waves: Tensor) -> Tensor:
            if switches.batch_statistics and len(waves) < 2:
                raise DataError(
                    f"a batch of {len(waves)} clip has no statistics of its own, and this protocol normalises "
                    "AudioCLIP by those of each batch; evaluate a number of clips that leaves no batch of one"
                )
            with full_precision(compute.device):
                embeddings: Tensor = head(waves.to(compute.device) * switches.waveform_scale)
            return embeddings.cpu()

        return forward

    def identity(self, switches: Switches) -> str:
        statistics = "batch" if switches.batch_statistics else "stored"
        return f"{super().identity(switches)} waveform_scale={switches.waveform_scale:g} statistics={statistics}"

    def sees_the_batch(self, switches: Switches) -> bool:
        return switches.batch_statistics


EXTRACTORS.register(AudioCLIP.name)(AudioCLIP())


def _scale(waveform: Tensor) -> Tensor:
    """16-bit range to [-1, 1], in this order and in float32, which belong to the definition of the features.

    The published evaluation feeds [-1, 1] where this expects integers; only 641 distinct values are left then, and
    any other order or precision leaves other ones: in float64, embeddings move by a third of their spread.
    """
    return ((waveform + 32768) * 2) / 65535 - 1
