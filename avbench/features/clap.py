"""CLAP: sound embeddings of a network that learned what captions say of sounds, for FAD[clap] (extra `clap`).

The network is HTSAT-tiny as the package transformers builds it; the weights are LAION's, 630k-audioset, unfused.

Source: Wu et al. 2023, "Large-Scale Contrastive Language-Audio Pretraining with Feature Fusion and Keyword-to-Caption
Augmentation"; the network: Chen et al. 2022, "HTS-AT"; as a distance: Gui et al. 2024, "Adapting Fréchet Audio
Distance for Generative Music Evaluation".
"""

import importlib
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from avbench.errors import DataError, MissingError
from avbench.features.checkpoint import StateDict, fill, load_published
from avbench.features.extractor import EXTRACTORS, Compute, Extractor, Forward, Switches
from avbench.features.precision import full_precision

_SAMPLE_RATE = 48_000  # Hz
_LONGEST = 10 * _SAMPLE_RATE  # samples: what the network takes
_EMBEDDING = 512
_HEARS = ("audio_model.", "audio_projection.")  # the rest of the file reads captions


class RepeatedLogMel(nn.Module):
    """Waves (B, S) in [-1, 1] at 48 kHz, S <= 480,000, to the network's input (B, 1, 1001, 64), in dB.

    The network wants 10 s. A shorter wave is repeated as often as it fits, with zeros after the last; so were short
    sounds in training. Slaney's mel bands from 50 Hz to 14 kHz, of the power of centred frames.
    """

    def __init__(self) -> None:
        super().__init__()
        from torchaudio.transforms import MelSpectrogram  # takes a second to import

        self.mel = MelSpectrogram(
            sample_rate=_SAMPLE_RATE,
            n_fft=1024,
            hop_length=480,
            n_mels=64,
            f_min=50.0,
            f_max=14_000.0,
            norm="slaney",
            mel_scale="slaney",
        )

    def forward(self, waves: Tensor) -> Tensor:
        repeated = waves.repeat(1, _LONGEST // waves.shape[-1])
        padded = F.pad(repeated, (0, _LONGEST - repeated.shape[-1]))
        decibel_BMF = 10 * torch.log10(self.mel(padded).clamp(min=1e-10))
        return decibel_BMF.mT[:, None]


class CLAPExtractor(Extractor):
    """512 features per window, of length 1 as LAION's own package returns them; named FAD[clap]."""

    name = "clap"
    version = "1"
    modality = "audio"
    weights = "clap"
    dimensions = _EMBEDDING
    sample_rate = _SAMPLE_RATE

    def load(self, checkpoint: Path, compute: Compute, switches: Switches) -> Forward:
        """As every extractor's.

        Raises:
            MissingError: transformers is not installed.
        """
        empty = empty_network()

        def build(state_dict: StateDict) -> nn.Module:
            fill(empty, {key: tensor for key, tensor in state_dict.items() if key.startswith(_HEARS)})
            return empty.eval()

        network = load_published(checkpoint, build).to(compute.device)
        spectrogram_of = RepeatedLogMel().to(compute.device)

        def forward(waves: Tensor) -> Tensor:
            if waves.shape[-1] > _LONGEST:
                raise DataError(
                    f"the windows last {waves.shape[-1] / _SAMPLE_RATE:.3g} s; CLAP hears at most 10 s; choose a "
                    "protocol with shorter windows"
                )
            with full_precision(compute.device):
                embeddings = network(spectrogram_of(waves[:, 0].to(compute.device))).audio_embeds
                return F.normalize(embeddings, dim=-1).cpu()

        return forward


def empty_network() -> nn.Module:
    """CLAP's audio tower with its projection, of the published size.

    Raises:
        MissingError: transformers is not installed.
    """
    try:
        clap = importlib.import_module("transformers.models.clap")
    except ImportError as error:
        raise MissingError(
            f"features clap need transformers ({error}); install it: pip install 'avbench[clap]'"
        ) from error
    network: nn.Module = clap.ClapAudioModelWithProjection(clap.ClapAudioConfig(projection_dim=_EMBEDDING))
    return network.requires_grad_(False)


EXTRACTORS.register(CLAPExtractor.name)(CLAPExtractor())
