"""Promise: when all is quiet, nothing is held that no person must look at.

Manual cases may hold: they stand in the list of reversals that need a person.
"""

from __future__ import annotations

from collections.abc import Iterator

from simulators.checkers.finding import Finding
from simulators.world.history import History
from switch.core.transaction import HELD, State

PROMISE = "no hold is open after quiet"


def check(history: History) -> Iterator[Finding]:
    """Yield each transaction that is still open, and each queued reversal."""
    for row in history.end.rows:
        is_manual = row.state in _MANUAL
        is_inquiry = row.state is State.IN_DOUBT and not row.is_reversible
        if row.state in HELD and not is_manual and not is_inquiry:
            what = f"{row.record.rrn} is {row.state.name} with {row.record.amount_fen} fen"
            yield Finding(what, rrn=row.record.rrn)
        if is_manual and row.reason in _CLEAN:
            what = f"{row.record.rrn} is a manual case although it was answered {row.reason}"
            yield Finding(what, rrn=row.record.rrn)
    for advice in history.end.advices:
        rrn = advice.row.record.rrn
        what = "advice" if advice.row.state is State.ADVISED else "reversal of"
        yield Finding(f"the {what} {rrn} is still queued", rrn=rrn)


_MANUAL = frozenset({State.REVERSAL_EXPIRED, State.ADVICE_EXPIRED})
_CLEAN = frozenset({"00", "25"})
