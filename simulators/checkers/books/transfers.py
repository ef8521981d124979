"""Promise: of a transfer both legs are done in the end, or none; told from the banks' own books.

Where a bank did not give its money back, or never said what it did, a person has to look: the
ledger names such a leg.
"""

from __future__ import annotations

from collections.abc import Iterator

from simulators.checkers.finding import Finding
from simulators.world.history import History
from switch.core.operations import Row
from switch.core.transaction import State
from switch.core.transfers.legs import is_transfer

PROMISE = "both legs of a transfer are done, or none"
_MANUAL = frozenset({State.REVERSAL_EXPIRED, State.ADVICE_EXPIRED})


def check(history: History) -> Iterator[Finding]:
    """Yield each transfer of which one leg alone moved money, or which says otherwise."""
    rows = {row.key: row for row in history.end.rows}
    kept = {
        (origin.transmission, origin.stan)
        for side in history.end.issuers
        for origin, booked in side.accounts.debits.items()
        if not booked.is_returned
    }
    for row in history.end.rows:
        if not is_transfer(row):
            continue
        legs = [rows.get(key) for key in row.linked]
        if any(leg is not None and leg.state in _MANUAL for leg in legs):
            continue
        moved = [_number(leg) in kept for leg in legs]
        rrn = row.record.rrn
        if moved[0] != moved[1]:
            which = "debited and not credited" if moved[0] else "credited and not debited"
            yield Finding(f"{rrn} was {which}", rrn=rrn)
        elif moved[0] != (row.state is State.APPROVED):
            yield Finding(f"{rrn} is {row.state.name}, and its legs say otherwise", rrn=rrn)


def _number(leg: Row | None) -> tuple[str, str]:
    return (leg.record.transmission, leg.record.link_stan) if leg is not None else ("", "")
