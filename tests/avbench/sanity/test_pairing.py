import numpy as np
import pytest

from avbench.sanity.pairing import STRENGTHS, shuffled_partners


@pytest.mark.parametrize("share", STRENGTHS)
@pytest.mark.parametrize("windows", [2, 4, 40])
def test_a_share_of_windows_gets_anothers_sound_and_no_sound_is_lost(share, windows):
    partners = shuffled_partners(windows, share, np.random.default_rng(5))
    assert sorted(partners) == list(range(windows))
    assert (partners != np.arange(windows)).sum() == max(2, round(share * windows))


def test_a_higher_share_moves_more_windows_and_those_of_the_lower_one():
    moved = [
        set(np.flatnonzero(shuffled_partners(40, share, np.random.default_rng(5)) != np.arange(40)))
        for share in STRENGTHS
    ]
    assert all(lower < higher for lower, higher in zip(moved, moved[1:], strict=False))
