"""Rows while a batch is decided: every amount and every state moves in one place."""

from __future__ import annotations

import pytest

from switch.core.errors import InvariantBroken
from switch.core.operations import (
    Row,
)
from switch.core.transaction import TRANSITIONS, State
from switch.ledger.rows import CapDay, CapKey, ReadSet
from switch.ledger.working import Working
from tests.switch.ledger.making import BUCKET, CARD, DAY, key, opening, plan
from tests.switch.ledger.test_decide import run

TODAY = CapKey(BUCKET, CARD, DAY)


@pytest.fixture
def stored() -> ReadSet:
    """Return what is stored when one withdrawal is open."""
    return run([opening(1)])[0]


def row_of(stored: ReadSet) -> Row:
    """Return the open withdrawal."""
    return stored.transactions[key()]


def test_what_is_stored_stays_and_what_is_written_lies_over_it(stored: ReadSet) -> None:
    working = Working(stored)
    row = working.become(row_of(stored), State.APPROVED)
    assert working.row(key()) is row
    assert row_of(stored).state is State.FORWARDED
    assert working.cap(TODAY) == CapDay(0, 50_000)
    assert stored.caps[TODAY] == CapDay(50_000, 0)


@pytest.mark.parametrize("state", [s for s in State if s not in TRANSITIONS[State.FORWARDED]])
def test_a_state_that_does_not_follow_breaks_an_invariant(stored: ReadSet, state: State) -> None:
    with pytest.raises(InvariantBroken, match="FORWARDED cannot become"):
        Working(stored).become(row_of(stored), state)


def test_releasing_a_hold_that_is_not_there_breaks_an_invariant(stored: ReadSet) -> None:
    stored.caps[TODAY] = CapDay(49_999, 0)
    with pytest.raises(InvariantBroken, match="a hold was not there"):
        Working(stored).become(row_of(stored), State.DECLINED)


def test_a_second_reversal_of_one_original_breaks_an_invariant(stored: ReadSet) -> None:
    working = Working(stored)
    row = working.become(row_of(stored), State.REVERSING, plan=plan())
    working.enqueue(row, 1)
    with pytest.raises(InvariantBroken, match="a second queued message"):
        working.enqueue(row, 1)


def test_a_reversal_without_a_plan_breaks_an_invariant(stored: ReadSet) -> None:
    with pytest.raises(InvariantBroken, match="without a plan"):
        Working(stored).enqueue(row_of(stored), 1)


def test_an_incarnation_that_nobody_knows_has_lapsed() -> None:
    assert Working(ReadSet()).is_lapsed(1, 0)
