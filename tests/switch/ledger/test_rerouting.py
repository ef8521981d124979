"""Another link for an open row: durable, repeatable, and only while nothing was decided."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from switch.core.operations import Operation, Reroute
from switch.core.outcomes import Closed, Fenced, Missing, Superseded
from switch.core.transaction import State
from switch.ledger.memory import MemoryLedger
from tests.switch.ledger.making import closing, enlisting, key, opening, reversing


def _rerouting(number: int, *, incarnation: int = 1) -> Reroute:
    return Reroute(number, key(), incarnation, "other", b"\x03")


def _ledger(*operations: Operation) -> MemoryLedger:
    ledger = MemoryLedger()
    ledger.submit([enlisting(), *operations])
    return ledger


def test_the_row_has_the_new_link_and_trace_and_is_open_still() -> None:
    ledger = _ledger(opening(1))
    for number in (2, 2, 3):
        outcome = ledger.submit([_rerouting(number)])[0]
        assert isinstance(outcome, Closed)
        assert (outcome.row.record.link, outcome.row.record.trace) == ("other", b"\x03")
        assert outcome.row.state is State.FORWARDED
    (row,) = ledger.transactions()
    assert row.record.link == "other"
    before = _ledger(opening(1)).transactions()[0].record
    assert before.link != "other"
    assert row.record.amount_fen == before.amount_fen


@pytest.mark.parametrize("decided", [closing(2), reversing(2)])
def test_what_was_decided_keeps_its_link(decided: Operation) -> None:
    ledger = _ledger(opening(1), decided)
    assert isinstance(ledger.submit([_rerouting(3)])[0], Superseded)
    assert ledger.transactions()[0].record.link == "bank"


def test_what_is_not_ours_or_not_there_is_refused() -> None:
    assert _ledger(opening(1)).submit([_rerouting(2, incarnation=7)]) == [Fenced()]
    assert _ledger().submit([_rerouting(2)]) == [Missing()]
    assert _ledger(reversing(1)).submit([_rerouting(2)]) == [Missing()]


def test_a_close_may_bring_the_day_that_a_clearing_centre_said() -> None:
    plain = closing(2)
    dated = replace(plain, clearing_day=20140619)
    for close, day in ((plain, 20140618), (dated, 20140619)):
        ledger = _ledger(opening(1), close)
        assert ledger.transactions()[0].record.clearing_day == day
