"""AudioCLIP's audio-video score: does a sound belong to its picture, to a network that was taught to tell?"""

import numpy as np
from numpy.typing import NDArray

from avbench.metrics.metric import ClipScores, synchrony_metric


@synchrony_metric(
    "audio_video_score",
    label="audio_video_score[audioclip]",
    sound="audioclip",
    picture="audioclip_frames",
    better="higher",
    explanation="AudioCLIP's audio-video score: the cosine between the embedding of a clip's sound and that of each of "
    "its frames, times the scale s that AudioCLIP learned (1 to 100), mean over frames and clips. It tells whether "
    "things sound as they look; of when they sound it knows little.\n"
    "Under every protocol the network is in evaluation mode and hears waveforms at the scale it was trained on, since "
    "the score of a clip must not depend on other clips.\n"
    "Source: the audio-video score of MM-Diffusion's released evaluation, which leaves it switched off; the network: "
    'Guzhov et al. 2022, "AudioCLIP: Extending CLIP to Image, Text and Audio".',
)
def audio_video_score(sound: NDArray[np.floating], picture: NDArray[np.floating], fps: float) -> ClipScores:
    """How well each clip's sound goes with its picture, from -s to s, where s is the checkpoint's scale (1 to 100).

    Args:
        sound: (N, 1024) rows of `audioclip`, raw.
        picture: (N, 1024) rows of `audioclip_frames`.
        fps: not heeded; frames count alike.
    """
    sound, picture = np.asarray(sound, np.float64), np.asarray(picture, np.float64)
    values = np.asarray((sound * picture).sum(axis=1) / np.linalg.norm(sound, axis=1), np.float64)
    return ClipScores(values, np.ones(len(values)))
