"""Visits, agreements, placement, and shares that come to the amount exactly."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from switch.settlement.calendar import Calendar, Quarter
from switch.settlement.villages import (
    PointFacts,
    placements,
    plan,
    shares,
    unvisited,
    visited,
    without_agreement,
)

_QUARTER = Quarter.parse("2014Q3")
_POINT = PointFacts(
    merchant="1", name="Clinic", village="A", district="D", open_from=date(2014, 6, 17),
    agreement=date(2014, 6, 17), is_whole=True,
)  # fmt: skip


@pytest.mark.parametrize(
    ("day", "times"),
    [(date(2014, 6, 30), 0), (date(2014, 7, 1), 1), (date(2014, 9, 30), 1), (date(2014, 10, 1), 0)],
)
def test_a_visit_counts_in_its_quarter(day: date, times: int) -> None:
    point = replace(_POINT, visits=(day,))
    assert visited(point, _QUARTER) == times
    assert unvisited([point], _QUARTER) == ([] if times else [point])


def test_a_point_that_opens_later_owes_no_visit() -> None:
    assert unvisited([replace(_POINT, open_from=date(2014, 10, 1))], _QUARTER) == []


@pytest.mark.parametrize(
    ("changes", "is_missing"),
    [
        ({}, False),
        ({"agreement": None}, True),
        ({"is_whole": False}, True),
        ({"agreement": date(2014, 10, 1)}, True),
        ({"agreement_until": date(2014, 9, 29)}, True),
        ({"agreement_until": date(2014, 9, 30)}, False),
        ({"open_from": date(2014, 10, 1), "agreement": None}, False),
    ],
)
def test_an_agreement_is_in_force_or_missing(
    changes: dict[str, object], *, is_missing: bool
) -> None:
    point = replace(_POINT, **changes)
    assert bool(without_agreement([point], _QUARTER.last)) is is_missing


def test_visits_are_spread_over_working_days_the_longest_unvisited_first() -> None:
    points = [
        replace(_POINT, merchant=f"{n}", visits=(date(2014, 6, n),) if n else ())
        for n in range(1, 10)
    ]
    points.append(replace(_POINT, merchant="never"))
    points.append(replace(_POINT, merchant="done", visits=(date(2014, 8, 1),)))
    calendar = Calendar()
    found = plan(points, _QUARTER, calendar)
    assert [visit.point.merchant for visit in found][:2] == ["never", "1"]
    assert "done" not in {visit.point.merchant for visit in found}
    assert all(calendar.is_working(visit.by) for visit in found)
    assert sorted(visit.by for visit in found) == [visit.by for visit in found]
    assert found[-1].by == date(2014, 9, 30)
    assert found[0].last is None


def test_the_bank_with_most_cards_should_place_the_terminal() -> None:
    cards = {"A": {"1": 800, "2": 799}, "B": {"1": 5, "2": 5}, "C": {"2": 9}}
    points = [
        replace(_POINT, owners=("2",)),
        replace(_POINT, village="B", owners=("1", "2")),
        replace(_POINT, village="C", owners=("20",)),
        replace(_POINT, village="D", owners=("7",)),
    ]
    found = placements(cards, points, {"2": "two", "20": "two"})
    assert [(each.village, each.should, each.is_right) for each in found] == [
        ("A", ("1",), False),
        ("B", ("1", "2"), True),
        ("C", ("2",), True),
        ("D", (), True),
    ]


@given(
    st.integers(0, 10**12),
    st.dictionaries(st.text(min_size=1, max_size=3), st.integers(0, 10**6), min_size=1, max_size=9),
)
def test_shares_come_to_the_amount_and_none_is_a_fen_off(
    total_fen: int, weights: dict[str, int]
) -> None:
    whole = sum(weights.values())
    if not whole:
        with pytest.raises(ValueError, match="there are none"):
            shares(total_fen, weights)
        return
    found = shares(total_fen, weights)
    assert sum(found.values()) == total_fen
    for name, weight in weights.items():
        exact = total_fen * weight
        assert found[name] * whole - exact < whole
        assert exact - found[name] * whole < whole
        assert weight or not found[name]


def test_the_largest_remainders_get_what_is_left() -> None:
    assert shares(100, {"a": 1, "b": 1, "c": 1}) == {"a": 34, "b": 33, "c": 33}
    assert shares(10, {"a": 26, "b": 26, "c": 48}) == {"a": 3, "b": 2, "c": 5}
    with pytest.raises(ValueError, match="there are none"):
        shares(-1, {"a": 1})
