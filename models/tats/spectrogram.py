"""What TATS's VQGAN of sound sees: a spectrogram, cut into one patch for each frame of the video.

The authors released a data set of such patches, and not how they were computed. So the definition is ours, in their
shape: 16 frames give 64 bands and 16 columns each. It holds for any rate at which a frame's samples can be cut into the
columns evenly; a window is four columns long, which at 16 kHz and 10 fps is 25 ms every 6.25 ms.
"""

import functools
from fractions import Fraction

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from avbench.clip import ClipSpec
from avbench.errors import UsageError

FLOOR_DB = -80.0  # what is softer counts as silence

_WINDOW = 4  # columns


def sound_patches(audio: Tensor, spec: ClipSpec, *, columns: int, bands: int) -> Tensor:
    """The log-mel spectrogram of clips, cut where their frames begin.

    A column is the short-time Fourier transform, under a Hann window, around the sample at which the column begins;
    the wave is mirrored at the ends. Bins are as far apart as the next power of two of the window's samples makes them.
    A band's power is the weighted mean of its bins', in decibels of a sine at full scale, from -80 to 0.

    Args:
        audio: (B, 1, S) in [-1, 1], S = `spec.samples`.
        spec: of the clips.
        columns: of each frame's patch.
        bands: up to half the sample rate, lowest first, evenly spaced on the mel scale.

    Returns:
        (B, 1, T, bands, columns) in [-1, 1], float32: -1 at -80 dB and below, 1 at 0 dB and above.

    Raises:
        UsageError: the sound is not as long as the clips, or cannot be cut so.
    """
    hop = column_samples(spec, columns)
    if audio.shape[1:] != (1, spec.samples):
        raise UsageError(
            f"the sound has the shape {tuple(audio.shape[1:])} (channels, samples); a clip of {spec.frames} frames at "
            f"{spec.sample_rate:,} Hz takes {1, spec.samples}"
        )
    length = _transform_length(hop)
    with torch.autocast(audio.device.type, enabled=False):
        window = torch.hann_window(_WINDOW * hop, device=audio.device)
        waves_BS = audio[:, 0].float()
        spectrum_BKN = torch.stft(
            waves_BS, length, hop, _WINDOW * hop, window, center=True, pad_mode="reflect", return_complex=True
        )
        # A sine of amplitude 1 has half its sum over the window in its own bin, and half in the mirrored one.
        power_BKN = (spectrum_BKN.abs() * (2 / window.sum())).square()
        weights_MK = torch.tensor(mel_weights(bands, length, spec.sample_rate), device=audio.device)
        # The last column stands at the first sample behind the clip.
        decibels_BMN = 10 * torch.log10((weights_MK @ power_BKN[..., :-1]).clamp(min=10 ** (FLOOR_DB / 10)))
        levels_BMN = (1 - 2 * decibels_BMN / FLOOR_DB).clamp(-1, 1)
        patches_BMTN: Tensor = levels_BMN.reshape(len(audio), bands, spec.frames, columns)
        return patches_BMTN.transpose(1, 2)[:, None].contiguous()


def check_patches(spec: ClipSpec, *, columns: int, bands: int) -> None:
    """Refuses what `sound_patches` cannot do, before there is any sound.

    Raises:
        UsageError: a frame's samples cannot be cut into columns evenly, or bands are narrower than the transform sees.
    """
    mel_weights(bands, _transform_length(column_samples(spec, columns)), spec.sample_rate)


def column_samples(spec: ClipSpec, columns: int) -> int:
    """Samples from one column to the next.

    Raises:
        UsageError: they are no whole number.
    """
    samples = Fraction(spec.sample_rate) / spec.fps
    if samples % columns:
        raise UsageError(
            f"a frame of {float(samples):g} samples ({spec.sample_rate:,} Hz at {float(spec.fps):g} fps) cannot be cut "
            f"into {columns} columns evenly; choose other columns, or another --set spec.sample_rate=N"
        )
    return int(samples) // columns


@functools.cache
def mel_weights(bands: int, length: int, sample_rate: int) -> NDArray[np.float32]:
    """(bands, length // 2 + 1): triangles over the transform's bins, evenly wide on the HTK mel scale, of sum 1 each.

    Raises:
        UsageError: a band lies between two bins.
    """
    bins = np.linspace(0, sample_rate / 2, length // 2 + 1)
    highest = 2595 * np.log10(1 + sample_rate / 2 / 700)
    edges = 700 * (10 ** (np.linspace(0, highest, bands + 2) / 2595) - 1)
    lower, centre, upper = (edges[place : place + bands, None] for place in range(3))
    triangles = np.minimum((bins - lower) / (centre - lower), (upper - bins) / (upper - centre)).clip(min=0)
    total = triangles.sum(1, keepdims=True)
    if not total.all():
        raise UsageError(
            f"{bands} bands of sound at {sample_rate:,} Hz are narrower than the {bins[1]:.4g} Hz from bin to bin; "
            "choose fewer bands, or fewer columns"
        )
    weights: NDArray[np.float32] = (triangles / total).astype(np.float32)
    weights.flags.writeable = False  # it is shared
    return weights


def _transform_length(hop: int) -> int:
    return 1 << (_WINDOW * hop - 1).bit_length()
