import golden_digan as golden
import torch

from models.digan.augment import Augmentation
from models.draws import Draws

CASE = golden.CASES["diffaugment"]["inputs"]


def augmentation(**changes):
    """The golden case's, or one that changes nothing but `changes`, of two pairs."""
    if not changes:
        drawn, moved = CASE["uniform_draws"], CASE["translation"]
        brightness, saturation, contrast = (
            torch.tensor(drawn[name]) for name in ("brightness", "saturation", "contrast")
        )
        rows, columns = torch.tensor(moved["axis2_rows"]), torch.tensor(moved["axis3_columns"])
        return Augmentation(brightness - 0.5, 2 * saturation, contrast + 0.5, rows, columns)
    nothing = {"brightness": 0.0, "saturation": 1.0, "contrast": 1.0, "rows": 0, "columns": 0}
    return Augmentation(**{name: torch.tensor([changes.get(name, value)] * 2) for name, value in nothing.items()})


def pairs():
    frames = golden.golden_input(CASE["frames"]["golden_input"], CASE["frames"]["shape"])
    return torch.cat([frames.reshape(2, 6, 16, 16), torch.full((2, 1, 16, 16), 0.3)], dim=1)


def test_equals_the_public_augmentation():
    found = augmentation()(pairs())
    wanted = golden.output("diffaugment")["out"].reshape(2, 6, 16, 16)
    torch.testing.assert_close(found[:, :6], wanted, rtol=1e-4, atol=1e-5)


def test_the_time_between_frames_stays():
    assert torch.equal(augmentation()(pairs())[:, 6], pairs()[:, 6])


def test_what_leaves_a_frame_is_gone_and_what_enters_is_0():
    moved = augmentation(rows=2, columns=-3)(pairs())[:, :6]
    torch.testing.assert_close(moved[:, :, :-2, 3:], pairs()[:, :6, 2:, :-3])
    assert not moved[:, :, -2:].any() and not moved[:, :, :, :3].any()


def test_without_saturation_there_is_grey_and_without_contrast_one_colour():
    grey = augmentation(saturation=0.0)(pairs())[:, :6].unflatten(1, (2, 3))
    torch.testing.assert_close(grey, grey.mean(2, keepdim=True).expand_as(grey))
    flat = augmentation(contrast=0.0)(pairs())[:, :3]
    torch.testing.assert_close(flat, pairs()[:, :3].mean((1, 2, 3), keepdim=True).expand_as(flat))


def test_draws_reach_all_that_is_allowed_and_no_further():
    drawn = Augmentation.drawn(Draws(0, "train", 1, members=range(400)), "real", size=16)
    assert set(drawn.rows.tolist()) == set(drawn.columns.tolist()) == {-2, -1, 0, 1, 2}
    for values, low, high in ((drawn.brightness, -0.5, 0.5), (drawn.saturation, 0, 2), (drawn.contrast, 0.5, 1.5)):
        assert low <= values.min() < low + 0.02 * (high - low) and high - 0.02 * (high - low) < values.max() <= high
