"""The cap of a card's day: seen when it is passed, on whatever day, and when counters disagree."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from simulators.checkers.books.cap import check
from simulators.world.setting import CAPS
from switch.core.operations import CapCheck, Open
from switch.core.outcomes import CapExceeded, Closed, Opened, TotalsAre
from switch.core.transaction import State
from tests.simulators import recording
from tests.switch.ledger import making

_OPENED = Opened(0, 0)


def test_the_planted_bug_is_seen() -> None:
    assert recording.sees(check, "over-cap")


@pytest.mark.parametrize("plant", ["half-cap", "kept-cap"])
def test_a_refusal_while_there_is_room_is_seen(plant: str) -> None:
    assert recording.sees(check, plant)


def test_healthy_worlds_keep_the_promise() -> None:
    assert recording.is_content(check)


def test_two_withdrawals_that_fit_one_by_one_and_not_together_are_seen() -> None:
    history = recording.blank()
    recording.applied(history, making.opening(1, 1, 60_000), _OPENED)
    recording.applied(history, making.opening(2, 2, 60_000), _OPENED)
    assert list(check(history)) == ["621999******0120 has 120000 fen on 20140618, cap 100000"]


def _remitted(number: int, fen: int, cap: CapCheck | None) -> Open:
    record = replace(making.record(fen), kind="cash_remittance_credit")
    return replace(making.opening(number, number, fen), record=record, cap=cap)


def test_what_is_remitted_counts_apart_and_to_the_cap_of_its_own_counter() -> None:
    history, counted = recording.blank(), CapCheck(2014_06_18 + 4_000_00_00, 200_000)
    history.configuration = replace(
        history.configuration, caps=(*CAPS[:-1], replace(CAPS[-1], from_day=20110101))
    )
    recording.applied(history, making.opening(1, 1, 100_000), _OPENED)
    recording.applied(history, _remitted(2, 150_000, counted), _OPENED)
    assert not list(check(history))
    recording.applied(history, _remitted(3, 60_000, counted), _OPENED)
    said = "621999******0120 has 210000 fen of remittances on 20140618, cap 200000"
    assert list(check(history)) == [said]


def test_what_is_remitted_before_its_counter_is_open_or_to_no_counter_is_seen() -> None:
    history, counted = recording.blank(), CapCheck(2014_06_18 + 4_000_00_00, 200_000)
    recording.applied(history, _remitted(2, 10_000, counted), _OPENED)
    assert "of remittances on 20140618, cap 0" in next(check(history))
    record = replace(making.record(), kind="cash_remittance_credit")
    history = recording.ended(rows=[recording.row(State.APPROVED, record=record, cap=None)])
    assert "counts to nothing" in next(check(history))


def test_what_was_declined_before_counts_no_more() -> None:
    history = recording.blank()
    recording.applied(history, making.opening(1, 1, 60_000), _OPENED)
    declined = recording.row(State.DECLINED, record=making.record(60_000))
    recording.applied(history, making.closing(2, 1, State.DECLINED), Closed(declined))
    recording.applied(history, making.opening(3, 2, 60_000), _OPENED)
    assert not list(check(history))


def test_the_cap_itself_may_be_reached() -> None:
    history = recording.blank()
    recording.applied(history, making.opening(1, 1, 100_000), _OPENED)
    assert not list(check(history))


def test_a_withdrawal_on_a_day_that_is_not_its_own_is_seen() -> None:
    history = recording.blank()
    recording.applied(history, making.opening(1, day=20140620), _OPENED)
    assert "counts to 20140620, opened on 20140618" in next(check(history))


def test_a_withdrawal_that_moves_to_another_day_is_seen() -> None:
    history = recording.blank()
    recording.applied(history, making.opening(1), _OPENED)
    moved = replace(recording.row(State.APPROVED), cap=CapCheck(20140619, 100_000))
    recording.applied(history, making.closing(2), Closed(moved))
    assert "moved from day 20140618 to 20140619" in next(check(history))


def test_counters_that_differ_from_the_rows_are_seen() -> None:
    history = recording.ended(
        rows=[recording.row(State.IN_DOUBT)], totals=TotalsAre({}, 40_000, 0, 0)
    )
    assert list(check(history)) == ["rows hold 50000 fen, the cap counters say 40000"]


def test_a_refusal_says_what_the_day_has_and_only_where_there_is_no_room() -> None:
    history = recording.blank()
    recording.applied(history, making.opening(1, 1, 60_000), _OPENED)
    recording.applied(history, making.opening(2, 2, 50_000), CapExceeded(100_000, 0, 60_000))
    assert not list(check(history))
    recording.applied(history, making.opening(3, 3, 50_000), CapExceeded(100_000, 60_000, 0))
    said = "has 60000 and 0 on 20140618, a refusal said 0 held and 60000 committed"
    assert [each.partition(" ")[2] for each in check(history)] == [said]
    recording.applied(history, making.opening(4, 4, 40_000), CapExceeded(100_000, 0, 60_000))
    room = "40000 fen of 621999******0120 were refused on 20140618 at 60000 of 100000"
    assert list(check(history))[1:] == [room]


def test_a_day_whose_counter_is_not_what_its_rows_say_is_seen() -> None:
    row = recording.row(State.APPROVED)
    assert row.cap is not None
    day = (row.key.card, row.cap.day)
    totals = TotalsAre({}, 0, 50_000, 0)
    right = recording.ended(rows=[row], totals=totals, caps={day: (0, 50_000)})
    assert not list(check(right))
    other = (day[0], 20140619)
    wrong = recording.ended(rows=[row], totals=totals, caps={other: (0, 50_000)})
    found = [each.partition("its counter says ")[2] for each in check(wrong)]
    assert found == ["0 and 0", "0 and 50000"]
    bare = recording.ended(rows=[row], totals=TotalsAre({}, 0, 0, 0))
    assert list(check(bare)) == ["rows commit 50000 fen, the cap counters say 0"]


def test_worlds_look_at_what_the_ledger_has_of_each_day() -> None:
    histories = [recording.world(seed) for seed in range(8)]
    assert any(history.end.caps for history in histories)
    history = next(history for history in histories if history.end.caps)
    said = history.end.caps or {}
    history.end, kept = replace(history.end, caps=dict.fromkeys(said, (1, 1))), history.end
    assert list(check(history))
    history.end = kept
