import numpy as np
import pytest
import torch
from torch._dynamo.testing import CompileCounter

from models.mm_diffusion.config import CoupledUNetConfig
from models.mm_diffusion.coupled_unet import CoupledUNet

SMALL = CoupledUNetConfig(
    channels=32,
    channel_mult=(1, 2),
    blocks_per_level=1,
    frames=4,
    self_attention_factors=(2,),
    cross_attention_factors=(1, 2),
    windows=(1, 2),
    cross_head_channels=16,
)


def test_a_block_compiles_without_a_break_and_once_for_all_shifts():
    block = CoupledUNet(SMALL).decoder[1]  # one that has all a block can have
    state, skip = ((torch.randn(2, 4, 4, 4, width), torch.randn(2, 16, width)) for width in (64, 32))
    embedding = torch.randn(2, 32)
    assert compilations(block, [(state, embedding, torch.tensor(shift), skip) for shift in (0, 1, 2)]) == 1


@pytest.mark.slow
@pytest.mark.parametrize("checkpointing", [False, True])
def test_the_network_compiles_without_a_break_and_once_for_all_shifts(checkpointing):
    network = CoupledUNet(SMALL)
    network.activation_checkpointing = checkpointing
    noisy = torch.randn(2, 3, 4, 8, 8), torch.randn(2, 1, 64), torch.tensor([3, 700])
    draws = [network.draw_shifts(np.random.default_rng(seed)) for seed in range(3)]
    assert compilations(network, [(*noisy, shifts) for shifts in draws]) == 1


def compilations(module, calls):
    """How often the module is compiled for training steps on the given arguments; a break in its graph is an error."""
    torch._dynamo.reset()
    counter = CompileCounter()
    compiled = torch.compile(module, backend=counter, fullgraph=True)
    for arguments in calls:
        sum(x.sum() for x in compiled(*arguments)).backward()
    return counter.frame_count
