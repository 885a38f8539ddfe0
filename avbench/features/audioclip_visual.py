"""AudioCLIP's other towers, through open_clip: pictures and prompts beside the sound, and the scores between them.

Source: Guzhov et al. 2022, "AudioCLIP: Extending CLIP to Image, Text and Audio", sec. 3; Radford et al. 2021,
"Learning Transferable Visual Models From Natural Language Supervision" (CLIP, RN50).
"""

from collections.abc import Mapping, Sequence
from typing import Literal, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from avbench.errors import DataError
from avbench.features.checkpoint import fill
from avbench.media.resize import fit

DIMENSIONS = 1024
_PREFIX = "visual."
_SIZE = 224
_MEAN = (0.48145466, 0.4578275, 0.40821073)
_STD = (0.26862954, 0.26130258, 0.27577711)
# The learned temperature of each pair, by its name in the checkpoint.
_SCALES = {"image-text": "logit_scale", "audio-image": "logit_scale_ai", "audio-text": "logit_scale_at"}


class AudioCLIPVisual(nn.Module):
    """Frames to raw embeddings: float (B, 3, T, H, W) in [0, 1] to (B, T, 1024)."""

    def __init__(self) -> None:
        super().__init__()
        from open_clip.modified_resnet import ModifiedResNet  # takes two seconds to import

        # What create_model("RN50") builds as `visual`, without the text tower and the offer to download weights.
        self.tower = ModifiedResNet(layers=[3, 4, 6, 3], output_dim=DIMENSIONS, heads=32, image_size=_SIZE, width=64)
        self.requires_grad_(False)

    @classmethod
    def from_published(cls, state_dict: Mapping[str, Tensor]) -> Self:
        """The tower, in evaluation mode, from the whole published file or the part of it whose keys are `visual.*`.

        Raises:
            DataError: keys or shapes are those of another network.
        """
        own = {key.removeprefix(_PREFIX): value for key, value in state_dict.items() if key.startswith(_PREFIX)}
        visual = cls()
        fill(visual.tower, own)
        return visual.eval()

    def forward(self, video: Tensor) -> Tensor:
        embeddings: Tensor = self.tower(preprocess(video).flatten(0, 1))
        return embeddings.reshape(len(video), -1, DIMENSIONS)


class AudioCLIPText(nn.Module):
    """Prompts to raw embeddings: N texts to (N, 1024).

    Untested against the original, for which there are no reference numbers: only keys and shapes are known to fit.
    """

    def __init__(self) -> None:
        super().__init__()
        import open_clip

        # QuickGELU is what CLIP was trained with; plain "RN50" has the exact GELU.
        self.clip = open_clip.CLIP(**open_clip.get_model_config("RN50-quickgelu"))
        self.clip.visual = nn.Identity()
        self.requires_grad_(False)
        self._tokens = open_clip.get_tokenizer("RN50-quickgelu")

    @classmethod
    def from_published(cls, state_dict: Mapping[str, Tensor]) -> Self:
        """The tower, in evaluation mode, from the whole published file.

        Raises:
            DataError: the text tower's keys are missing, or their shapes are those of another network.
        """
        text = cls()
        own = text.clip.state_dict().keys()
        fill(text.clip, {key: value for key, value in state_dict.items() if key in own})
        return text.eval()

    def forward(self, prompts: Sequence[str]) -> Tensor:
        tokens = self._tokens(list(prompts)).to(self.clip.text_projection.device)
        embeddings: Tensor = self.clip.encode_text(tokens)
        return embeddings


def preprocess(video: Tensor) -> Tensor:
    """What the visual tower sees of (B, 3, T, H, W) in [0, 1]: (B, T, 3, 224, 224), resized and normalised."""
    frames = video.float().transpose(1, 2)
    # Bicubic and not clamped, so that values may leave [0, 1] at edges, as in the published evaluation.
    square = fit(frames.flatten(0, 1), _SIZE, how="crop", antialias=True)
    mean, std = (torch.tensor(values, device=square.device)[:, None, None] for values in (_MEAN, _STD))
    return ((square - mean) / std).reshape(*frames.shape[:3], _SIZE, _SIZE)


def video_embedding(frame_embeddings: Tensor) -> Tensor:
    """(B, T, 1024) to (B, 1024): the mean of the embeddings as they are, not normalised first."""
    return frame_embeddings.mean(dim=1)


def similarity(embeddings: Tensor, frame_embeddings: Tensor, scale: float) -> Tensor:
    """How well each of A sounds or prompts goes with each of B videos, (A, B): `scale` times the cosine, mean over T.

    A clip's own audio-video score is on the diagonal. There is no softmax over candidates. For prompts against sounds,
    a sound is a video of one frame.

    Args:
        embeddings: (A, 1024), raw.
        frame_embeddings: (B, T, 1024), raw.
        scale: from `logit_scale`.
    """
    cosines = torch.einsum("ad,btd->abt", F.normalize(embeddings, dim=-1), F.normalize(frame_embeddings, dim=-1))
    return scale * cosines.mean(dim=-1)


def logit_scale(state_dict: Mapping[str, Tensor], pair: Literal["audio-image", "audio-text", "image-text"]) -> float:
    """What the published model multiplies the cosines of a pair by: the learned scale, held within 1 and 100.

    Raises:
        DataError: the checkpoint does not hold it.
    """
    key = _SCALES[pair]
    if key not in state_dict:
        raise DataError(f"the checkpoint has no `{key}`; audio-video and prompt scores need the whole AudioCLIP file")
    return float(state_dict[key].float().exp().clamp(1, 100))
