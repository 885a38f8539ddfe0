"""Alignment of picture and sound, without a network: does something begin to sound when something moves?

`motion_onset` is our own measure, made for windows of 1.6 s at 10 fps, which hold too few peaks for those that match
peaks, such as AV-Align (Yariv et al. 2024). Unrelated pairs get about 0.1, since what is below 0 counts as 0.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_WINDOW = 0.032  # seconds of one spectrum
_HOP = 0.01  # seconds from one spectrum to the next
_COMPRESSION = 100.0  # log(1 + 100 x): a soft onset counts beside a loud one


def motion(video: Tensor) -> Tensor:
    """How much the picture changes between successive frames: mean absolute difference in grey.

    Args:
        video: (B, 3, T, H, W) in [0, 1].

    Returns:
        (B, T - 1) in [0, 1]; entry k lies between frames k and k + 1.
    """
    grey_BTHW = video.mean(dim=1)
    return grey_BTHW.diff(dim=1).abs().mean(dim=(2, 3))


def onsets(sound: Tensor, sample_rate: int, frames: int) -> Tensor:
    """How strongly sounds begin between successive frames: mean rise of the log spectrum (spectral flux).

    Args:
        sound: (B, 1, S) in [-1, 1].
        frames: T, the video's frames that belong to the same time.

    Returns:
        (B, T - 1), not negative; entry k lies between frames k and k + 1.
    """
    size, hop = round(_WINDOW * sample_rate), round(_HOP * sample_rate)
    spectrum = torch.stft(sound[:, 0], size, hop, window=torch.hann_window(size), return_complex=True).abs()
    flux_BF = (_COMPRESSION * spectrum).log1p().diff(dim=2).clamp(min=0).mean(dim=1)
    # Flux f is between spectra f and f + 1, whose centres are at f x hop and (f + 1) x hop.
    centres = (torch.arange(flux_BF.shape[1]) + 0.5) * hop
    interval = (centres * frames / sound.shape[-1]).long().clamp(max=frames - 1)
    sums = torch.zeros(len(sound), frames).index_add_(1, interval, flux_BF)
    return (sums / interval.bincount(minlength=frames))[:, :-1]


def motion_onset(motion: NDArray[np.floating], onsets: NDArray[np.floating]) -> NDArray[np.float64]:
    """Alignment of each clip, in [0, 1]: Pearson correlation of its motion and its onsets, negative ones as 0.

    A clip that does not move, or stays silent, has no alignment: 0.

    Args:
        motion: (N, T - 1), one row per clip, from `motion`.
        onsets: (N, T - 1), of the same clips, from `onsets`.

    Returns:
        (N,).
    """
    one, other = (signal - signal.mean(axis=1, keepdims=True) for signal in (np.float64(motion), np.float64(onsets)))
    sizes = np.sqrt((one**2).sum(axis=1) * (other**2).sum(axis=1))
    products = (one * other).sum(axis=1)
    correlation: NDArray[np.float64] = np.zeros_like(products)
    np.divide(products, sizes, out=correlation, where=sizes > _STILL)
    return np.asarray(correlation.clip(0, 1))


_STILL = 1e-12  # rounding noise of a signal that stands still
