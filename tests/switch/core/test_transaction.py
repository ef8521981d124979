"""The one table of states: what may follow what, and what each means for the cap."""

from __future__ import annotations

from switch.core.transaction import COMMITTED, FINAL, HELD, TRANSITIONS, State


def test_every_state_is_in_the_table_and_can_be_reached() -> None:
    assert TRANSITIONS.keys() == set(State)
    reached = set().union(*TRANSITIONS.values())
    # A transaction begins as OPENING; FORESTALLED is written by a reversal that came first.
    assert set(State) - reached == {State.OPENING, State.FORESTALLED}


def test_nothing_follows_a_final_state_and_something_follows_every_other() -> None:
    assert {state for state, after in TRANSITIONS.items() if not after} == FINAL


def test_money_is_never_held_or_committed_at_the_end() -> None:
    assert not FINAL & (HELD | COMMITTED)
    assert not HELD & COMMITTED


def test_only_a_durable_intent_is_followed_by_a_doubt() -> None:
    before = {state for state, after in TRANSITIONS.items() if State.IN_DOUBT in after}
    assert before == {State.FORWARDED, State.CLOSING, State.CLOSE_UNKNOWN}
