"""The states that transactions went through in a world, for several checkers.

Read from operations and outcomes as the ledger carried them out, not from its tables.
"""

from __future__ import annotations

from collections.abc import Iterator

from simulators.world.history import Applied, History
from switch.core.operations import (
    Acknowledge,
    Close,
    Open,
    Reroute,
    Reverse,
    Row,
)
from switch.core.outcomes import (
    Closed,
    Opened,
    ReversalQueued,
)
from switch.core.transaction import State


def changes(history: History) -> Iterator[tuple[Applied, Row]]:
    """Yield what was carried out and the row, each time that the ledger stored one in a state."""
    for applied in history.applied:
        row = _stored(applied)
        if row is not None:
            yield applied, row


def _stored(applied: Applied) -> Row | None:
    match applied.operation, applied.outcome:
        case Open() as opened, Opened():
            return Row(
                key=opened.key,
                fingerprint=opened.fingerprint,
                state=State.FORWARDED if opened.plan is None else State.ADVISED,
                record=opened.record,
                cap=opened.cap,
                attempt=opened.attempt,
                incarnation=opened.incarnation,
                plan=opened.plan,
                is_reversible=opened.is_reversible,
                taking=opened.taking,
            )
        case ((Close() | Acknowledge() | Reroute()), Closed(row)):
            return row
        case Reverse(), ReversalQueued(row, _):
            return row
    return None
