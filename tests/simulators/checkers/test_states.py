"""The states of transactions, read from what the ledger carried out."""

from __future__ import annotations

import pytest

from simulators.checkers.states import changes
from switch.core.operations import Operation
from switch.core.outcomes import (
    CapExceeded,
    Closed,
    Fenced,
    Opened,
    Outcome,
    ReversalQueued,
    Unknown,
)
from switch.core.transaction import State
from tests.simulators import recording
from tests.switch.ledger import making


@pytest.mark.parametrize(
    ("operation", "outcome", "state"),
    [
        (making.opening(1), Opened(0, 0), State.FORWARDED),
        (making.closing(2), Closed(recording.row(State.APPROVED)), State.APPROVED),
        (
            making.reversing(3),
            ReversalQueued(recording.row(State.REVERSING), is_first=True),
            State.REVERSING,
        ),
        (making.acknowledging(4), Closed(recording.row(State.REVERSED)), State.REVERSED),
    ],
)
def test_what_the_ledger_stored_is_a_change(
    operation: Operation, outcome: Outcome, state: State
) -> None:
    history = recording.blank()
    recording.applied(history, operation, outcome)
    assert [(done.number, row.state) for done, row in changes(history)] == [(1, state)]


@pytest.mark.parametrize(
    ("operation", "outcome"),
    [
        (making.opening(1), CapExceeded(0, 0, 0)),
        (making.opening(1), Unknown()),
        (making.closing(2), Fenced()),
    ],
)
def test_what_was_refused_is_none(operation: Operation, outcome: Outcome) -> None:
    history = recording.blank()
    recording.applied(history, operation, outcome)
    assert not list(changes(history))
