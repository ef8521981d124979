"""Promise: what an issuer's answer says is nothing to the switch where its MAC is wrong.

Told from what the switch asked of the ledger when it got such a frame, whose content may be another
than what its bank said. A transaction may become doubtful then, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator

from simulators.checkers.finding import Finding
from simulators.world.history import History
from switch.core.operations import (
    Acknowledge,
    Close,
    Launch,
    Operation,
    Row,
    SettleBill,
    TransactionKey,
)
from switch.core.transaction import State

PROMISE = "nothing is done because of an answer whose MAC is wrong"


def check(history: History) -> Iterator[Finding]:
    """Yield each time that the switch did what such a frame said."""
    rows = {row.key: row for row in history.end.rows} if history.believed else {}
    for step, operation in history.believed:
        key: TransactionKey | None = getattr(operation, "key", None)
        row = rows.get(key) if key is not None else None
        if row is not None and believes(operation, row):
            rrn, name = row.record.rrn, type(operation).__name__
            what = f"a {name} of {rrn} came of an answer whose MAC is wrong"
            yield Finding(what, rrn=rrn, step=step)


def believes(operation: Operation, row: Row) -> bool:
    """Tell whether an operation is what an answer said, and no doubt about it.

    What has no reversal, an inquiry, is simply over when it is in doubt.
    """
    if isinstance(operation, Close):
        is_refused = operation.state is State.DECLINED and row.is_reversible
        return operation.state is State.APPROVED or is_refused
    return isinstance(operation, Acknowledge | Launch | SettleBill)
