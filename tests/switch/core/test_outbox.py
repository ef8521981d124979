"""The outbox: tickets, attempts that never repeat, and things to do later."""

from __future__ import annotations

import pytest

from switch.core.deadlines import NEVER
from switch.core.effects import Report, Submit
from switch.core.errors import InvariantBroken
from switch.core.moment import Moment
from switch.core.operations import (
    ATTEMPT_BITS,
    LoadSession,
)
from switch.core.outbox import Outbox
from switch.core.outcomes import (
    Outcome,
    Renewed,
)


def test_effects_belong_to_one_turn() -> None:
    outbox = Outbox()
    first = outbox.begin(Moment(0, 0))
    outbox.report("one", why="because")
    second = outbox.begin(Moment(1, 1))
    assert first == [Report("one", {"why": "because"})]
    assert second == []


def test_an_outcome_reaches_whoever_asked_and_only_once() -> None:
    outbox = Outbox()
    got: list[Outcome] = []
    effects = outbox.begin(Moment(0, 0))
    outbox.submit(LoadSession(1, "50010001"), got.append)
    effect = effects[0]
    assert isinstance(effect, Submit)
    assert outbox.outstanding == 1
    outbox.answered(effect.ticket, Renewed())
    assert got == [Renewed()]
    assert outbox.outstanding == 0
    assert not outbox.is_waiting
    with pytest.raises(InvariantBroken):
        outbox.answered(effect.ticket, Renewed())


def test_keys_that_nobody_asked_for_break_an_invariant() -> None:
    with pytest.raises(InvariantBroken):
        Outbox().drawn(3, bytes(16), bytes(8))


def test_attempts_begin_with_the_incarnation() -> None:
    outbox = Outbox()
    outbox.incarnation = 7
    assert [outbox.attempt(), outbox.attempt()] == [7 << ATTEMPT_BITS | n for n in (1, 2)]


def test_what_is_for_later_is_done_when_it_is_due_and_counts_as_waiting() -> None:
    outbox = Outbox()
    done: list[str] = []
    outbox.begin(Moment(0, 0))
    outbox.after(20, lambda: done.append("second"))
    outbox.after(10, lambda: done.append("first"))
    assert outbox.is_waiting
    assert outbox.next_due_ns() == outbox.wake_ns == 10_000_000
    outbox.expire(9_999_999)
    assert done == []
    outbox.expire(20_000_000)
    assert done == ["first", "second"]
    assert outbox.next_due_ns() == NEVER
    assert not outbox.is_waiting
