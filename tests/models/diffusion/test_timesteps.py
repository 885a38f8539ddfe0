import numpy as np
import torch

from models.diffusion.schedule import linear_schedule
from models.diffusion.timesteps import draw_timesteps
from models.draws import Draws

SCHEDULE = linear_schedule()
DRAWS = Draws(0, "train", 1, members=range(20_000))


def test_uniform_timesteps_are_all_alike():
    counts = torch.bincount(draw_timesteps(DRAWS, "uniform", SCHEDULE) // 100)
    np.testing.assert_allclose(counts / 20_000, np.full(10, 0.1), atol=0.01)


def test_with_log_snr_all_of_its_range_is_seen_alike():
    log_snr = SCHEDULE.log_snr[draw_timesteps(DRAWS, "log-snr", SCHEDULE)]
    counts, _ = np.histogram(log_snr, bins=10, range=(SCHEDULE.log_snr[-1], SCHEDULE.log_snr[0]))
    np.testing.assert_allclose(counts / 20_000, np.full(10, 0.1), atol=0.03)  # of the first timesteps, one is a third


def test_with_log_snr_a_third_of_the_timesteps_has_little_noise():
    share = (draw_timesteps(DRAWS, "log-snr", SCHEDULE) < 50).double().mean()
    np.testing.assert_allclose(share, 0.31, atol=0.02)


def test_the_first_and_the_last_timestep_can_be_drawn():
    drawn = draw_timesteps(Draws(0, "train", 1, members=range(200_000)), "log-snr", SCHEDULE)
    assert (drawn.min(), drawn.max()) == (0, 999)
    assert drawn.dtype == torch.int64


def test_a_members_timestep_does_not_depend_on_its_batch():
    alone = draw_timesteps(Draws(0, "train", 1, members=[7]), "log-snr", SCHEDULE)
    assert alone == draw_timesteps(DRAWS, "log-snr", SCHEDULE)[7]
