"""Beat alignment: does a dance pause on the beats of its music? Needs no network."""

import numpy as np
from numpy.typing import NDArray

from avbench.features.rhythm import HOP, SAMPLE_RATE
from avbench.metrics.metric import ClipScores, synchrony_metric

_SIGMA = 0.05  # seconds: 3 frames at the 60 fps of the paper's motion capture


@synchrony_metric(
    "beat_alignment",
    sound="beats",
    picture="optical_flow",
    better="higher",
    explanation="Beat alignment score, for dance: the mean over all beats of the motion of\n"
    "    exp(-d^2 / (2 sigma^2)),  d = time to the nearest beat of the music, sigma = 0.05 s\n"
    "pooled over all clips, since 1.6 s hold two to four beats. From 0 to 1; where no clip has a beat of motion it is "
    "0, and so is each beat of motion in a clip without a beat of music.\n"
    "The paper takes the local minima of the speed of joints. There are no joints here: beats of motion are the strict "
    "local minima of the mean length of the optical flow (Farneback), at the protocol's size and frame rate; at 10 fps "
    "their times are rounded to 0.1 s, twice sigma. Beats of the music are librosa's. The sum is over beats of motion; "
    "some later works sum over those of the music. However slight, every minimum counts: of what hardly moves the "
    "number says nothing.\n"
    'Source: Li et al. 2021, "AI Choreographer: Music Conditioned 3D Dance Generation with AIST++", sec. 5.',
)
def beat_alignment(sound: NDArray[np.floating], picture: NDArray[np.floating], fps: float) -> ClipScores:
    """Mean alignment of each clip's beats of motion; a clip counts by how many it has.

    Args:
        sound: (N, F) rows of `beats`.
        picture: (N, T) rows of `optical_flow`.
        fps: frames a second of the picture.
    """
    values, weights = [], []
    for marks, flow in zip(sound, picture, strict=True):
        motion, music = motion_beats(flow) / fps, np.flatnonzero(marks) * HOP / SAMPLE_RATE
        values.append(float(closeness(motion, music).mean()) if len(motion) else 0.0)
        weights.append(len(motion))
    return ClipScores(np.array(values, np.float64), np.array(weights, np.float64))


def motion_beats(flow: NDArray[np.floating]) -> NDArray[np.intp]:
    """Numbers of the frames (T) that are strict local minima of the flow."""
    return 1 + np.flatnonzero((flow[:-2] > flow[1:-1]) & (flow[1:-1] < flow[2:]))


def closeness(motion: NDArray[np.floating], music: NDArray[np.floating]) -> NDArray[np.float64]:
    """How close each beat of the motion is to one of the music, (K,) in [0, 1]; 0 where there is no music.

    Args:
        motion: (K,) times in seconds.
        music: (M,) times in seconds.

    Source: Li et al. 2021, eq. 9.
    """
    if len(music) == 0:
        return np.zeros(len(motion))
    distances = np.abs(motion[:, None] - music).min(axis=1)
    return np.asarray(np.exp(-(distances**2) / (2 * _SIGMA**2)), np.float64)
