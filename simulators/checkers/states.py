"""The states that transactions went through in a world, for several checkers.

Read from operations and outcomes as the ledger carried them out, not from its tables.
"""

from __future__ import annotations

from simulators.world.history import Applied, History
from switch.core.operations import (
    Acknowledge,
    Close,
    Launch,
    Open,
    Reroute,
    Reverse,
    Row,
    SettleBill,
)
from switch.core.outcomes import (
    Closed,
    Opened,
    ReversalQueued,
)
from switch.core.transaction import State


def changes(history: History) -> list[tuple[Applied, Row]]:
    """Return what was carried out and the row, for each time that the ledger stored one."""
    return history.once("changes", _changes)


def _changes(history: History) -> list[tuple[Applied, Row]]:
    return [(each, row) for each in history.applied if (row := _stored(each)) is not None]


def _stored(applied: Applied) -> Row | None:
    match applied.operation, applied.outcome:
        case Open() as opened, Opened():
            return Row(
                key=opened.key,
                fingerprint=opened.fingerprint,
                state=_opened_as(opened),
                record=opened.record,
                cap=opened.cap,
                attempt=opened.attempt,
                incarnation=opened.incarnation,
                plan=opened.plan,
                is_reversible=opened.is_reversible,
                taking=opened.taking,
                bill=opened.bill,
                linked=opened.linked,
            )
        case ((Close() | Launch() | Acknowledge() | Reroute() | SettleBill()), Closed(row)):
            return row
        case Reverse(), ReversalQueued(row, _):
            return row
    return None


def _opened_as(opened: Open) -> State:
    if opened.plan is None:
        return State.FORWARDED
    return State.MOVING if opened.linked else State.ADVISED
