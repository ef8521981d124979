"""Which states met which events (simulators/world): the coverage of the two state tables.

In an engine, an event of a kind arrived while a transaction was in a state; in the ledger, an
operation was decided on a row in a state.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Final, get_args

from simulators.checkers.states import changes
from simulators.world.history import History
from switch.core.events import Event, Started
from switch.core.operations import (
    Acknowledge,
    Close,
    FindOriginal,
    Hasten,
    Open,
    Operation,
    Reroute,
    Resolve,
    Reverse,
    TransactionKey,
)
from switch.core.transaction import State

Pair = tuple[str, str]
"""A state and an event or operation, by name."""

_IN_MEMORY: Final = (
    State.OPENING, State.OPEN_UNKNOWN, State.FORWARDED, State.CLOSING, State.CLOSE_UNKNOWN,
    State.MOVING,
)  # fmt: skip
_NO_ROW: Final = "(no row)"
_BOTH: Final = (State.FORWARDED, State.MOVING)
"""States of a row as well as of what is in memory."""
_ROWS: Final = (
    _NO_ROW,
    *(state.name for state in State if state in _BOTH or state not in _IN_MEMORY),
)
_CLOSES: Final = tuple(
    f"Close {state.name}"
    for state in (State.APPROVED, State.DECLINED, State.UNSENT, State.IN_DOUBT)
)
_ENDS: Final = tuple(
    f"Acknowledge {state.name}"
    for state in (
        State.REVERSED,
        State.REVERSAL_EXPIRED,
        State.APPROVED,
        State.ADVICE_EXPIRED,
        State.DECLINED,
    )
)
_OPERATIONS: Final = (
    "Open",
    "Reroute",
    *_CLOSES,
    "Reverse",
    *_ENDS,
    "FindOriginal",
    "Resolve",
    "Hasten",
)
_EVENTS: Final = tuple(kind.__name__ for kind in get_args(Event) if kind is not Started)

ENGINE_PAIRS: Final = tuple(product((state.name for state in _IN_MEMORY), _EVENTS))
"""Every state in memory with every kind of event."""
LEDGER_PAIRS: Final = tuple(product(_ROWS, _OPERATIONS))
"""Every state of a row, or none, with every operation on a transaction."""


def engine_pairs(history: History) -> set[Pair]:
    """Return the pairs that engines met in a world."""
    return {(state.name, event) for state, event in history.pairs}


def ledger_pairs(history: History) -> set[Pair]:
    """Return the pairs that the ledger decided in a world."""
    before: dict[TransactionKey, str] = {}
    stored = {applied.number: row for applied, row in changes(history)}
    found: set[Pair] = set()
    for applied in history.applied:
        operation = applied.operation
        key, name = getattr(operation, "key", None), _name(operation)
        if key is None:
            continue
        if name:
            found.add((before.get(key, _NO_ROW), name))
        row = stored.get(applied.number)
        if row is not None:
            before[key] = row.state.name
        elif isinstance(operation, Reverse) and key not in before:
            before[key] = State.FORESTALLED.name
    return found


def _name(operation: Operation) -> str:
    """Return an operation on a transaction by name, empty for any other."""
    match operation:
        case Close(state=state) | Acknowledge(state=state):
            return f"{type(operation).__name__} {state.name}"
        case Open() | Reroute() | Reverse() | FindOriginal() | Resolve() | Hasten():
            return type(operation).__name__
    return ""


def never(met: Iterable[Pair], pairs: tuple[Pair, ...]) -> list[Pair]:
    """Return the pairs that were not met, in the order of the table."""
    known = set(met)
    return [pair for pair in pairs if pair not in known]
