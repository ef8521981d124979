"""What a person may decide about a bill that the host would not cancel (switch/cli).

Carried out by whoever holds the ledger for writing: the running switch, asked over its control
socket, or the command where no switch runs. The decision and its ground stay in the ledger.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from switch.cli.books.settling import LONGEST_WHY, Store
from switch.cli.books.words import by_hand
from switch.core.operations import SettleBill
from switch.core.outcomes import Closed
from switch.core.social.bill import BillState, is_left
from switch.core.transaction import State
from switch.ledger.protocol import Where
from switch.shell.watching.log import mask_digits

VERDICTS: Final[Mapping[str, BillState]] = {
    "cancelled": BillState.CANCELLED,
    "kept": BillState.PERSON,
    "confirmed": BillState.CONFIRMED,
}
"""How it can end: the host let go of the bill, keeps it and settles it with the person, or booked
it as paid, where the debit's reversal was never acknowledged."""
DECIDE: Final = "bill-resolve"
"""The verb of the control socket."""
_BY_A_PERSON: Final = 0
"""No process ever has this attempt."""


def decide(store: Store, rrn: str, verdict: str, why: str) -> dict[str, Any]:
    """End a bill by a person's word; ValueError says why not."""
    state = VERDICTS.get(verdict)
    if state is None:
        raise ValueError(f"it ends as {', '.join(VERDICTS)}, not as {verdict!r}")
    reason = " ".join(mask_digits(why).split())
    if not reason or len(reason) > LONGEST_WHY:
        raise ValueError(f"a reason has 1 to {LONGEST_WHY} characters")
    rows = store.transactions(1, Where(rrn=rrn)) if rrn else []
    if not rows:
        raise ValueError(f"no transaction with RRN {rrn!r}")
    bill = rows[0].bill
    if bill is None:
        raise ValueError(f"{rrn} has no bill")
    if state is BillState.CONFIRMED:
        if not is_left(rows[0].state, bill):
            raise ValueError(
                f"the bill of {rrn} is {bill.state.name}: only one whose debit is"
                f" {State.REVERSAL_EXPIRED.name} is confirmed by a person"
            )
    elif bill.state is not BillState.PERSON:
        raise ValueError(f"the bill of {rrn} needs no person: it is {bill.state.name}")
    operation = SettleBill(_BY_A_PERSON, rows[0].key, state, by_hand(reason))
    outcome = store.submit([operation])[0]
    if not isinstance(outcome, Closed) or outcome.row.bill is None:
        raise ValueError(f"the bill of {rrn} has changed meanwhile")
    return {"rrn": rrn, "bill": bill.number, "state": outcome.row.bill.state.name}


def bill_verb(store: Store) -> dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]]:
    """Return deciding as a verb of a running switch's control socket."""

    def asked(request: Mapping[str, Any]) -> dict[str, Any]:
        words = (str(request.get(name, "")) for name in ("rrn", "as", "why"))
        return decide(store, *words)

    return {DECIDE: asked}
