"""The features of FVD and KVD: I3D's class logits of a window, with the preprocessing of the published evaluation."""

import math
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from avbench.features.checkpoint import load_published
from avbench.features.extractor import EXTRACTORS, Compute, Extractor, Forward, Switches
from avbench.features.i3d import CLASSES, I3D, SIZE
from avbench.features.i3d_fast import CompiledAtFirstUse, fuse
from avbench.features.precision import full_precision

# Windows that the network sees at once. On a CPU more of them fall out of its caches, and one alone misses the fast
# convolutions of oneDNN, which PyTorch keeps for batches.
_CPU_CHUNK, _GPU_CHUNK = 2, 16
# Windows from which on compiling pays: it takes 20 to 40 s and saves 10 to 250 ms a window, most on few cores.
_COMPILE_FROM = 250


class I3DExtractor(Extractor):
    """Raw Kinetics-400 logits, averaged over time: FVD and KVD as the video generation papers report them."""

    name = "i3d"
    version = "1"
    modality = "video"
    weights = "i3d"
    dimensions = CLASSES

    def load(self, checkpoint: Path, compute: Compute, switches: Switches) -> Forward:
        dtype = torch.bfloat16 if compute.bfloat16 else torch.float32
        fused = fuse(load_published(checkpoint, I3D.from_published), dtype).to(compute.device)
        on_cpu = compute.device.type == "cpu"
        chunk_size = _CPU_CHUNK if on_cpu else _GPU_CHUNK
        network = CompiledAtFirstUse(fused) if on_cpu and compute.windows >= _COMPILE_FROM else fused

        def forward(video: Tensor) -> Tensor:
            with full_precision(compute.device):
                return torch.cat([logits(chunk) for chunk in torch.split(video, chunk_size)])

        def logits(chunk: Tensor) -> Tensor:
            # Always as many: a row then doesn't depend on how many come with it, and one compiled shape does for all.
            filled = torch.cat([chunk, chunk[:1].expand(chunk_size - len(chunk), *chunk.shape[1:])])
            rows: Tensor = network(preprocess(filled.to(compute.device)).to(dtype))
            return rows[: len(chunk)].cpu()

        return forward


def preprocess(video: Tensor) -> Tensor:
    """Scales the shorter side to 224 and crops the middle.

    Args:
        video: float32 (B, 3, T, H, W) in [0, 1].

    Returns:
        float32 (B, 3, T, 224, 224) in [-1, 1], channels last in memory.

    Source: the preprocessing that DIGAN, TATS and MM-Diffusion share; bilinear without antialiasing.
    """
    B, _, T, H, W = video.shape
    scale = SIZE / min(H, W)
    # One side may come out a pixel larger than exact arithmetic has it: the released code multiplies floats, too.
    height, width = (SIZE, math.ceil(W * scale)) if H < W else (math.ceil(H * scale), SIZE)
    frames_NCHW = video.transpose(1, 2).flatten(0, 1).contiguous(memory_format=torch.channels_last)
    frames_NCHW = F.interpolate(frames_NCHW, (height, width), mode="bilinear", align_corners=False)
    top, left = (height - SIZE) // 2, (width - SIZE) // 2
    frames_NCHW = frames_NCHW[:, :, top : top + SIZE, left : left + SIZE]
    frames_NCHW = frames_NCHW.contiguous(memory_format=torch.channels_last).sub(0.5).mul_(2)
    return frames_NCHW.view(B, T, 3, SIZE, SIZE).transpose(1, 2)


EXTRACTORS.register(I3DExtractor.name)(I3DExtractor())
