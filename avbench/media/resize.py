"""Changing the size of pictures: bicubic with half-pixel centres (a = -0.75, or -0.5 with antialias, as in PyTorch)."""

from typing import Literal

import torch.nn.functional as F
from torch import Tensor


def resize(frames: Tensor, height: int, width: int, *, antialias: bool) -> Tensor:
    """(T, C, H, W) float32 -> (T, C, height, width), bicubic.

    The kernel overshoots at edges, so values may leave the input's range; nothing is clipped or rounded.
    Without `antialias`, a reduction aliases: only the published evaluation does that.
    """
    if frames.shape[-2:] == (height, width):
        return frames
    return F.interpolate(frames, size=(height, width), mode="bicubic", align_corners=False, antialias=antialias)


def resize_pictures(frames: Tensor, height: int, width: int) -> Tensor:
    """(T, H, W, 3) uint8 -> (T, height, width, 3) uint8, bicubic with antialias, ten times as fast as `resize`.

    Weights have 16 bits and the pictures in between 8: a tenth of the values differ by 1 from `resize` rounded, which
    is 57 dB, far below what H.264 changes.
    """
    if frames.shape[1:3] == (height, width):
        return frames
    frames_TCHW = frames.permute(0, 3, 1, 2)
    small = F.interpolate(frames_TCHW, size=(height, width), mode="bicubic", align_corners=False, antialias=True)
    return small.permute(0, 2, 3, 1).contiguous()


def fit(frames: Tensor, size: int, *, how: Literal["letterbox", "crop"], antialias: bool) -> Tensor:
    """(T, C, H, W) float32 -> (T, C, size, size), the aspect kept.

    letterbox: the longer side becomes `size`, the rest is zero, with the odd line below or on the right.
    crop: the shorter side becomes `size`, the middle is kept, with the odd line cut below or on the right.
    """
    height, width = frames.shape[-2:]
    if how == "crop":
        scale = size / min(height, width)
        frames = resize(frames, max(size, round(height * scale)), max(size, round(width * scale)), antialias=antialias)
        top, left = (frames.shape[-2] - size) // 2, (frames.shape[-1] - size) // 2
        return frames[..., top : top + size, left : left + size]
    # In floating point and truncated, as the published loader has it: 49 lines times 64/49 may make 63.
    ratio = min(size / height, size / width)
    frames = resize(frames, max(1, int(height * ratio)), max(1, int(width * ratio)), antialias=antialias)
    down, right = size - frames.shape[-2], size - frames.shape[-1]
    return F.pad(frames, (right // 2, right - right // 2, down // 2, down - down // 2))
