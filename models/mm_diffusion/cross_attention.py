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
        # Row r: the frames that all windows together cover under shift r, from the first window's start on.
        shifts = torch.arange(frames - window + 1)
        self.covered: Tensor
        self.register_buffer("covered", shifts[:, None] + torch.arange(frames + window - 1), persistent=False)

    def forward(self, video: Tensor, audio: Tensor, shift: Tensor | None) -> tuple[Tensor, Tensor]:
        if audio.shape[1] < self.frames:
            raise UsageError(f"{audio.shape[1]} audio positions at this level for {self.frames} frames; one is needed")
        video_q, video_k, video_v = self._heads(self.video_qkv(self.video_norm(video).flatten(1, -2)))
        audio_q, audio_k, audio_v = self._heads(self.audio_qkv(self.audio_norm(audio)))
        covered = self.covered[0] if shift is None else self.covered.index_select(0, shift.view(1))[0]
        seen = self._attend(video_q, audio_k, audio_v, covered)
        heard = self._attend(audio_q, video_k, video_v, covered)
        return video + self.video_out(seen).view_as(video), audio + self.audio_out(heard)

    def _heads(self, qkv: Tensor) -> Tensor:
        """Queries, keys and values: (3, B, heads, L, D), views of (B, L, 3 * heads * D)."""
        B, L, _ = qkv.shape
        return qkv.view(B, L, 3, self.heads, -1).permute(2, 0, 3, 1, 4)

    def _attend(self, q: Tensor, k: Tensor, v: Tensor, covered: Tensor) -> Tensor:
        """Queries of one stream to keys and values of the other: (B, heads, L, D) to (B, L, heads * D)."""
        B, heads, L, D = q.shape
        q = q.flatten(0, 1)
        k, v = self._windows(k, covered), self._windows(v, covered)
        per_frame = L // self.frames
        whole = self.frames * per_frame
        # Frames take the place of heads: each has its own window of keys.
        y = F.scaled_dot_product_attention(q[:, :whole].unflatten(1, (self.frames, per_frame)), k, v)
        y = y.view(B, heads, self.frames, per_frame, D).permute(0, 2, 3, 1, 4).reshape(B, whole, heads * D)
        if whole == L:
            return y
        # What is left over of the last segment looks where that segment looks.
        rest = F.scaled_dot_product_attention(q[:, whole:], k[:, -1], v[:, -1])
        return torch.cat([y, rest.view(B, heads, -1, D).transpose(1, 2).flatten(2)], dim=1)

    def _windows(self, x: Tensor, covered: Tensor) -> Tensor:
        """What each frame sees: tokens (B, heads, L, D) to (B * heads, frames, window * (L // frames), D).

        The windows overlap, as views of one copy of the tokens.
        """
        per_frame = x.shape[2] // self.frames
        if x.shape[2] % self.frames:  # windows wrap after the last token, not after the last whole frame
            x = torch.cat([x, x], dim=2)[:, :, : (2 * self.frames - 1) * per_frame]
        else:
            covered = covered % self.frames
        x = x.unflatten(2, (-1, per_frame)).index_select(2, covered).flatten(2, 3).flatten(0, 1)
        return x.unfold(1, self.window * per_frame, per_frame).mT
