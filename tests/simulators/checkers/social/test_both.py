"""A bill and its debit side by side, and the payments whose bill was refused."""

from __future__ import annotations

from simulators.checkers.social.both import payments, refused_late
from switch.core.outcomes import Closed, Superseded
from switch.core.social.bill import BillState
from switch.core.transaction import State
from tests.simulators import recording
from tests.simulators.checkers import social
from tests.switch.ledger import making


def test_both_sides_of_a_payment_are_told() -> None:
    paid = social.row(State.APPROVED, BillState.CONFIRMED)
    [both] = payments(social.history(social.books(), paid))
    assert (both.rrn, both.is_paid, both.is_held, both.is_debited) == (
        recording.RRN,
        True,
        False,
        True,
    )
    [both] = payments(social.history(social.books(confirms=False), debits=False))
    assert (both.is_paid, both.is_held, both.is_debited) == (False, True, False)


def test_without_a_host_there_is_nothing() -> None:
    assert payments(recording.blank()) == []


def test_a_bill_that_was_refused_is_known_by_its_place() -> None:
    history = recording.blank()
    refusal = making.answering(1, state=BillState.CANCELLING, told="05")
    row = recording.row(State.REVERSING)
    recording.applied(history, refusal, Superseded(row))
    assert not refused_late(history)
    recording.applied(history, refusal, Closed(row))
    key = refusal.key
    assert refused_late(history) == {(key.terminal, key.batch, key.stan)}
