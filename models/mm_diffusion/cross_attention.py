"""Random-shift attention between the streams: each looks at a few frames of the other."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from avbench.errors import UsageError
from models.mm_diffusion.attention import zeroed
from models.mm_diffusion.normalization import GroupNorm


class CrossModalAttention(nn.Module):
    """Residual attention of video to audio and of audio to video, in windows of whole frames.

    Sound is cut into as many segments of p = S // T positions as there are frames; what is left over belongs to the
    last. Frame i and segment i look at the other stream's segments or frames i + shift, ..., i + shift + window - 1,
    wrapping round the end. Source: paper sec. 3.3, Eq. 8; windows start at the shift, as released.

    Shape: video (B, T, H, W, C), audio (B, S, C), shift () int64 in 0..T-window, to video and audio of the same shapes.
    """

    def __init__(self, channels: int, *, frames: int, window: int, head_channels: int) -> None:
        super().__init__()
        self.heads = channels // head_channels
        self.frames = frames
        self.window = window
        self.video_norm = GroupNorm(channels)
        self.audio_norm = GroupNorm(channels)
        self.video_qkv = nn.Linear(channels, 3 * channels)
        self.audio_qkv = nn.Linear(channels, 3 * channels)
        self.video_out = zeroed(nn.Linear(channels, channels))
        self.audio_out = zeroed(nn.Linear(channels, channels))
        self.reach: Tensor
        self.register_buffer("reach", reach_of_shifts(frames, window), persistent=False)

    def forward(self, video: Tensor, audio: Tensor, shift: Tensor | None) -> tuple[Tensor, Tensor]:
        if audio.shape[1] < self.frames:
            raise UsageError(f"{audio.shape[1]} audio positions at this level for {self.frames} frames; one is needed")
        video_q, video_k, video_v = self._project(self.video_norm(video).flatten(1, -2), self.video_qkv)
        audio_q, audio_k, audio_v = self._project(self.audio_norm(audio), self.audio_qkv)
        reach = self.reach[0] if shift is None else self.reach.index_select(0, shift.view(1))[0]
        seen = self._attend(video_q, audio_k, audio_v, reach)
        heard = self._attend(audio_q, video_k, video_v, reach)
        return self.video_out(seen).view_as(video).add_(video), self.audio_out(heard).add_(audio)

    def _project(self, x: Tensor, qkv: nn.Linear) -> tuple[Tensor, ...]:
        """Queries, keys and values: each (B, heads, L, D) of x (B, L, C)."""
        C = x.shape[-1]
        # Apart, since windows are copies: what they are copied from need not live as long as the queries.
        q = F.linear(x, qkv.weight[:C], qkv.bias[:C])
        k, v = F.linear(x, qkv.weight[C:], qkv.bias[C:]).chunk(2, dim=-1)
        return tuple(y.view(*y.shape[:2], self.heads, -1).transpose(1, 2) for y in (q, k, v))

    def _attend(self, q: Tensor, k: Tensor, v: Tensor, reach: Tensor) -> Tensor:
        """Queries of one stream to keys and values of the other: (B, heads, L, D) to (B, L, heads * D)."""
        B, heads, L, D = q.shape
        if self.window == self.frames and k.shape[2] % self.frames == 0:  # every window holds all tokens
            return F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
        q, per_frame = q.flatten(0, 1), L // self.frames
        k, v = (windows(x, reach, self.frames) for x in (k, v))
        whole = self.frames * per_frame
        # Frames take the place of heads: each has its own window of keys.
        y = F.scaled_dot_product_attention(q[:, :whole].view(-1, self.frames, per_frame, D), k, v)
        y = y.view(B, heads, self.frames, per_frame, D).permute(0, 2, 3, 1, 4).reshape(B, whole, heads * D)
        if whole == L:
            return y
        # What is left over of the last segment looks where that segment looks.
        rest = F.scaled_dot_product_attention(q[:, whole:], k[:, -1], v[:, -1])
        return torch.cat([y, rest.view(B, heads, -1, D).transpose(1, 2).flatten(2)], dim=1)


def reach_of_shifts(frames: int, window: int) -> Tensor:
    """For each shift from 0 on, the frames that all windows together reach, from the first window's start.

    They count on past the last frame. Shape: (frames - window + 1, frames + window - 1), int64.
    """
    return torch.arange(frames - window + 1)[:, None] + torch.arange(frames + window - 1)


def windows(x: Tensor, reach: Tensor, frames: int) -> Tensor:
    """What the query of each frame sees.

    Args:
        x: tokens (B, heads, L, D), L // frames of them per frame.
        reach: a row of `reach_of_shifts`.

    Returns:
        (B * heads, frames, window * (L // frames), D). The windows overlap: they are views of one copy of the tokens.
    """
    per_frame = x.shape[2] // frames
    if x.shape[2] % frames:  # windows wrap after the last token, not after the last whole frame
        x = torch.cat([x, x], dim=2)[:, :, : (2 * frames - 1) * per_frame]
    else:
        reach = reach % frames
    frames_of_x = x.reshape(*x.shape[:2], -1, per_frame, x.shape[3])
    x = frames_of_x.index_select(2, reach).flatten(2, 3).flatten(0, 1)
    window = len(reach) - frames + 1
    return x.unfold(1, window * per_frame, per_frame).mT
