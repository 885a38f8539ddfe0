import golden_digan as golden
import pytest
import torch
import torch.nn.functional as F

from avbench.errors import UsageError
from models.digan.discriminator import as_pairs, frames_of

TOLERANCE = {"rtol": 1e-3, "atol": 1e-5}  # of the golden case
CASE = "discriminator_tiny"


@pytest.fixture(scope="module")
def discriminators():
    return golden.network(CASE).discriminators


@pytest.fixture(scope="module")
def pairs():
    pair_B6HW, gap_B = golden.given(CASE, "pair"), golden.given(CASE, "dt").abs() % 1
    return as_pairs(pair_B6HW.unflatten(1, (2, 3)).transpose(1, 2), gap_B)


def test_a_pair_is_both_frames_and_the_time_between_them(pairs):
    assert torch.equal(pairs[:, :6], golden.given(CASE, "pair"))
    assert torch.equal(pairs[:, 6, 0, 0], golden.given(CASE, "dt").abs() % 1)
    assert torch.equal(frames_of(pairs)[3], pairs[1, 3:6])


def test_equal_the_public_discriminators(discriminators, pairs):
    found = golden.output(CASE)
    with torch.no_grad():
        motion, image = discriminators(pairs)
        x = pairs
        for size in (32, 16, 8):
            x = getattr(discriminators.motion, f"b{size}")(x)
            torch.testing.assert_close(x[:1], found[f"videoD_b{size}"], **TOLERANCE)
    torch.testing.assert_close(motion[:, None], found["logit_video"], **TOLERANCE)
    torch.testing.assert_close(image.reshape(-1, 1), found["logit_image"], **TOLERANCE)
    fooling = F.softplus(-motion).mean() + F.softplus(-image).mean()
    torch.testing.assert_close(fooling, found["loss_G"], **TOLERANCE)


@pytest.mark.parametrize("batch", [1, 2, 4, 8])
def test_a_batch_that_can_be_cut_into_groups_fits(discriminators, batch):
    motion, image = discriminators(torch.randn(batch, 7, 32, 32))
    assert motion.shape == (batch,) and image.shape == (batch, 2)


@pytest.mark.parametrize("batch", [3, 5, 6])
def test_other_batches_are_refused(discriminators, batch):
    with pytest.raises(UsageError, match=f"{batch} pairs of frames at once cannot be cut into the groups of 4"):
        discriminators(torch.randn(batch, 7, 32, 32))


def test_the_motion_discriminator_sees_the_time_between_frames(discriminators, pairs):
    other = pairs.clone()
    other[:, 6] += 0.5
    with torch.no_grad():
        (motion, image), (moved, same) = discriminators(pairs), discriminators(other)
    assert not torch.allclose(motion, moved, atol=1e-3) and torch.equal(image, same)
