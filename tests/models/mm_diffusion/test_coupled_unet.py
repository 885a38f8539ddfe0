import dataclasses

import golden_mm_diffusion as golden
import numpy as np
import pytest
import torch

from avbench.errors import UsageError
from models.diffusion.objective import noise_losses
from models.diffusion.schedule import linear_schedule
from models.mm_diffusion.config import PAPER, CoupledUNetConfig
from models.mm_diffusion.coupled_unet import CoupledUNet

SMALL = CoupledUNetConfig(
    channels=32,
    channel_mult=(1, 2),
    blocks_per_level=1,
    frames=4,
    self_attention_factors=(2,),
    cross_attention_factors=(1, 2),
    windows=(2, 1),
    cross_head_channels=16,
)


@pytest.fixture
def small(awake) -> CoupledUNet:
    return awake(CoupledUNet(SMALL))


@pytest.fixture
def noisy() -> tuple[torch.Tensor, ...]:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(2, 3, 4, 8, 8, generator=generator), torch.randn(2, 1, 64, generator=generator)


T = torch.tensor([3, 700])


@pytest.mark.parametrize("case", golden.FORWARDS)
def test_predicts_what_the_released_code_predicts(case):
    with torch.no_grad():
        ours = golden.network(case)(*golden.inputs(case), golden.timesteps(case), golden.shifts(case))
    for own, released in zip(ours, golden.outputs(case), strict=True):
        assert (own - released).abs().max() / released.std() < golden.CASES[case]["compare"]["max_abs_over_std"]


def test_every_block_gives_what_that_of_the_released_code_gives():
    case = "tinyA_shiftK"
    network, found = CoupledUNet.from_published(golden.state_dict(case), **golden.settings(case)), {}
    blocks = {f"input_blocks.{number}": block for number, block in enumerate(network.encoder, start=1)}
    blocks |= {f"output_blocks.{number}": block for number, block in enumerate(network.decoder)}
    blocks |= {"middle_blocks": network.middle}
    for name, block in blocks.items():
        block.register_forward_hook(lambda block, given, state, name=name: found.update({name: state}))
    with torch.no_grad():
        network(*golden.inputs(case), golden.timesteps(case), golden.shifts(case))
    assert found.keys() == golden.CASES[case]["block_stats"].keys() - {"input_blocks.0"}
    for name, state in found.items():
        for x, released in zip(state, golden.CASES[case]["block_stats"][name].values(), strict=True):
            assert x.mean() == pytest.approx(released["mean"], abs=1e-4 * released["std"]), name
            assert x.std(correction=0) == pytest.approx(released["std"], rel=1e-4), name
            assert x.abs().sum() == pytest.approx(released["abs_sum"], rel=1e-4), name


def test_losses_and_gradients_of_a_training_step_are_those_of_the_released_code():
    case, shifts = golden.CASES["train_tinyA"], golden.shifts("train_tinyA")
    network = CoupledUNet.from_published(golden.state_dict("train_tinyA"), **golden.settings("train_tinyA"))
    losses = noise_losses(
        lambda state, t: network(*state, t, shifts),
        golden.inputs("train_tinyA", "x0."),
        golden.inputs("train_tinyA", "noise."),
        golden.timesteps("train_tinyA"),
        linear_schedule(),
    )
    torch.stack(losses).sum(0).mean().backward()
    for own, stream in zip(losses, ("video", "audio"), strict=True):
        assert own.tolist() == pytest.approx(case["terms"][f"mse_{stream}"], rel=case["compare"]["terms_rel"])
    gradients = dict(zip(network.to_published(), (p.grad for p in network.parameters()), strict=True))
    norms = {key: gradient.norm().item() for key, gradient in gradients.items()}
    # A bias before a normalisation of its channel alone has no gradient but rounding.
    assert norms == pytest.approx(case["grad_l2_by_key"], rel=case["compare"]["grad_l2_rel"], abs=1e-6)


def test_has_the_released_networks_133_million_parameters():
    with torch.device("meta"):
        network = CoupledUNet(PAPER)
    assert sum(parameter.numel() for parameter in network.parameters()) == 133_675_524


def test_a_fresh_network_predicts_no_noise(noisy):
    assert all(not noise.any() for noise in CoupledUNet(SMALL)(*noisy, T))


