"""Holds after quiet: only manual cases may keep one."""

from __future__ import annotations

import pytest

from simulators.checkers.books.holds import check
from switch.core.operations import Advice
from switch.core.transaction import State
from tests.simulators import recording


def test_the_planted_bug_is_seen() -> None:
    assert recording.sees(check, "open-hold")


def test_healthy_worlds_keep_the_promise() -> None:
    assert recording.is_content(check)


@pytest.mark.parametrize("state", [State.FORWARDED, State.IN_DOUBT, State.REVERSING])
def test_an_open_hold_is_seen(state: State) -> None:
    told = list(check(recording.ended(rows=[recording.row(state)])))
    assert told == [f"416900000001 is {state.name} with 50000 fen"]


@pytest.mark.parametrize("state", [State.APPROVED, State.DECLINED, State.REVERSED, State.UNSENT])
def test_what_has_ended_holds_nothing(state: State) -> None:
    assert not list(check(recording.ended(rows=[recording.row(state)])))


def test_a_manual_case_may_hold() -> None:
    expired = recording.row(State.REVERSAL_EXPIRED, reason="expired")
    assert not list(check(recording.ended(rows=[expired])))


def test_a_manual_case_that_the_issuer_acknowledged_is_seen() -> None:
    expired = recording.row(State.REVERSAL_EXPIRED, reason="00")
    assert "manual case although it was answered 00" in next(check(recording.ended(rows=[expired])))


def test_a_queued_reversal_is_seen() -> None:
    reversed_ = recording.row(State.REVERSED)
    queued = [Advice(row=reversed_, tries=1, due_ms=0, owner=1)]
    assert list(check(recording.ended(rows=[reversed_], advices=queued))) == [
        "the reversal of 416900000001 is still queued"
    ]
