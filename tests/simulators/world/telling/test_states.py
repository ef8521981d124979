"""Coverage of the state tables: what was met is named, what was not is left over in order."""

from __future__ import annotations

from simulators.world.telling.states import (
    ENGINE_PAIRS,
    LEDGER_PAIRS,
    engine_pairs,
    ledger_pairs,
    never,
)
from switch.core.events import TimePassed
from switch.core.operations import Acknowledge, Launch, ReversalPlan
from switch.core.outcomes import Closed, Opened, OriginalNotFound
from switch.core.transaction import State
from tests.simulators import recording
from tests.switch.ledger import making


def test_an_event_meets_every_state_that_transactions_are_in() -> None:
    history = recording.blank()
    history.met(TimePassed(), {State.FORWARDED, State.OPENING})
    history.met(TimePassed(), set())
    assert engine_pairs(history) == {("FORWARDED", "TimePassed"), ("OPENING", "TimePassed")}


def test_an_operation_meets_the_state_that_its_row_had() -> None:
    history = recording.blank()
    recording.applied(history, making.opening(1), Opened(0, 0))
    recording.applied(history, making.closing(2), Closed(recording.row(State.APPROVED)))
    recording.applied(history, making.opening(3), OriginalNotFound())
    assert ledger_pairs(history) == {
        ("(no row)", "Open"),
        ("FORWARDED", "Close APPROVED"),
        ("APPROVED", "Open"),
    }


def test_what_is_no_pair_of_the_table_moves_its_row_as_well() -> None:
    history, key = recording.blank(), making.opening(1).key
    plan = ReversalPlan("000009", "0618093512", "", 0, 0)
    recording.applied(history, making.opening(1), Opened(0, 0))
    crediting, done = (recording.row(each) for each in (State.CREDITING, State.APPROVED))
    recording.applied(history, Launch(2, key, 1, plan), Closed(crediting))
    recording.applied(history, Acknowledge(3, key, State.APPROVED, "00"), Closed(done))
    assert ledger_pairs(history) == {("(no row)", "Open"), ("CREDITING", "Acknowledge APPROVED")}


def test_a_reversal_before_its_original_leaves_a_row() -> None:
    history = recording.blank()
    recording.applied(history, making.reversing(1), OriginalNotFound())
    recording.applied(history, making.opening(2), Opened(0, 0))
    assert ("FORESTALLED", "Open") in ledger_pairs(history)


def test_what_worlds_meet_is_in_the_tables() -> None:
    history = recording.world(0)
    assert engine_pairs(history) <= set(ENGINE_PAIRS)
    assert ledger_pairs(history) <= set(LEDGER_PAIRS)


def test_the_rest_is_what_was_never_met() -> None:
    met = set(ENGINE_PAIRS[1:])
    assert never(met, ENGINE_PAIRS) == [ENGINE_PAIRS[0]]
