"""What a person may do about a reversal (switch/cli): have it sent again, or say how it ended.

Carried out by whoever holds the ledger for writing: the running switch, asked over its control
socket, or this command where no switch runs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from switch.cli.books.words import by_hand
from switch.core.operations import (
    Acknowledge,
    Hasten,
    Row,
)
from switch.core.outcomes import (
    Closed,
)
from switch.core.social.bill import BillState
from switch.core.transaction import State
from switch.ledger.protocol import Books, Ledger, Where
from switch.shell.watching.log import mask_digits

VERDICTS: Final[Mapping[str, tuple[State, bool]]] = {
    "reversed": (State.REVERSED, False),
    "kept": (State.REVERSAL_EXPIRED, False),
    "booked": (State.APPROVED, True),
    "refused": (State.DECLINED, True),
}
"""How it can end by hand, and whether it is an advice that ends so.

A reversal: the money is back, or the withdrawal stands with its hold. A refund or completion that
was advised: the issuer has it, or it never will, and what it took of its original is given back.
"""
_ADVISED: Final = frozenset({State.ADVISED, State.CREDITING, State.ADVICE_EXPIRED})
LONGEST_WHY: Final = 120
"""Characters of a person's reason that the ledger keeps."""
_KEPT: Final = (
    "{rrn} pays bill {bill}, which is {state}: both stand or neither. Once its reversal has expired"
    " and the host has booked the bill, say `jinbao bills resolve {rrn} --as confirmed` and keep"
    " it then; or end it as reversed, and the host is told to let go of the bill"
)
RETRY, RESOLVE = "saf-retry", "saf-resolve"
"""The verbs of the control socket."""
_ATTEMPT: Final = 0
"""No process ever has this attempt, so nothing fences it; both operations may be repeated."""


class Store(Ledger, Books, Protocol):
    """A ledger that is open for writing and for reading."""


def retry(store: Store, rrn: str, now_ms: int) -> dict[str, Any]:
    """Make a queued reversal due now; ValueError says why not."""
    row = _row(store, rrn)
    outcome = store.submit([Hasten(_ATTEMPT, row.key, now_ms)])[0]
    if not isinstance(outcome, Closed):
        raise ValueError(f"{rrn} is not queued: it is {row.state.name}")  # noqa: TRY004
    return {"rrn": rrn, "state": row.state.name}


def resolve(store: Store, rrn: str, verdict: str, why: str) -> dict[str, Any]:
    """End a reversal by a person's word; ValueError says why not."""
    if verdict not in VERDICTS:
        raise ValueError(f"it ends as {', '.join(VERDICTS)}, not as {verdict!r}")
    reason = " ".join(mask_digits(why).split())
    if not reason or len(reason) > LONGEST_WHY:
        raise ValueError(f"a reason has 1 to {LONGEST_WHY} characters")
    row = _row(store, rrn)
    if row.state is State.REVERSED:
        raise ValueError(f"{rrn} is reversed already")
    state, is_of_advices = VERDICTS[verdict]
    if (row.state in _ADVISED) != is_of_advices:
        raise ValueError(f"{rrn} does not end as {verdict}: it is {row.state.name}")
    if verdict == "kept" and row.bill is not None and row.bill.state is not BillState.CONFIRMED:
        raise ValueError(_KEPT.format(rrn=rrn, bill=row.bill.number, state=row.bill.state.name))
    if state is State.DECLINED and row.state in {State.ADVISED, State.CREDITING}:
        raise ValueError(f"{rrn} is still on its way: it can be refused once it has expired")
    outcome = store.submit([Acknowledge(_ATTEMPT, row.key, state, by_hand(reason))])[0]
    if not isinstance(outcome, Closed):
        raise ValueError(f"{rrn} is not on its way: it is {row.state.name}")  # noqa: TRY004
    return {"rrn": rrn, "state": outcome.row.state.name}


def control_verbs(
    store: Store, now_ms: Callable[[], int]
) -> dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]]:
    """Return both as verbs of a running switch's control socket."""

    def asked_retry(request: Mapping[str, Any]) -> dict[str, Any]:
        return retry(store, str(request.get("rrn", "")), now_ms())

    def asked_resolve(request: Mapping[str, Any]) -> dict[str, Any]:
        asked = (str(request.get(name, "")) for name in ("rrn", "as", "why"))
        return resolve(store, *asked)

    return {RETRY: asked_retry, RESOLVE: asked_resolve}


def _row(store: Store, rrn: str) -> Row:
    rows = store.transactions(1, Where(rrn=rrn)) if rrn else []
    if not rows:
        raise ValueError(f"no transaction with RRN {rrn!r}")
    return rows[0]
