import pytest

from avbench.errors import UsageError
from models.mm_diffusion.config import CoupledUNetConfig


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"channel_mult": ()}, "at least one level"),
        ({"blocks_per_level": 0}, "one block per level"),
        ({"windows": (1, 4)}, r"windows \(1, 4\) and cross_attention_factors \(2, 4, 8\) must be as many"),
        ({"windows": (1, 4, 17)}, "a window of 17 frames; it must be between 1 and the 16 of a clip"),
        ({"frames": 4}, "a window of 8 frames; it must be between 1 and the 4 of a clip"),
        ({"self_attention_factors": (3,)}, "attention at factor 3; the levels have 1, 2, 4, 8"),
        ({"channels": 48}, "48 channels at factor 1; they must be a multiple of 32"),
        ({"heads": 3}, "256 channels at factor 2 do not divide into 3 heads"),
        ({"cross_head_channels": 48}, "256 channels at factor 2 do not divide into heads of 48"),
        ({"norm_groups": 0}, "norm_groups is 0; it must be at least 1"),
        ({"dropout": 1.0}, r"dropout is 1.0; it must lie in \[0, 1\)"),
    ],
)
def test_settings_that_contradict_each_other_are_refused(settings, message):
    with pytest.raises(UsageError, match=message):
        CoupledUNetConfig(**settings)
