"""The second leg of a payment: its bill at the social-security host, and what may become of it.

One promise for both legs: the bill follows what becomes of the debit, as the table below says. What
is owed to the host stands in the ledger with the debit, in the queue of reversals.
"""

from __future__ import annotations

from enum import IntEnum

import msgspec

from switch.core.transaction import State


class BillState(IntEnum):
    """Where the bill of a transaction is."""

    RESERVING = 1
    """It is being reserved, or is reserved: what becomes of it depends on the card."""
    CONFIRMING = 2
    """The card was debited: a confirmation is queued until the host answers it."""
    CONFIRMED = 3
    """The host said that it is paid (or, of a void, that it is open again)."""
    CANCELLING = 4
    """Nothing was debited, or it was given back: a cancellation is queued."""
    CANCELLED = 5
    """The host let go of it, or never reserved it."""
    PERSON = 6
    """The host refused to cancel it: a manual case."""


FOLLOWS: dict[State, BillState] = {
    State.APPROVED: BillState.CONFIRMING,
    State.DECLINED: BillState.CANCELLING,
    State.UNSENT: BillState.CANCELLING,
    State.REVERSED: BillState.CANCELLING,
}
"""What a bill becomes with its debit. While a debit is in doubt its bill waits for the 0420."""

QUEUED = frozenset({BillState.CONFIRMING, BillState.CANCELLING})
"""States in which the host is told until it answers."""

BILL_TRANSITIONS: dict[BillState, frozenset[BillState]] = {
    # Reserved and at once confirmed: by a person, whose host says so of a debit that is kept.
    BillState.RESERVING: frozenset(
        {BillState.CONFIRMING, BillState.CONFIRMED, BillState.CANCELLING, BillState.CANCELLED}
    ),
    BillState.CONFIRMING: frozenset({BillState.CONFIRMED, BillState.CANCELLING}),
    BillState.CONFIRMED: frozenset({BillState.CANCELLING}),
    BillState.CANCELLING: frozenset({BillState.CANCELLED, BillState.PERSON}),
    BillState.CANCELLED: frozenset(),
    BillState.PERSON: frozenset({BillState.CANCELLED}),
}
"""What may follow each state; docs/explanation/states.md explains it."""


_WAITS_FOR_A_PERSON = frozenset({BillState.RESERVING, BillState.CONFIRMING})
STANDS: dict[State, frozenset[BillState]] = {
    State.APPROVED: frozenset({BillState.CONFIRMING, BillState.CONFIRMED}),
    **dict.fromkeys(
        (State.DECLINED, State.UNSENT, State.REVERSED),
        frozenset({BillState.CANCELLING, BillState.CANCELLED, BillState.PERSON}),
    ),
    **dict.fromkeys((State.FORWARDED, State.IN_DOUBT), frozenset({BillState.RESERVING})),
    **dict.fromkeys(
        (State.REVERSING, State.REVERSAL_EXPIRED),
        frozenset({BillState.RESERVING, BillState.CONFIRMING, BillState.CONFIRMED}),
    ),
}
"""Where a bill may be while its debit is in a state that stands in the ledger."""


class Bill(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A bill as the ledger holds it beside its debit.

    `number` is the host's (S5), `service` what it is for (S1), `link` the line to the host, `code`
    DE 3 of the messages about it, `told` DE 39 of the host's last answer.
    """

    number: str
    service: str
    link: str
    code: str
    state: BillState = BillState.RESERVING
    told: str = ""


def is_left(state: State, bill: Bill | None) -> bool:
    """Tell whether nobody but a person ends a bill: its debit's reversal was never acknowledged."""
    return (
        bill is not None and state is State.REVERSAL_EXPIRED and bill.state in _WAITS_FOR_A_PERSON
    )


def is_owed(state: State, bill: Bill | None) -> bool:
    """Tell whether the host must still be told what became of a bill."""
    return bill is not None and state in FOLLOWS and bill.state in QUEUED


def stands(state: State, bill: Bill | None) -> bool:
    """Tell whether a bill is where its debit puts it."""
    return bill is None or bill.state in STANDS.get(state, frozenset())
