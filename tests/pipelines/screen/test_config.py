from fractions import Fraction

import pytest

from avbench.errors import UsageError
from pipelines.screen import ScreenConfig


@pytest.mark.parametrize("wrong", [{"max_silence": 1.5}, {"max_black": -0.1}, {"min_seconds": Fraction(-1)}])
def test_refuses_limits_that_cannot_be(wrong):
    with pytest.raises(UsageError, match=next(iter(wrong))):
        ScreenConfig(**wrong)


def test_reads_as_json():
    as_dict = ScreenConfig(min_fps=Fraction(24), keep=frozenset({"still", "black"})).as_dict()
    assert (as_dict["min_fps"], as_dict["keep"], as_dict["max_cuts"]) == ("24", ["black", "still"], None)
