"""AudioCLIP's view of a window's picture: what the audio-video score compares with its sound."""

from pathlib import Path

import torch.nn.functional as F
from torch import Tensor, nn

from avbench.features.audioclip_visual import DIMENSIONS, AudioCLIPVisual, logit_scale
from avbench.features.checkpoint import StateDict, load_published
from avbench.features.extractor import EXTRACTORS, Compute, Extractor, Forward, Switches
from avbench.features.precision import full_precision


class AudioCLIPFrames(Extractor):
    """Mean over the frames of their embeddings, each of length s: the published scale between sound and picture.

    Its product with the unit embedding of a sound is the published audio-video score: a mean of cosines times s.
    """

    name = "audioclip_frames"
    version = "1"
    modality = "video"
    weights = "audioclip"
    dimensions = DIMENSIONS

    def load(self, checkpoint: Path, compute: Compute, switches: Switches) -> Forward:
        network = load_published(checkpoint, _ScaledTower).to(compute.device)

        def forward(video: Tensor) -> Tensor:
            with full_precision(compute.device):
                rows: Tensor = network(video.to(compute.device))
            return rows.cpu()

        return forward


class _ScaledTower(nn.Module):
    def __init__(self, state_dict: StateDict) -> None:
        super().__init__()
        self.visual = AudioCLIPVisual.from_published(state_dict)
        self.scale = logit_scale(state_dict, "audio-image")

    def forward(self, video: Tensor) -> Tensor:
        return self.scale * F.normalize(self.visual(video), dim=-1).mean(dim=1)


EXTRACTORS.register(AudioCLIPFrames.name)(AudioCLIPFrames())
