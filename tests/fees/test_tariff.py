"""Prices, their steps, and which version is in force."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fees.tariff import FREE, Ceiling, Price, Step, in_force, latest_first, make_price
from simulators.checkers.books.slow_fees import price

_FEN = st.integers(0, 999_999_999_999)


@given(
    _FEN,
    st.integers(0, 10_000),
    st.integers(0, 1_000_000),
    st.integers(0, 5_000),
    st.integers(0, 5_000) | st.none(),
)
def test_a_price_is_what_decimals_say(
    fen: int, fixed_fen: int, rate_ppm: int, least_fen: int, above_fen: int | None
) -> None:
    entry = {"fixed_fen": fixed_fen, "rate_ppm": rate_ppm, "least_fen": least_fen}
    if above_fen is not None:
        entry["most_fen"] = least_fen + above_fen
    assert make_price([Step(**entry)]).fee_fen(fen, 85) == price(entry, fen, 15)


def test_a_step_holds_up_to_its_end_inclusive() -> None:
    made = make_price([Step(up_to_fen=200, fixed_fen=2), Step(up_to_fen=500, fixed_fen=5), Step()])
    assert [made.fee_fen(fen) for fen in (0, 200, 201, 500, 501)] == [2, 2, 5, 5, 0]


@pytest.mark.parametrize(
    ("steps", "complaint"),
    [
        ([], "at least one step"),
        ([Step(up_to_fen=5)], "last step has no up_to_fen"),
        ([Step(), Step()], "grow"),
        ([Step(up_to_fen=5), Step(up_to_fen=5), Step()], "grow"),
        ([Step(up_to_fen=9), Step(up_to_fen=5), Step()], "grow"),
        ([Step(least_fen=2, most_fen=1)], "below"),
    ],
)
def test_steps_that_leave_an_amount_without_a_price_are_refused(
    steps: list[Step], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        make_price(steps)


def test_only_a_single_step_without_a_rate_is_flat() -> None:
    assert FREE.is_flat
    assert Price((Step(fixed_fen=3),)).is_flat
    assert not Price((Step(rate_ppm=1),)).is_flat
    assert not Price((Step(up_to_fen=1), Step())).is_flat


def _ceiling(day: int) -> Ceiling:
    return Ceiling(valid_from=day, clause="c", price=FREE)


def test_the_version_in_force_is_the_latest_that_has_begun() -> None:
    versions = latest_first([_ceiling(20100101), _ceiling(20150101), _ceiling(20120101)])
    found = [in_force(versions, day) for day in (20091231, 20100101, 20141231, 20150101, 20991231)]
    assert [each and each.valid_from for each in found] == [
        None, 20100101, 20120101, 20150101, 20150101,
    ]  # fmt: skip


def test_two_versions_of_one_day_are_refused() -> None:
    with pytest.raises(ValueError, match="20100101"):
        latest_first([_ceiling(20100101), _ceiling(20100101)])
