"""AV-Align: do peaks of motion come with onsets of sound? Bounded by 0 and 1, and needs no network."""

import numpy as np
from numpy.typing import NDArray

from avbench.features.rhythm import HOP, SAMPLE_RATE
from avbench.metrics.metric import ClipScores, synchrony_metric

_LEAST_MOTION = 0.1  # pixels a frame; smaller peaks are noise


@synchrony_metric(
    "av_align",
    sound="onset_peaks",
    picture="optical_flow",
    better="higher",
    explanation="AV-Align: onsets of the sound that meet a peak of motion, by all onsets and all peaks together "
    "(intersection over union), mean over clips. From 0 to 1.\n"
    "An onset is one of librosa's (22,050 Hz, hop 512, its defaults). A peak is a strict local maximum, of at least "
    "0.1 pixels, of the mean length of the optical flow between successive frames (Farneback), at the protocol's size "
    "and frame rate. They meet if they are less than one frame apart, 0.1 s at 10 fps, each at most once.\n"
    "A clip with neither an onset nor a peak, for which the quotient is 0 / 0, counts as 0: nothing in it is aligned. "
    "At 10 fps a window of 1.6 s has few peaks, so take it as a mean over many windows, compare it with the ground "
    "truth's, and at one size and frame rate only.\n"
    'Source: Yariv et al. 2024, "Diverse and Aligned Audio-to-Video Generation via Text-to-Video Model Adaptation" '
    "(TempoTokens), sec. 4.",
)
def av_align(sound: NDArray[np.floating], picture: NDArray[np.floating], fps: float) -> ClipScores:
    """Intersection over union of onsets and peaks of motion, of each clip; all clips count alike.

    Args:
        sound: (N, F) rows of `onset_peaks`.
        picture: (N, T) rows of `optical_flow`.
        fps: frames a second of the picture.
    """
    values = [
        intersection_over_union(np.flatnonzero(marks) * HOP / SAMPLE_RATE, motion_peaks(flow) / fps, 1 / fps)
        for marks, flow in zip(sound, picture, strict=True)
    ]
    return ClipScores(np.array(values, np.float64), np.ones(len(values)))


def motion_peaks(flow: NDArray[np.floating]) -> NDArray[np.intp]:
    """Numbers of the frames (T) that are strict local maxima of the flow, and move enough to count."""
    inner = flow[1:-1]
    return 1 + np.flatnonzero((flow[:-2] < inner) & (inner > flow[2:]) & (inner >= _LEAST_MOTION))


def intersection_over_union(sounds: NDArray[np.floating], motions: NDArray[np.floating], tolerance: float) -> float:
    """Pairs by all events, in [0, 1]; 0 where there is no event at all.

    Each sound, in order, takes the first motion that is free and less than `tolerance` away.

    Args:
        sounds: (A,) times in seconds, rising.
        motions: (V,) times in seconds, rising.
    """
    free = list(motions)
    pairs = 0
    for sound in sounds:
        partner = next((motion for motion in free if abs(sound - motion) < tolerance), None)
        if partner is not None:
            free.remove(partner)
            pairs += 1
    union = len(sounds) + len(motions) - pairs
    return pairs / union if union else 0.0
