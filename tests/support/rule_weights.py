"""Weights by rule: checkpoints in the published formats whose every number follows from its key.

Golden cases fix a network's weights by rule instead of shipping them: each tensor of a state dict is drawn from a
generator seeded by its own key, so any implementation with the same keys and shapes gets the same numbers. NumPy's
legacy `RandomState` is used because its stream is frozen across versions.
"""

import json
import math
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.signal import get_window
from torch import Tensor

# Keys and shapes of the published checkpoints.
_KEYS = Path(__file__).resolve().parents[1] / "golden" / "features"

# With the plain rule the signal of I3D decays layer by layer and all videos look the same to it.
_I3D_GAIN = 1.5
_VISUAL_GAIN = 1.2


def golden_input(name: str, shape: Sequence[int], scale: float = 1.0) -> Tensor:
    """A standard-normal float32 input of `shape`, seeded by `name`, times `scale`."""
    return torch.as_tensor(scale * _normal(name, shape), dtype=torch.float32)


def fill(state_dict: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """A copy of `state_dict` in which every floating-point tensor holds what the rule gives for its key.

    With z standard normal: `*running_var` 0.5 + |z|; `*running_mean` 0.1 z; normalisation gains (vectors called
    `*weight`) 1 + 0.1 z; other vectors and scalars 0.1 z; all else z / sqrt(fan-in).
    """
    return {key: _filled(key, tensor) for key, tensor in state_dict.items()}


def i3d_checkpoint() -> dict[str, Tensor]:
    """What `i3d_pretrained_400.pt` holds: its keys and shapes, without `num_batches_tracked`."""
    weights = fill(_empty("i3d_keys.json"))
    return {
        key: tensor * _I3D_GAIN if tensor.ndim > 1 else tensor
        for key, tensor in weights.items()
        if not key.endswith("num_batches_tracked")
    }


def audioclip_checkpoint() -> dict[str, Tensor]:
    """What `AudioCLIP-Full-Training.pt` holds: `audio.*`, `visual.*` and the text tower's remains."""
    weights = fill(_empty("audioclip_keys.json"))
    for key, tensor in weights.items():
        if key.startswith("visual.") and tensor.ndim == 4:
            weights[key] = tensor * _VISUAL_GAIN
    window = get_window("blackmanharris", weights["audio.window"].numel())  # periodic, as torch's windows
    weights["audio.window"] = torch.as_tensor(window, dtype=torch.float32)
    # The plain rule makes fb negative and its square root NaN; these stay near their meaning.
    bands = weights["audio.fbsp.fc"].numel()
    m, fb, fc = (golden_input(f"audio.fbsp.{name}", (bands,)) for name in ("m", "fb", "fc"))
    weights["audio.fbsp.m"] = 0.5 * m.abs()
    weights["audio.fbsp.fb"] = 1 + 0.1 * fb
    weights["audio.fbsp.fc"] = torch.arange(bands) + 0.1 * fc
    return weights


def vggish_checkpoint() -> dict[str, Tensor]:
    """What `vggish-10086976.pth` holds."""
    return fill(_empty("vggish_keys.json"))


def clap_checkpoint() -> dict[str, Tensor]:
    """The sound tower of what `clap-htsat-unfused.bin` holds, but for the places within attention's windows."""
    weights = fill(_empty("clap_keys.json"))
    return {key: tensor for key, tensor in weights.items() if not key.endswith("relative_position_index")}


def _empty(keys_file: str) -> dict[str, Tensor]:
    shapes: dict[str, list[int]] = json.loads((_KEYS / keys_file).read_text())
    return {
        key: torch.zeros(shape, dtype=torch.int64 if key.endswith("num_batches_tracked") else torch.float32)
        for key, shape in shapes.items()
    }


def _normal(name: str, shape: Sequence[int]) -> NDArray[np.float64]:
    return np.random.RandomState(zlib.crc32(name.encode())).standard_normal(tuple(shape))


def _filled(key: str, tensor: Tensor) -> Tensor:
    if not tensor.is_floating_point():
        return tensor.clone()
    z: NDArray[np.floating] = _normal(key, tensor.shape).astype(np.float32)
    if key.endswith("running_var"):
        z = 0.5 + np.abs(z)
    elif key.endswith("running_mean"):
        z = 0.1 * z
    elif z.ndim <= 1:
        z = 1 + 0.1 * z if key.endswith("weight") else 0.1 * z
    else:
        z = z / math.sqrt(math.prod(z.shape[1:]))
    return torch.as_tensor(z, dtype=tensor.dtype)
