"""Plain integers that add up, and buckets of powers of two."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from switch.shell.watching.counters import BUCKETS, COUNTERS, WAITS, Counters, Histogram

_WAITS_NS = st.lists(st.integers(0, 10**13), min_size=1, max_size=60)


@given(_WAITS_NS)
def test_every_wait_is_counted_once_in_the_bucket_that_holds_it(waits: list[int]) -> None:
    for wait in waits:
        histogram = Histogram()
        histogram.record(wait)
        (bucket,) = [n for n, count in enumerate(histogram.buckets) if count]
        wait_us = wait // 1_000
        assert wait_us < 2**bucket
        assert bucket == 0 or wait_us >= 2 ** (bucket - 1)


@given(_WAITS_NS, st.floats(0.01, 1.0))
def test_a_quantile_is_a_bound_that_so_many_waits_kept_and_at_most_double(
    waits: list[int], share: float
) -> None:
    histogram = Histogram()
    for wait in waits:
        histogram.record(wait)
    bound = histogram.quantile_us(share)
    kept = sum(wait // 1_000 < bound for wait in waits)
    assert kept >= share * len(waits)
    assert sum(wait // 1_000 < bound // 2 for wait in waits) < share * len(waits) or bound == 1


def test_waits_beyond_the_last_bucket_and_below_none_are_counted_too() -> None:
    histogram = Histogram()
    histogram.record(10**30)
    histogram.record(-5)
    assert histogram.buckets[BUCKETS - 1] == 1
    assert histogram.buckets[0] == 1
    assert histogram.count == 2


def test_a_summary_of_nothing_is_zeros() -> None:
    assert set(Histogram().summary().values()) == {0}


def test_every_counter_says_what_it_counts() -> None:
    counters = Counters()
    counters.accepted += 2
    assert counters.plain() == {name: 2 if name == "accepted" else 0 for name in COUNTERS}
    assert counters.waits().keys() == WAITS.keys()
    assert set(Counters.__slots__) == COUNTERS.keys() | WAITS.keys()
