import pytest
import torch
from torch import nn

from models.config import TrainingConfig
from models.training.ema import EMA


@pytest.fixture
def network():
    network = nn.Linear(1, 1, bias=False)
    nn.init.ones_(network.weight)
    return network


def average(network, values, *, decay=0.5, warmup=False, ramp=0.0):
    """The EMA after the weight took the given values."""
    ema = EMA(network, TrainingConfig(steps=1, batch_size=1, ema_decay=decay, ema_warmup=warmup, ema_ramp=ramp))
    for value in values:
        nn.init.constant_(network.weight, value)
        ema.update()
    return ema


def test_equals_the_recursion(network):
    with average(network, [3.0, 5.0], decay=0.5).applied():
        assert network.weight.item() == 0.5 * (0.5 * 1 + 0.5 * 3) + 0.5 * 5


def test_with_a_warm_up_the_first_weights_are_soon_forgotten(network):
    # (1 + n) / (10 + n): 1/10, then 2/11.
    with average(network, [3.0, 5.0], decay=0.9999, warmup=True).applied():
        assert network.weight.item() == pytest.approx(2 / 11 * (0.1 * 1 + 0.9 * 3) + 9 / 11 * 5)


def test_the_warm_up_ends_at_the_decay(network):
    ema = average(network, [1.0] * 20, decay=0.6, warmup=True)
    assert ema.decay == 0.6


def test_with_a_ramp_the_half_life_is_a_share_of_the_steps_so_far(network):
    # StyleGAN2: nothing of the first weights is left, and after 40 steps the half-life is 2 of them.
    ema = average(network, [3.0], decay=0.9999, ramp=0.05)
    assert ema.distance() == 0
    for _ in range(39):
        ema.update()
    assert ema.decay == pytest.approx(0.5 ** (1 / 2))


def test_the_ramp_ends_at_the_decay(network):
    assert average(network, [1.0] * 40, decay=0.6, ramp=0.05).decay == 0.6


def test_what_is_frozen_is_not_averaged():
    network = nn.Sequential(nn.Linear(1, 1, bias=False), nn.Linear(1, 1, bias=False).requires_grad_(False))
    ema = EMA(network, TrainingConfig(steps=1, batch_size=1, ema_decay=0.0))
    nn.init.constant_(network[1].weight, 7.0)
    with ema.applied():
        assert network[1].weight.item() == 7.0


def test_the_network_gets_its_own_weights_back_to_the_last_bit(network):
    ema = average(network, [0.1, 0.7])
    before = network.weight.detach().clone()
    with ema.applied():
        assert not torch.equal(network.weight, before)
    assert torch.equal(network.weight, before)


def test_the_average_is_kept_in_float32(network):
    network.bfloat16()
    ema = average(network, [1.0] * 3, decay=0.999)
    nn.init.constant_(network.weight, 1.5)
    for _ in range(10):  # each moves the average by less than a bfloat16 can tell at 1
        ema.update()
    assert ema.distance() == pytest.approx(0.5 * 0.999**10 / 1.5, rel=1e-3)


def test_its_distance_is_relative_to_the_weights(network):
    assert average(network, [4.0], decay=0.5).distance() == pytest.approx(abs(2.5 - 4) / 4)


def test_reset_makes_it_equal_to_the_weights(network):
    ema = average(network, [4.0])
    ema.reset()
    assert ema.distance() == 0
