"""Promise: no answer leaves without its record in the ledger.

An approval needs its close, an advice its queued 0220, an accepted reversal its queued 0420, a
sign-on its session: each must have been carried out before the frame was written.
"""

from __future__ import annotations

from collections.abc import Iterator

from simulators.checkers.finding import Finding
from simulators.terminals.answers import APPROVED
from simulators.wire import Heard
from simulators.world.history import Applied, History, Told
from switch.core.operations import (
    Acknowledge,
    Close,
    Open,
    Resolve,
    ReversalPlan,
    Reverse,
    Row,
    SignOn,
)
from switch.core.outcomes import (
    Closed,
    NothingToReverse,
    Opened,
    OriginalNotFound,
    Resolved,
    ReversalQueued,
    SessionIs,
)
from switch.core.transaction import State
from switch.core.transfers.legs import is_transfer

PROMISE = "no answer without its ledger record"


class _Recorded:
    """What the ledger has so far: RRNs approved, and (terminal, STAN) of reversals."""

    def __init__(self) -> None:
        self.approved: set[str] = set()
        self.reversed_: set[tuple[str, str]] = set()
        self.unknown: set[tuple[str, str]] = set()
        self.signed_on: set[str] = set()

    def add(self, applied: Applied) -> None:
        match applied.operation, applied.outcome:
            case Close(state=State.APPROVED), Closed(row):
                self.approved.add(row.record.rrn)
            case Acknowledge(state=State.APPROVED), Closed(row) if is_transfer(row):
                self.approved.add(row.record.rrn)
            case Open(plan=ReversalPlan(), record=record, linked=()), Opened():
                self.approved.add(record.rrn)
            case Resolve(), Resolved("done", Row() as row) if row.plan is not None:
                self.approved.add(row.record.rrn)
            case Reverse(key=key), (ReversalQueued() | NothingToReverse()):
                self.reversed_.add((key.terminal, key.stan))
            case Reverse(key=key), OriginalNotFound():
                self.unknown.add((key.terminal, key.stan))
            case SignOn(terminal=terminal), SessionIs():
                self.signed_on.add(terminal)

    def lacks(self, heard: Heard) -> str:
        """Return what an answer says and the ledger does not, empty for nothing."""
        code, place = heard.get(39), (heard.get(41), heard.get(11))
        match heard.mti:
            case "0210" | "0110" | "0230" if (
                code in APPROVED and heard.get(37) not in self.approved
            ):
                return f"{heard.get(37)} was answered {code} before it was recorded"
            case "0410" if code == "00" and place not in self.reversed_:
                return f"the reversal {' '.join(place)} was answered before it was recorded"
            case "0410" if code == "25" and place not in self.unknown:
                return f"the reversal {' '.join(place)} was answered 25 and is not remembered"
            case "0810" if code == "00" and heard.get(41) not in self.signed_on:
                return f"{heard.get(41)} was given keys that are not recorded"
        return ""


def check(history: History) -> Iterator[Finding]:
    """Yield each answer that came before, or without, what it says."""
    recorded = _Recorded()
    entries: list[Applied | Told] = [*history.applied, *history.told]
    for entry in sorted(entries, key=lambda entry: entry.number):
        if isinstance(entry, Applied):
            recorded.add(entry)
        elif lacking := recorded.lacks(entry.heard):
            yield Finding(lacking, rrn=entry.heard.get(37), step=entry.step)
