"""Random-shift attention between the streams: each looks at a few frames of the other."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from avbench.errors import UsageError
from models.mm_diffusion.attention import zeroed
from models.mm_diffusion.config import GROUPS


class CrossModalAttention(nn.Module):
    """Residual attention of video to audio and of audio to video, in windows of whole frames.

    Sound is cut into as many segments of p = S // T samples as there are frames; what is left over belongs to the
    last. Frame i and segment i look at the other stream's segments or frames i + shift, ..., i + shift + window - 1,
    wrapping round the end. Source: paper sec. 3.3, Eq. 8; windows start at the shift, as released.

    Shape: video (B, C, T, H, W), audio (B, C, S), shift () int64 in 0..T-window, to video and audio of the same shapes.
    """

    def __init__(self, channels: int, *, frames: int, window: int, head_channels: int) -> None:
        super().__init__()
        self.heads = channels // head_channels
        self.frames = frames
        self.window = window
        self.video_norm = nn.GroupNorm(GROUPS, channels)
        self.audio_norm = nn.GroupNorm(GROUPS, channels)
        self.video_qkv = nn.Conv1d(channels, 3 * channels, 1)
        self.audio_qkv = nn.Conv1d(channels, 3 * channels, 1)
        self.video_out = zeroed(nn.Conv3d(channels, channels, 1))
        self.audio_out = zeroed(nn.Conv1d(channels, channels, 1))
        # Row r: the frames that all windows together cover under shift r, from the first window's start on.
        shifts = torch.arange(frames - window + 1)
        self.covered: Tensor
        self.register_buffer("covered", shifts[:, None] + torch.arange(frames + window - 1), persistent=False)

    def forward(self, video: Tensor, audio: Tensor, shift: Tensor | None) -> tuple[Tensor, Tensor]:
        if audio.shape[-1] < self.frames:
            raise UsageError(f"{audio.shape[-1]} audio positions at this level for {self.frames} frames; one is needed")
        video_q, video_k, video_v = self._heads(self.video_norm(video).flatten(2), self.video_qkv)
        audio_q, audio_k, audio_v = self._heads(self.audio_norm(audio), self.audio_qkv)
        covered = self.covered[0] if shift is None else self.covered.index_select(0, shift.view(1))[0]
        seen = self._attend(video_q, audio_k, audio_v, covered)
        heard = self._attend(audio_q, video_k, video_v, covered)
        video = video + F.linear(seen, self.video_out.weight.flatten(1), self.video_out.bias).mT.view_as(video)
        return video, audio + F.linear(heard, self.audio_out.weight[..., 0], self.audio_out.bias).mT

    def _heads(self, x_BCL: Tensor, qkv: nn.Conv1d) -> Tensor:
        """Queries, keys and values: (3, B * heads, L, channels of a head)."""
        qkv_BLC = F.linear(x_BCL.mT, qkv.weight[..., 0], qkv.bias)
        return qkv_BLC.unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4).flatten(1, 2)

    def _attend(self, q: Tensor, k: Tensor, v: Tensor, covered: Tensor) -> Tensor:
        """Queries of one stream to keys and values of the other: (B * heads, L, D) to (B, L, C)."""
        per_frame, rest = divmod(q.shape[1], self.frames)
        k, v = self._windows(k, covered), self._windows(v, covered)
        regular, tail = q.split([self.frames * per_frame, rest], dim=1)
        # Frames take the place of heads: each has its own window of keys.
        y = F.scaled_dot_product_attention(regular.unflatten(1, (self.frames, per_frame)), k, v).flatten(1, 2)
        if rest:  # the last segment's surplus looks where that segment looks
            y = torch.cat([y, F.scaled_dot_product_attention(tail, k[:, -1], v[:, -1])], dim=1)
        return y.unflatten(0, (-1, self.heads)).transpose(1, 2).flatten(2)

    def _windows(self, x: Tensor, covered: Tensor) -> Tensor:
        """What each frame sees: tokens (N, L, D) to (N, frames, window * L // frames, D).

        The windows overlap, as views of one copy of the tokens.
        """
        per_frame, rest = divmod(x.shape[1], self.frames)
        if rest:  # windows wrap after all tokens, not after the last whole frame: lay the sequence out far enough
            reach = (2 * self.frames - 1) * per_frame
            x = torch.cat([x, x], dim=1)[:, :reach]
        else:
            covered = covered % self.frames
        x = x.unflatten(1, (-1, per_frame)).index_select(1, covered).flatten(1, 2)
        return x.unfold(1, self.window * per_frame, per_frame).mT
