"""The states of a bill: every one has its followers, and a queued one ends."""

from __future__ import annotations

from switch.core.social.bill import BILL_TRANSITIONS, FOLLOWS, QUEUED, BillState
from switch.core.transaction import State


def test_every_state_of_a_bill_has_its_followers() -> None:
    assert set(BILL_TRANSITIONS) == set(BillState)


def test_what_follows_from_a_debit_may_follow_a_reservation() -> None:
    assert set(FOLLOWS.values()) <= BILL_TRANSITIONS[BillState.RESERVING]


def test_while_a_debit_is_in_doubt_its_bill_waits() -> None:
    waits = {State.FORWARDED, State.IN_DOUBT, State.REVERSING, State.REVERSAL_EXPIRED}
    assert not waits & set(FOLLOWS)


def test_only_what_is_owed_to_the_host_is_queued() -> None:
    ends = {state for state, after in BILL_TRANSITIONS.items() if not after}
    assert not ends & QUEUED
    assert all(BILL_TRANSITIONS[state] for state in QUEUED)
