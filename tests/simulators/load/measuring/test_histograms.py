"""Histograms: what is counted here is what HdrHistogram counts, encoded, decoded and merged."""

from __future__ import annotations

from math import ceil

import pytest
from hdrh.histogram import HdrHistogram
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.load.measuring.histograms import LONGEST_US, Tally, decoded, encoded, merged

_VALUES = st.lists(st.one_of(st.integers(1, 5_000), st.integers(1, LONGEST_US)), max_size=60)


def _tally(values: list[int]) -> Tally:
    tally = Tally()
    for value in values:
        tally.add(value)
    return tally


@settings(max_examples=25)
@given(_VALUES)
def test_counts_are_those_of_hdr_histogram(values: list[int]) -> None:
    other = HdrHistogram(1, LONGEST_US, 3)
    for value in values:
        other.record_value(value)
    tally = _tally(values)
    if values:
        assert encoded(tally) == other.encode().decode()
        for percentile in (50, 90, 99, 99.9, 100):
            ranked = sorted(values)[ceil(len(values) * percentile / 100) - 1]
            assert tally.percentile_ms(percentile) == pytest.approx(ranked / 1_000, rel=1e-3)
    assert decoded(encoded(tally)) == tally


@settings(max_examples=15)
@given(st.lists(_VALUES, max_size=4))
def test_merging_is_counting_everything_once(parts: list[list[int]]) -> None:
    together = _tally([value for part in parts for value in part])
    assert merged(map(_tally, parts)) == together
    assert merged(decoded(encoded(_tally(part))) for part in parts) == together


@given(_VALUES.filter(bool))
def test_a_curve_rises_to_the_highest_value(values: list[int]) -> None:
    points = _tally(values).curve()
    assert points == sorted(points)
    assert points[-1] == (100, _tally(values).percentile_ms(100))


def test_a_long_curve_is_thinned_but_for_its_tail() -> None:
    points = _tally(list(range(1, 4_000))).curve()
    assert len(points) < 1_000
    assert len([each for each in points if each[0] > 95]) >= 100


def test_mean_and_share() -> None:
    tally = _tally([1_000] * 3 + [5_000])
    assert tally.mean_ms() == pytest.approx(2.0, rel=0.002)
    assert tally.share_above(4_000) == 0.25
    assert Tally().percentile_ms(99) == Tally().mean_ms() == 0


def test_what_is_no_histogram_is_refused() -> None:
    with pytest.raises(ValueError, match="no histogram"):
        decoded("SGVsbG8=")
