"""Other Kinetics-400 classifiers of PyTorchVideo's model zoo, for FVD[i3d_r50] and so on (extra `backbones`).

Their class logits stand in for I3D's. `pytorchvideo.transforms` does not import beside current torchvision, so the
preprocessing of its model zoo is written out here: frames spread evenly over the window, the shorter side scaled,
the middle cropped, colours normalised.
"""

import importlib
import warnings
from pathlib import Path
from typing import ClassVar

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from avbench.errors import MissingError
from avbench.features.checkpoint import StateDict, fill, load_published
from avbench.features.extractor import EXTRACTORS, Compute, Extractor, Forward, Switches
from avbench.features.precision import full_precision

_MEAN, _STD = 0.45, 0.225  # of each colour, the same for the whole model zoo


class Backbone(Extractor):
    """Raw class logits of a network of PyTorchVideo's model zoo."""

    version = "1"
    modality = "video"
    dimensions = 400
    frames: ClassVar[int]  # of each window, spread evenly; repeated where the window has fewer
    side: ClassVar[int] = 256  # pixels of the shorter side before cropping
    crop: ClassVar[int] = 256

    def load(self, checkpoint: Path, compute: Compute, switches: Switches) -> Forward:
        """As every extractor's.

        Raises:
            MissingError: PyTorchVideo is not installed.
        """
        empty = self._network()

        def build(state_dict: StateDict) -> nn.Module:
            fill(empty, state_dict)
            return empty.eval()

        network = load_published(checkpoint, build, under="model_state").to(compute.device)

        def forward(video: Tensor) -> Tensor:
            with (
                full_precision(compute.device),
                torch.autocast(compute.device.type, torch.bfloat16, enabled=compute.bfloat16),
            ):
                logits: Tensor = network(self.preprocess(video.to(compute.device)))
                return logits.float().cpu()

        return forward

    def preprocess(self, video: Tensor) -> Tensor:
        """Float (B, 3, T, H, W) in [0, 1] to the network's input (B, 3, frames, crop, crop), normalised."""
        B, _, T, H, W = video.shape
        chosen = torch.linspace(0, T - 1, self.frames).long()
        frames_NCHW = video[:, :, chosen].transpose(1, 2).flatten(0, 1)
        height, width = (self.side, self.side * W // H) if H < W else (self.side * H // W, self.side)
        frames_NCHW = F.interpolate(frames_NCHW, (height, width), mode="bilinear", align_corners=False)
        top, left = round((height - self.crop) / 2), round((width - self.crop) / 2)
        frames_NCHW = frames_NCHW[:, :, top : top + self.crop, left : left + self.crop]
        normalised = (frames_NCHW - _MEAN) / _STD
        return normalised.reshape(B, self.frames, 3, self.crop, self.crop).transpose(1, 2)

    def _network(self) -> nn.Module:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", FutureWarning)  # it uses torch.jit
                hub = importlib.import_module("pytorchvideo.models.hub")
        except ImportError as error:
            raise MissingError(
                f"features {self.name} need PyTorchVideo ({error}); install it: pip install 'avbench[backbones]'"
            ) from error
        network: nn.Module = getattr(hub, self.name)()
        return network


class I3DR50(Backbone):
    """I3D on ResNet-50, 8 frames."""

    name = weights = "i3d_r50"
    frames = 8


class SlowR50(Backbone):
    """The slow path of SlowFast on ResNet-50, 8 frames."""

    name = weights = "slow_r50"
    frames = 8


class X3DM(Backbone):
    """X3D-M, 16 frames."""

    name = weights = "x3d_m"
    frames = 16

    def _network(self) -> nn.Module:
        network = super()._network()
        # It ends in a softmax, which would flatten what FVD looks at.
        network.get_submodule("blocks.5").activation = nn.Identity()
        return network


class MViTB(Backbone):
    """MViT-B, 16 frames."""

    name = weights = "mvit_base_16x4"
    frames = 16
    crop = 224


for _backbone in (I3DR50(), SlowR50(), X3DM(), MViTB()):
    EXTRACTORS.register(_backbone.name)(_backbone)
