"""The coupled U-Net as a plain PyTorch rendering of the published one: what `benchmarks/unet.py` measures ours against.

Eager float32 on video (B, T, C, H, W) and audio (B, C, S): frames and pixels are folded into the batch around every
convolution and normalisation, attention spells out its logits, and windows are gathered by indices built at each call.
As published, every attention is computed again in the backward pass. Nothing is shared with the library, so that it is
also a second opinion on the numbers.
"""

import math
from collections.abc import Callable, Mapping
from typing import TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.checkpoint import checkpoint

Pair = tuple[Tensor, Tensor]
Result = TypeVar("Result", Tensor, Pair)


class PlainUNet:
    """Noise in video (B, T, 3, H, W) and audio (B, 1, S), from the weights under their published keys."""

    def __init__(
        self,
        state_dict: Mapping[str, Tensor],
        *,
        levels: int,
        blocks_per_level: int,
        windows: Mapping[str, int],
        heads: int,
        head_channels: int,
        groups: int,
    ) -> None:
        """`windows` has the frames of each cross-attention's window, by the attention's published name."""
        self.weights = state_dict
        self.levels, self.blocks, self.windows = levels, blocks_per_level, windows
        self.heads, self.head_channels, self.groups = heads, head_channels, groups

    def __call__(self, video: Tensor, audio: Tensor, timesteps: Tensor, shifts: Mapping[str, int]) -> Pair:
        embedding = self.time_embedding(timesteps)
        state = (
            self.video_conv(video, "input_blocks.0.0.video_conv"),
            self.conv1d(audio, "input_blocks.0.0.audio_conv.audio_conv", 1),
        )
        skips, dilation = [state], 1
        for number in range(1, self.levels * (self.blocks + 1)):
            name, down = f"input_blocks.{number}", number % (self.blocks + 1) == 0
            state = self.residual(state, embedding, f"{name}.0", dilation, "down" if down else "")
            state = self.cross_attention(state, f"{name}.1", shifts)
            skips.append(state)
            dilation += 1
        for number in range(3):
            name = f"middle_blocks.{number}"
            if f"{name}.v_qkv.weight" in self.weights:
                state = self.cross_attention(state, name, shifts)
            elif f"{name}.emb_layers.1.weight" in self.weights:
                state = self.residual(state, embedding, name, dilation)
        dilation -= 1
        for number in range(self.levels * (self.blocks + 1)):
            name, skip = f"output_blocks.{number}", skips.pop()
            state = (torch.cat([state[0], skip[0]], dim=2), torch.cat([state[1], skip[1]], dim=1))
            state = self.residual(state, embedding, f"{name}.0", dilation)
            dilation -= 1
            state = self.cross_attention(state, f"{name}.1", shifts)
            for child in (f"{name}.1", f"{name}.2"):
                if f"{child}.emb_layers.1.weight" in self.weights:
                    state = self.residual(state, embedding, child, dilation, "up")
        video = F.silu(self.norm(state[0], "video_out.0", 2))
        audio = F.silu(self.norm(state[1], "audio_out.0", 1))
        return self.conv3d(video, "video_out.2.video_conv"), self.conv1d(audio, "audio_out.2.audio_conv", 1)

    def time_embedding(self, timesteps: Tensor) -> Tensor:
        channels = self.weights["time_embed.0.weight"].shape[1]
        half = channels // 2
        frequencies = torch.exp(-math.log(10_000) * torch.arange(half, dtype=torch.float32) / half)
        angles = timesteps[:, None].float() * frequencies[None]
        embedding = torch.cat([torch.cos(angles), torch.sin(angles)], dim=-1)
        return self.linear(F.silu(self.linear(embedding, "time_embed.0")), "time_embed.2")

    def residual(self, state: Pair, embedding: Tensor, name: str, index: int, resampling: str = "") -> Pair:
        video, audio = state
        y = self.video_conv(F.silu(self.norm(video, f"{name}.video_in_layers.0", 2)), f"{name}.video_in_layers.2")
        z = F.silu(self.norm(audio, f"{name}.audio_in_layers.0", 1))
        z = self.conv1d(z, f"{name}.audio_in_layers.2.audio_conv", 2 ** (index % 10))
        if resampling:
            video, y = (resample_video(x, resampling) for x in (video, y))
            audio, z = (resample_audio(x, resampling) for x in (audio, z))
        scale, shift = self.linear(F.silu(embedding), f"{name}.emb_layers.1").chunk(2, dim=1)
        y = self.norm(y, f"{name}.video_out_layers.0", 2)
        y = y * (1 + scale[:, None, :, None, None]) + shift[:, None, :, None, None]
        y = self.conv3d(F.silu(y), f"{name}.video_out_layers.3.video_conv")
        z = self.norm(z, f"{name}.audio_out_layers.0", 1) * (1 + scale[:, :, None]) + shift[:, :, None]
        z = self.conv1d(F.silu(z), f"{name}.audio_out_layers.3.audio_conv", 1)
        if f"{name}.video_skip_connection.video_conv.weight" in self.weights:
            video = self.conv3d(video, f"{name}.video_skip_connection.video_conv")
            audio = self.conv1d(audio, f"{name}.audio_skip_connection.audio_conv", 1)
        return self.self_attention((video + y, audio + z), name)

    def self_attention(self, state: Pair, name: str) -> Pair:
        video, audio = state
        B, T, C, H, W = video.shape
        if f"{name}.spatial_attention_block.qkv.weight" in self.weights:
            frames = video.reshape(B * T, C, H * W)
            frames = again(lambda x: self.attention_block(x, f"{name}.spatial_attention_block"), frames)
            pixels = frames.reshape(B, T, C, H * W).permute(0, 3, 2, 1).reshape(B * H * W, C, T)
            pixels = again(lambda x: self.attention_block(x, f"{name}.temporal_attention_block"), pixels)
            video = pixels.reshape(B, H, W, C, T).permute(0, 4, 3, 1, 2)
        if f"{name}.audio_attention_block.qkv.weight" in self.weights:
            audio = again(lambda x: self.attention_block(x, f"{name}.audio_attention_block"), audio)
        return video, audio

    def attention_block(self, x: Tensor, name: str) -> Tensor:
        q, k, v = self.conv1d(self.norm(x, f"{name}.norm", 1), f"{name}.qkv", 1).chunk(3, dim=1)
        return x + self.conv1d(attention(q, k, v, self.heads), f"{name}.proj_out", 1)

    def cross_attention(self, state: Pair, name: str, shifts: Mapping[str, int]) -> Pair:
        if f"{name}.v_qkv.weight" not in self.weights:
            return state
        shift = shifts.get(name, 0)
        video, audio = again(lambda *pair: self.cross_attention_block(pair, name, shift), *state)
        return video, audio

    def cross_attention_block(self, state: Pair, name: str, shift: int) -> Pair:
        video, audio = state
        B, T, C, H, W = video.shape
        window, per_frame, pixels, length = self.windows[name], audio.shape[2] // T, H * W, audio.shape[2]
        tokens = self.norm(video, f"{name}.v_norm", 2).permute(0, 2, 1, 3, 4).reshape(B, C, T * pixels)
        video_q, video_k, video_v = self.conv1d(tokens, f"{name}.v_qkv", 1).chunk(3, dim=1)
        normalised = self.norm(audio, f"{name}.a_norm", 1)
        audio_q, audio_k, audio_v = self.conv1d(normalised, f"{name}.a_qkv", 1).chunk(3, dim=1)
        seen, heard = [], []
        for frame in range(T):
            last = length if frame == T - 1 else (frame + 1) * per_frame
            of_audio = (torch.arange(window * per_frame) + (frame + shift) * per_frame) % length
            of_video = (torch.arange(window * pixels) + (frame + shift) * pixels) % (T * pixels)
            q = video_q[:, :, frame * pixels : (frame + 1) * pixels]
            seen.append(attention(q, audio_k[:, :, of_audio], audio_v[:, :, of_audio], C // self.head_channels))
            q = audio_q[:, :, frame * per_frame : last]
            heard.append(attention(q, video_k[:, :, of_video], video_v[:, :, of_video], C // self.head_channels))
        y = torch.cat(seen, dim=2).reshape(B, C, T, H, W).permute(0, 2, 1, 3, 4)
        y = self.conv3d(y, f"{name}.video_proj_out.video_conv")
        z = self.conv1d(torch.cat(heard, dim=2), f"{name}.audio_proj_out.audio_conv", 1)
        return video + y, audio + z

    def norm(self, x: Tensor, name: str, axis: int) -> Tensor:
        """Group normalisation in float32 over all but batch and channels, which are `axis`."""
        weight, bias = self.weights[f"{name}.GroupNorm.weight"], self.weights[f"{name}.GroupNorm.bias"]
        moved = x.movedim(axis, 1)
        y = F.group_norm(moved.reshape(len(x), x.shape[axis], -1).float(), self.groups, weight, bias)
        return y.reshape(moved.shape).movedim(1, axis).type(x.dtype)

    def linear(self, x: Tensor, name: str) -> Tensor:
        return F.linear(x, self.weights[f"{name}.weight"], self.weights[f"{name}.bias"])

    def video_conv(self, x: Tensor, name: str) -> Tensor:
        """3x3 over each frame, then 3 over time at each pixel."""
        B, T, C, H, W = x.shape
        weight, bias = (self.weights[f"{name}.video_conv_spatial.{kind}"] for kind in ("weight", "bias"))
        y = F.conv2d(x.reshape(B * T, C, H, W), weight, bias, padding=1)
        y = y.reshape(B, T, -1, H, W).permute(0, 3, 4, 2, 1).reshape(B * H * W, -1, T)
        y = self.conv1d(y, f"{name}.video_conv_temporal", 1)
        return y.reshape(B, H, W, -1, T).permute(0, 4, 3, 1, 2)

    def conv3d(self, x: Tensor, name: str) -> Tensor:
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        return F.conv3d(x.permute(0, 2, 1, 3, 4), weight, bias, padding=weight.shape[-1] // 2).permute(0, 2, 1, 3, 4)

    def conv1d(self, x: Tensor, name: str, dilation: int) -> Tensor:
        weight, bias = self.weights[f"{name}.weight"], self.weights[f"{name}.bias"]
        return F.conv1d(x, weight, bias, padding=dilation * (weight.shape[-1] // 2), dilation=dilation)


def attention(q: Tensor, k: Tensor, v: Tensor, heads: int) -> Tensor:
    """(B, C, L) queries to (B, C, L') keys and values, with all logits spelled out."""
    B, C, L = q.shape
    q, k, v = (x.reshape(B * heads, C // heads, -1) for x in (q, k, v))
    scale = (C // heads) ** -0.25
    weights = torch.softmax(torch.einsum("bct,bcs->bts", q * scale, k * scale).float(), dim=-1)
    return torch.einsum("bts,bcs->bct", weights.type(q.dtype), v).reshape(B, C, L)


def resample_video(x: Tensor, way: str) -> Tensor:
    x = x.permute(0, 2, 1, 3, 4)
    x = F.avg_pool3d(x, (1, 2, 2)) if way == "down" else F.interpolate(x, scale_factor=(1, 2, 2), mode="nearest")
    return x.permute(0, 2, 1, 3, 4)


def resample_audio(x: Tensor, way: str) -> Tensor:
    return F.avg_pool1d(x, 4) if way == "down" else F.interpolate(x, scale_factor=4, mode="nearest")


def again(block: Callable[..., Result], *inputs: Tensor) -> Result:
    """The block, whose inside is computed again in the backward pass."""
    return checkpoint(block, *inputs, use_reentrant=False) if torch.is_grad_enabled() else block(*inputs)
