"""Leased numbers: never twice, never zero, unique for a year."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from switch.core.incarnation.trace_numbers import LOW, Numbers, rrn_text, stan_text


@given(st.lists(st.integers(1, 50), min_size=1, max_size=10))
def test_numbers_come_once_and_in_order(sizes: list[int]) -> None:
    numbers, first = Numbers("stan"), 1
    expected: list[int] = []
    for size in sizes:
        numbers.add(first, size)
        expected += range(first, first + size)
        first += size + 7
    assert numbers.left == len(expected)
    assert [numbers.take() for _ in expected] == expected
    assert numbers.take() is None


def test_the_next_block_is_asked_for_once_and_before_it_is_needed() -> None:
    asked: list[int] = []
    numbers = Numbers("rrn")
    numbers.ask = lambda n: asked.append(n.left)
    numbers.add(1, LOW + 2)
    assert asked == []
    numbers.take()
    numbers.take()
    assert asked == []
    numbers.take()
    numbers.take()
    assert asked == [LOW - 1]


def test_what_is_promised_counts_as_given() -> None:
    asked: list[int] = []
    numbers = Numbers("stan")
    numbers.ask = lambda n: asked.append(n.free)
    numbers.add(1, LOW + 1)
    numbers.promise()
    numbers.promise()
    numbers.take()
    assert asked == [LOW - 2]
    numbers.release()
    assert numbers.free == LOW - 1


@given(st.integers(1, 10**12))
def test_a_stan_is_six_digits_and_never_zero(number: int) -> None:
    text = stan_text(number)
    assert len(text) == 6
    assert 1 <= int(text) <= 999_999


@given(st.dates(date(2014, 1, 1), date(2035, 12, 31)), st.integers(1, 10**8 - 1))
def test_an_rrn_is_year_day_and_number(day: date, number: int) -> None:
    text = rrn_text(number, int(f"{day:%Y%m%d}"))
    assert text == f"{day.year % 10}{day:%j}{number:08d}"
