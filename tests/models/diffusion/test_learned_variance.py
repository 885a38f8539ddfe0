import math

import golden_super_resolution as cases
import numpy as np
import pytest
import torch

from models.diffusion.learned_variance import hybrid_losses, learned_log_variance, noise_only
from models.diffusion.schedule import linear_schedule

SCHEDULE = linear_schedule()


@pytest.fixture(scope="module")
def golden_losses():
    given = cases.inputs("sr_tiny_loss")
    t = torch.tensor(cases.CASES["sr_tiny_loss"]["timesteps"])
    network = cases.network()
    with torch.no_grad():
        return hybrid_losses(
            lambda noisy, timesteps: network(noisy, timesteps, given["low_res"]),
            given["x0"],
            given["noise"],
            t,
            SCHEDULE,
        )


def perfect(noise, v=0.0):
    """A network that knows the noise."""
    return lambda noisy, timesteps: torch.cat([noise, torch.full_like(noise, v)], dim=1)


def test_squared_errors_are_those_of_the_released_code(golden_losses):
    assert golden_losses.mse.numpy() == pytest.approx(cases.output("sr_tiny_loss.mse").numpy(), rel=1e-5)


def test_variational_terms_are_those_of_the_released_code_at_every_timestep_with_the_likelihood_at_0(golden_losses):
    assert golden_losses.variational.numpy() == pytest.approx(cases.output("sr_tiny_loss.vb").numpy(), rel=1e-5)


def test_log_variance_lies_between_the_posteriors_and_beta():
    t = torch.tensor([0, 1, 500, 999])
    low, high = (learned_log_variance(torch.full((4, 1), v), t, SCHEDULE)[:, 0] for v in (-1.0, 1.0))
    assert low.numpy() == pytest.approx(SCHEDULE.posterior_log_variance[t], rel=1e-6)
    assert high.numpy() == pytest.approx(np.log(SCHEDULE.betas[t]), rel=1e-6)


def test_nothing_is_lost_where_noise_and_posterior_variance_are_known():
    clean, noise = torch.rand(2, 3, 4, 4) * 2 - 1, torch.randn(2, 3, 4, 4)
    losses = hybrid_losses(perfect(noise, v=-1.0), clean, noise, torch.tensor([1, 999]), SCHEDULE)
    assert losses.mse.tolist() == [0, 0] and losses.variational.numpy() == pytest.approx([0, 0], abs=1e-6)


def test_likelihoods_of_all_256_levels_sum_to_one():
    levels = torch.arange(256) / 127.5 - 1
    clean = levels[:, None, None, None]
    # The noise that puts the estimate of every clean level at the same place.
    alpha_bar = SCHEDULE.alpha_bar[0]
    noise = torch.zeros_like(clean)
    aim = (math.sqrt(alpha_bar) * clean - math.sqrt(alpha_bar) * 0.1) / math.sqrt(1 - alpha_bar)
    losses = hybrid_losses(perfect(aim), clean, noise, torch.zeros(256, dtype=torch.int64), SCHEDULE)
    assert float((2.0**-losses.variational).sum()) == pytest.approx(1, abs=1e-4)


def test_the_variational_term_teaches_the_variance_alone():
    noise = torch.randn(1, 1, 2, 2)
    output = torch.randn(1, 2, 2, 2, requires_grad=True)
    loss = hybrid_losses(lambda noisy, timesteps: output, torch.zeros_like(noise), noise, torch.tensor([9]), SCHEDULE)
    loss.variational.sum().backward()
    assert output.grad is not None and not output.grad[:, 0].any() and output.grad[:, 1].all()


def test_a_network_is_told_the_original_timesteps_of_a_respaced_schedule():
    told = []

    def network(noisy, timesteps):
        told.extend(timesteps.tolist())
        return torch.zeros(len(noisy), 2, 1, 1)

    zero = torch.zeros(2, 1, 1, 1)
    hybrid_losses(network, zero, zero, torch.tensor([1, 24]), SCHEDULE.respaced("ddim25"))
    assert told == [40, 960]


def test_samplers_are_given_the_noise_without_the_variance():
    (noise,) = noise_only(lambda noisy, timesteps: torch.cat([noisy + 1, noisy], dim=1))(
        (torch.zeros(1, 3, 2, 2),), torch.tensor([0])
    )
    assert noise.shape == (1, 3, 2, 2) and noise.eq(1).all()
