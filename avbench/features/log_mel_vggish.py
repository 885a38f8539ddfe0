"""VGGish's input: log-mel patches of 0.96 s, as the network's TensorFlow release computes them."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

SAMPLE_RATE = 16_000  # Hz
BANDS = 64
PATCH = 96  # frames, 0.96 s
_WINDOW, _HOP, _TRANSFORM = 400, 160, 512  # samples: 25 ms, 10 ms, and the next power of two
_LOWEST, _HIGHEST = 125.0, 7_500.0  # Hz
_OFFSET = 0.01  # keeps the logarithm of silence finite


class LogMelPatches(nn.Module):
    """Waves (B, S) in [-1, 1] at 16 kHz to patches (B, P, 96, 64); S >= 15,600.

    The release cuts patches side by side and drops what is left over, which of 1.6 s would be 0.64 s. Here as many
    patches as it takes are spread evenly over the wave, so that they overlap and miss nothing: two of 1.6 s.

    Frames are not centred; there is no frame beyond the wave's end.

    Source: Hershey et al. 2017, "CNN Architectures for Large-Scale Audio Classification", sec. 3.1; constants of
    AudioSet's released `vggish_params`.
    """

    shortest = (PATCH - 1) * _HOP + _WINDOW  # samples of one patch

    window: Tensor
    mel: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("window", torch.hann_window(_WINDOW, periodic=True))
        self.register_buffer("mel", mel_weights())

    def forward(self, waves: Tensor) -> Tensor:
        frames_BFW = waves.unfold(-1, _WINDOW, _HOP) * self.window
        magnitude_BFK = torch.fft.rfft(frames_BFW, _TRANSFORM).abs()
        log_mel_BFM = (magnitude_BFK @ self.mel + _OFFSET).log()
        last = log_mel_BFM.shape[1] - PATCH
        count = -(-log_mel_BFM.shape[1] // PATCH)
        starts = [round(place) for place in np.linspace(0, last, count)]
        return torch.stack([log_mel_BFM[:, start : start + PATCH] for start in starts], dim=1)


def mel_weights() -> Tensor:
    """(257, 64): triangles on the HTK mel scale, straight in mel and not in Hz, without the constant's bin."""
    bins = _mel(np.linspace(0, SAMPLE_RATE / 2, _TRANSFORM // 2 + 1))[:, None]
    edges = np.linspace(_mel(np.array(_LOWEST)), _mel(np.array(_HIGHEST)), BANDS + 2)
    lower, centre, upper = edges[:-2], edges[1:-1], edges[2:]
    weights = np.minimum((bins - lower) / (centre - lower), (upper - bins) / (upper - centre)).clip(min=0)
    weights[0] = 0
    return torch.from_numpy(weights).float()


def _mel(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(1127 * np.log1p(hertz / 700))
