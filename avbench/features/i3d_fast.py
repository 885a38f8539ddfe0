"""I3D rewritten for speed: the numbers of the readable network (logits within 2e-5) from fewer passes over memory.

Batch normalisation is folded into the convolutions, the three 1x1x1 convolutions that open a block are one, and
channels come last in memory, the order that the convolutions of CPUs and GPUs are fastest in.
"""

import copy
import logging
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from avbench.features.i3d import I3D, Mixed, Unit, same_conv

logger = logging.getLogger(__name__)


def fuse(network: I3D, dtype: torch.dtype = torch.float32) -> I3D:
    """The same network with faster layers, in evaluation mode; `network` stays as it is.

    In bfloat16 its logits move by 0.4 % of their norm. The classifier stays in float32.
    """
    fused = copy.deepcopy(network).eval()
    for name, layer in list(fused.named_children()):
        if isinstance(layer, Unit):
            setattr(fused, name, FusedUnit(_folded(layer)))
        elif isinstance(layer, Mixed):
            setattr(fused, name, FusedMixed(layer))
    fused.to(dtype).logits.float()
    return fused.to(memory_format=torch.channels_last_3d)


class CompiledAtFirstUse:
    """A network compiled for inputs of one shape; the network as it is where that fails, as without a C++ compiler.

    Call it in inference mode only: the weights are frozen into the compiled code, in the layout its convolutions want.
    """

    def __init__(self, network: nn.Module) -> None:
        self._network = network
        self._run: Callable[[Tensor], Tensor] | None = None

    def __call__(self, x: Tensor) -> Tensor:
        if self._run is None:
            self._run = self._compiled(x)
        return self._run(x)

    def _compiled(self, example: Tensor) -> Callable[[Tensor], Tensor]:
        # Not imported at the top: the compiler is slow to import, and short evaluations do without.
        import torch._inductor.config as inductor

        compiled = torch.compile(self._network, dynamic=False)
        try:
            with inductor.patch(freezing=True):
                compiled(example)
        except Exception as error:  # a tool chain can be broken in many ways, and the network runs without one
            reason = (str(error).splitlines() or [""])[0]
            logger.warning("I3D runs uncompiled, a little slower: %s: %s", type(error).__name__, reason)
            return self._network
        return compiled


class FusedUnit(nn.Module):
    """Convolution with 'same' padding, ReLU."""

    def __init__(self, conv: nn.Conv3d) -> None:
        super().__init__()
        self.conv3d = conv

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(same_conv(x, self.conv3d), inplace=True)


class FusedMixed(nn.Module):
    """Inception block whose three 1x1x1 convolutions of the input are one."""

    def __init__(self, block: Mixed) -> None:
        super().__init__()
        heads = [_folded(unit) for unit in (block.b0, block.b1a, block.b2a)]
        self.widths = [head.out_channels for head in heads]
        self.head = FusedUnit(_side_by_side(heads))
        self.b1b = FusedUnit(_folded(block.b1b))
        self.b2b = FusedUnit(_folded(block.b2b))
        self.b3a = block.b3a
        self.b3b = FusedUnit(_folded(block.b3b))

    def forward(self, x: Tensor) -> Tensor:
        b0, b1a, b2a = self.head(x).split(self.widths, dim=1)
        return torch.cat([b0, self.b1b(b1a), self.b2b(b2a), self.b3b(self.b3a(x))], dim=1)


def _folded(unit: Unit) -> nn.Conv3d:
    return fuse_conv_bn_eval(unit.conv3d, unit.bn)


def _side_by_side(convs: list[nn.Conv3d]) -> nn.Conv3d:
    """One 1x1x1 convolution with the outputs of several of the same input."""
    merged = nn.Conv3d(convs[0].in_channels, sum(conv.out_channels for conv in convs), 1)
    merged.load_state_dict(
        {name: torch.cat([conv.state_dict()[name] for conv in convs]) for name in ("weight", "bias")}
    )
    return merged
