from fractions import Fraction

import numpy as np
import pytest

from avbench.errors import UsageError
from pipelines.rendered import synthetic
from pipelines.synthetic import render


def test_gives_the_clips_of_the_embedded_data_set():
    item = synthetic(3, seed=5).items[2]
    truth = render(2, 5)
    with item.open() as recording:
        assert (item.key, recording.label, recording.meta) == (truth.key, truth.label, truth.meta)
        assert np.array_equal(next(recording.frames([Fraction(1, 10)])), truth.video[3])
        assert np.array_equal(recording.sound(Fraction(1, 10), 100, 44_100), truth.audio[:, 4410:4510])


def test_is_silent_beyond_its_end():
    with synthetic(1).items[0].open() as recording:
        assert not recording.sound(recording.stretch.duration, 10, 44_100).any()


def test_refuses_to_make_no_clips():
    with pytest.raises(UsageError, match="at least one"):
        synthetic(0)
