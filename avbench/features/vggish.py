"""VGGish: sound embeddings of a network trained on YouTube's video labels, for FAD[vggish], the FAD of much literature.

The weights are those of torchvggish, converted from AudioSet's TensorFlow release (Apache-2.0).

Source: Hershey et al. 2017, "CNN Architectures for Large-Scale Audio Classification"; as a distance: Kilgour et al.
2019, "Fréchet Audio Distance".
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Self

import torch
from torch import Tensor, nn

from avbench.errors import DataError
from avbench.features.checkpoint import fill, load_published
from avbench.features.extractor import EXTRACTORS, Compute, Extractor, Forward, Switches
from avbench.features.log_mel_vggish import SAMPLE_RATE, LogMelPatches
from avbench.features.precision import full_precision

_CHANNELS = (64, 128, (256, 256), (512, 512))  # of the convolutions between two poolings
_EMBEDDING = 128


class VGGish(nn.Module):
    """Log-mel patches (B, 96, 64) to embeddings (B, 128), before the last rectification.

    torchvggish rectifies the embedding once more, which loses what is below zero; the TensorFlow release and the FAD
    tools after it don't.
    """

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        channels = 1
        for stage in _CHANNELS:
            for out in stage if isinstance(stage, tuple) else (stage,):
                layers += [nn.Conv2d(channels, out, 3, padding=1), nn.ReLU()]
                channels = out
            layers.append(nn.MaxPool2d(2))
        self.features = nn.Sequential(*layers)
        self.embeddings = nn.Sequential(
            nn.Linear(6 * 4 * channels, 4096), nn.ReLU(), nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, _EMBEDDING)
        )
        self.requires_grad_(False)

    @classmethod
    def from_published(cls, state_dict: Mapping[str, Tensor]) -> Self:
        """The network, in evaluation mode, from torchvggish's state dict.

        Raises:
            DataError: keys or shapes are those of another network.
        """
        with torch.device("meta"):  # 72 million numbers, about to be replaced
            network = cls()
        network = network.to_empty(device="cpu")
        fill(network, state_dict)
        return network.eval()

    def forward(self, patches: Tensor) -> Tensor:
        maps_BCTM = self.features(patches[:, None])
        # TensorFlow's order, in which the weights were trained: channels last.
        embeddings: Tensor = self.embeddings(maps_BCTM.permute(0, 2, 3, 1).flatten(1))
        return embeddings


class VGGishExtractor(Extractor):
    """128 features per window, the mean over its patches; named FAD[vggish].

    Tools that take every patch as a row of its own give other numbers.
    """

    name = "vggish"
    version = "1"
    modality = "audio"
    weights = "vggish"
    dimensions = _EMBEDDING
    sample_rate = SAMPLE_RATE

    def load(self, checkpoint: Path, compute: Compute, switches: Switches) -> Forward:
        network = load_published(checkpoint, VGGish.from_published).to(compute.device)
        patches_of = LogMelPatches().to(compute.device)

        def forward(waves: Tensor) -> Tensor:
            if waves.shape[-1] < patches_of.shortest:
                raise DataError(
                    f"the windows have {waves.shape[-1]} samples; VGGish needs {patches_of.shortest}, "
                    f"{patches_of.shortest / SAMPLE_RATE:.3g} s at 16 kHz; choose a protocol with longer windows"
                )
            with full_precision(compute.device):
                patches_BPTM = patches_of(waves[:, 0].to(compute.device))
                embeddings: Tensor = network(patches_BPTM.flatten(0, 1))
            return embeddings.reshape(len(waves), -1, _EMBEDDING).mean(dim=1).cpu()

        return forward


EXTRACTORS.register(VGGishExtractor.name)(VGGishExtractor())
