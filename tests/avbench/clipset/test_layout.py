from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from avbench.clipset.layout import from_row, rational, to_row


@given(st.fractions(0, 100_000, max_denominator=60_000))
def test_floats_of_durations_and_rates_are_exact(number: Fraction):
    assert rational(float(number)) == number


def test_a_row_becomes_its_record_again(stored):
    record = stored("a").record
    assert from_row(to_row(record, shard="s.tar", start=Fraction(8, 5))) == record
