"""aiSFX: sound embeddings whose weights travel in a Python package, for FAD[aisfx].

A convolutional network trained to name the categories of commercial sound-effect libraries. The weights are by
A. B. Ma and A. Lerch, CC BY 4.0.

Source: Ma & Lerch 2022, "Representation Learning for the Automatic Indexing of Sound Effects Libraries", ISMIR.
"""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from avbench.errors import DataError
from avbench.features.checkpoint import fill
from avbench.features.extractor import EXTRACTORS, Compute, Extractor, Forward, Switches
from avbench.features.precision import full_precision

_PREFIX = "embedding_net."  # the rest of the file are the classifiers of nine libraries
_SAMPLE_RATE = 44100
_BANDS = 96
_HOP = 1024
_SHORTEST = 7 * _HOP  # samples; fewer leave no step in time after three poolings
_LOUDEST = 9.457798957824707  # the largest value in the training data, before it was divided by this


class AiSFX(nn.Module):
    """Log-mel spectrogram to embedding: (B, T, 96), T >= 8, to (B, 512)."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_block1 = ConvBlock(1, 64)
        self.conv_block2 = ConvBlock(64, 128)
        self.conv_block3 = ConvBlock(128, 256)
        self.conv_block4 = ConvBlock(256, 512)
        self.requires_grad_(False)

    @classmethod
    def from_published(cls, state_dict: Mapping[str, Tensor]) -> Self:
        """The network, in evaluation mode, from the package's state dict.

        Raises:
            DataError: keys or shapes are those of another network.
        """
        own = {key.removeprefix(_PREFIX): value for key, value in state_dict.items() if key.startswith(_PREFIX)}
        network = cls()
        fill(network, own)
        return network.eval()

    def forward(self, spectrogram: Tensor) -> Tensor:
        x = spectrogram[:, None]
        for block in (self.conv_block1, self.conv_block2, self.conv_block3):
            x = F.max_pool2d(block(x), 2)
        maps_BDTM: Tensor = self.conv_block4(x)
        return maps_BDTM.mean(dim=3).amax(dim=2)


class ConvBlock(nn.Module):
    """Two 3x3 convolutions, each normalised and rectified. Shape: (B, C, T, M) to (B, C', T, M)."""

    def __init__(self, channels: int, out: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, out, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(out, out, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out)
        self.bn2 = nn.BatchNorm2d(out)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(x)))


class LogMel(nn.Module):
    """The network's input: waves (B, S) in [-1, 1] at 44.1 kHz to (B, 1 + S // 1024, 96), about 0 to 1.

    Power in HTK mel bands, each the weighted mean of its bins, as log10(1 + 10^4 power). Frames are centred, zeros
    before and after the wave; 1.6 s are 69 of them, fed as they are (training had blocks of 100).
    """

    def __init__(self) -> None:
        super().__init__()
        from torchaudio.transforms import MelSpectrogram  # takes a second to import

        self.mel = MelSpectrogram(
            sample_rate=_SAMPLE_RATE,
            n_fft=2048,
            hop_length=_HOP,
            n_mels=_BANDS,
            f_min=0.0,
            f_max=_SAMPLE_RATE / 2,
            mel_scale="htk",
            pad_mode="constant",
        )
        self.mel.mel_scale.fb /= self.mel.mel_scale.fb.sum(dim=0)

    def forward(self, waves: Tensor) -> Tensor:
        return torch.log10(1 + 1e4 * self.mel(waves)).mT / _LOUDEST


class AiSFXExtractor(Extractor):
    """512 features per window, named FAD[aisfx]: good for ranking, not comparable with published FAD."""

    name = "aisfx"
    version = "1"
    modality = "audio"
    weights = "aisfx"
    dimensions = 512
    sample_rate = _SAMPLE_RATE
    blind_to = "the sign of the wave; hardly sees what is lost above 16 kHz"

    def load(self, checkpoint: Path, compute: Compute, switches: Switches) -> Forward:
        try:
            network = AiSFX.from_published(read_checkpoint(checkpoint)).to(compute.device)
        except DataError as error:
            raise DataError(f"{checkpoint}: {error}") from error
        log_mel = LogMel().to(compute.device)

        def forward(waves: Tensor) -> Tensor:
            if waves.shape[-1] < _SHORTEST:
                raise DataError(
                    f"the windows have {waves.shape[-1]} samples; aiSFX needs {_SHORTEST}, "
                    f"{_SHORTEST / _SAMPLE_RATE:.2f} s at 44.1 kHz; choose a protocol with longer windows"
                )
            with full_precision(compute.device):
                embeddings: Tensor = network(log_mel(waves[:, 0].to(compute.device)))
            return embeddings.cpu()

        return forward


EXTRACTORS.register(AiSFXExtractor.name)(AiSFXExtractor())


def read_checkpoint(path: Path) -> Mapping[str, Tensor]:
    """The state dict in the package's file, a tuple (state dict, classes).

    Raises:
        DataError: the file is something else.
    """
    # The classes hold NumPy integers, so that tensors alone don't do. These types build numbers and nothing else.
    scalar: Any = np.int64().__reduce__()[0]  # called so in files of NumPy 1
    dtypes: list[Any] = [np.dtype, *(getattr(np.dtypes, name) for name in np.dtypes.__all__)]
    try:
        with torch.serialization.safe_globals([(scalar, "numpy.core.multiarray.scalar"), *dtypes]):
            content = torch.load(path, map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError) as error:
        raise DataError("not a checkpoint of plain tensors and numbers") from error
    if not isinstance(content, tuple) or not content or not isinstance(content[0], Mapping):
        raise DataError("the checkpoint of another network; aiSFX's is a pair of a state dict and its classes")
    state_dict: Mapping[str, Tensor] = content[0]
    return state_dict
