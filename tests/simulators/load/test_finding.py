"""The search for the edge: near the true one, confirmed, and never fooled by one lucky run."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.load.finding import MOST_RUNS, Search


def _found(search: Search, edge: float) -> list[float]:
    rates = []
    while (rate := search.next_rate()) is not None:
        rates.append(rate)
        search.tell(rate, "" if rate <= edge else "p99 < 200ms")
    return rates


@given(st.floats(1, 50_000), st.floats(1, 20_000))
def test_the_edge_is_found_within_the_precision_and_confirmed(edge: float, first: float) -> None:
    search = Search(first, most=100_000, precision=0.05, confirmations=2)
    rates = _found(search, edge)
    assert len(rates) <= MOST_RUNS
    if edge >= first / 32:
        assert edge / 1.0501 <= search.edge <= edge
        assert [each.is_confirmation for each in search.tried[-2:]] == [True, True]
        assert search.gave_way() == "p99 < 200ms"


def test_an_edge_above_the_most_is_said_to_be_above() -> None:
    search = Search(10, most=100)
    assert _found(search, 1_000)[-3:] == [100, 100, 100]
    assert search.edge == 100
    assert not search.is_bounded
    assert search.gave_way() == ""


def test_a_host_that_keeps_nothing_has_no_edge() -> None:
    search = Search(64, most=1_000)
    assert _found(search, 0)
    assert search.edge == 0


def test_a_rate_that_passed_by_luck_is_given_up() -> None:
    search = Search(100, most=1_000, precision=0.5)
    true_edge, lucky = 110.0, iter([True])
    while (rate := search.next_rate()) is not None:
        passed = rate <= true_edge or (rate < 200 and next(lucky, False))
        search.tell(rate, "" if passed else "late")
    assert search.edge == pytest.approx(100)