def test_a_timestep_may_lie_between_two(small, noisy):
    low, between, high = (small(*noisy, torch.full((2,), t))[0] for t in (500, 500.5, 501))
    assert torch.dist(low, between) < torch.dist(low, high) and torch.dist(between, high) < torch.dist(low, high)


def test_samples_of_a_batch_do_not_see_each_other(small, noisy):
    shifts = small.draw_shifts(np.random.default_rng(0))
    together = small(*noisy, T, shifts)
    alone = small(*(x[1:] for x in noisy), T[1:], shifts)
    for of_batch, single in zip(together, alone, strict=True):
        torch.testing.assert_close(of_batch[1:], single, atol=1e-4, rtol=0)


def test_the_15_shifts_of_the_released_network_leave_room_for_the_window():
    with torch.device("meta"):
        network = CoupledUNet(PAPER)
    windows = [1, 1, 4, 4, 8, 8] + [8] * 3 + [4] * 3 + [1] * 3
    assert network.shift_ranges == [16 - window + 1 for window in windows]


def test_shifts_come_from_the_generator_and_reach_both_ends(small):
    draws = torch.stack([small.draw_shifts(np.random.default_rng(seed)) for seed in range(100)])
    assert torch.equal(draws[7], small.draw_shifts(np.random.default_rng(7))) and draws.dtype == torch.int64
    assert draws.amin(0).tolist() == [0] * 6
    assert draws.amax(0).tolist() == [most - 1 for most in small.shift_ranges]


def test_no_shifts_are_shifts_of_zero(small, noisy):
    zero = torch.zeros(len(small.shift_ranges), dtype=torch.int64)
    assert all(map(torch.equal, small(*noisy, T), small(*noisy, T, zero)))


def test_every_shift_matters(small, noisy):
    plain = small(*noisy, T)
    for number in range(len(small.shift_ranges)):
        shifted = small(*noisy, T, torch.eye(len(small.shift_ranges), dtype=torch.int64)[number])
        assert all(torch.dist(a, b) > 1e-3 for a, b in zip(plain, shifted, strict=True))


def test_a_network_without_random_shift_draws_none_and_gives_what_others_give_unshifted(small, noisy):
    fixed = CoupledUNet(dataclasses.replace(SMALL, random_shift=False)).eval()
    fixed.load_state_dict(small.state_dict())
    shifts = fixed.draw_shifts(np.random.default_rng(0))
    assert len(shifts) == 0 and all(map(torch.equal, fixed(*noisy, T, shifts), small(*noisy, T)))


def test_checkpointing_activations_changes_no_gradient(small, noisy):
    small.train()
    shifts = small.draw_shifts(np.random.default_rng(0))
    kept, again = (gradients(small, noisy, shifts, checkpointing) for checkpointing in (False, True))
    assert all(map(torch.equal, kept, again))


def gradients(network, noisy, shifts, checkpointing):
    network.activation_checkpointing = checkpointing
    network.zero_grad()
    torch.manual_seed(0)  # of the dropout
    video, audio = network(*noisy, T, shifts)
    (video.square().mean() + audio.square().mean()).backward()
    return [parameter.grad for parameter in network.parameters()]


@pytest.mark.parametrize(
    ("video", "audio", "message"),
    [
        (
            (2, 3, 4, 9, 8),
            (2, 1, 64),
            r"video of shape \(2, 3, 4, 9, 8\).* \(B, 3, 4, H, W\) with H and W multiples of 2",
        ),
        ((2, 3, 5, 8, 8), (2, 1, 64), r"video of shape \(2, 3, 5, 8, 8\)"),
        ((2, 1, 4, 8, 8), (2, 1, 64), r"video of shape \(2, 1, 4, 8, 8\)"),
        ((2, 3, 4, 8, 8), (2, 1, 66), r"audio of shape \(2, 1, 66\).* \(B, 1, S\) with S a multiple of 4"),
        ((2, 3, 4, 8, 8), (2, 2, 64), r"audio of shape \(2, 2, 64\)"),
        ((2, 3, 4, 8, 8), (2, 1, 12), "3 audio positions at this level for 4 frames"),
    ],
)
def test_a_shape_the_network_does_not_take_is_refused_by_name(video, audio, message, small):
    with pytest.raises(UsageError, match=message):
        small(torch.zeros(video), torch.zeros(audio), T)


def test_shifts_of_another_network_are_refused(small, noisy):
    with pytest.raises(UsageError, match="15 shifts for 6 blocks that shift"):
        small(*noisy, T, torch.zeros(15, dtype=torch.int64))
