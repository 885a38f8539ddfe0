"""Companding of sound: soft sound takes up more of [-1, 1], so that noise does not drown it at the first timesteps.

Source: ITU-T G.711 (µ = 255 there); van den Oord et al. 2016, "WaveNet", sec. 2.2.
"""

from math import log1p

import torch
from torch import Tensor


def compress(sound: Tensor, mu: float) -> Tensor:
    """sign(x) ln(1 + µ |x|) / ln(1 + µ), of any shape: [-1, 1] onto itself; µ = 0 leaves it as it is.

    Near 0 it multiplies by µ / ln(1 + µ).
    """
    return sound.sign() * torch.log1p(mu * sound.abs()) / log1p(mu) if mu else sound


def expand(compressed: Tensor, mu: float) -> Tensor:
    """The inverse of `compress`: sign(y) ((1 + µ)^|y| - 1) / µ in [-1, 1].

    Beyond, where solvers without thresholds may end, it goes on as a straight line: powers would overflow.
    """
    if not mu:
        return compressed
    within = compressed.clamp(-1, 1)
    return within.sign() * torch.expm1(within.abs() * log1p(mu)) / mu + (compressed - within)
