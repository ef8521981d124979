"""A transaction's states, and the one table that says which may follow which.

The states up to `CLOSE_UNKNOWN` but `FORWARDED` are in memory only; the others stand in the ledger.
An intent (`FORWARDED`) without an outcome is itself the promise of a reversal.
"""

from __future__ import annotations

from enum import IntEnum


class State(IntEnum):
    """Where a financial transaction is."""

    OPENING = 1
    """Its `open` has been submitted."""
    OPEN_UNKNOWN = 2
    """The ledger could not say whether the `open` happened."""
    FORWARDED = 3
    """The intent is durable and the request is with the issuer (ledger: an open intent)."""
    CLOSING = 4
    """Its outcome has been submitted: an answer, a silence, or that it was never sent."""
    CLOSE_UNKNOWN = 5
    """The ledger could not say whether the `close` happened."""
    APPROVED = 6
    """Answered as approved."""
    DECLINED = 7
    """Refused by the issuer; the hold is released."""
    UNSENT = 8
    """Opened and never forwarded; the hold is released."""
    IN_DOUBT = 9
    """The issuer was silent; its 0420 is queued and the hold stays."""
    REVERSING = 10
    """A reversal is queued after an answer or for a terminal's 0400; the amount stays held."""
    REVERSED = 11
    """The issuer acknowledged the reversal with 00 or 25; nothing is held."""
    REVERSAL_EXPIRED = 12
    """The issuer never acknowledged it, or refused it: a manual case, and the hold stays."""
    FORESTALLED = 13
    """Its reversal came before it; it must be refused if it ever comes."""
    ADVISED = 14
    """An advice (0220): its terminal was told that it is accepted, and it is queued for its
    issuer."""
    ADVICE_EXPIRED = 15
    """The issuer refused an advice or never acknowledged it: a manual case."""
    MOVING = 16
    """A transfer: its legs are being carried out, and it is queued until both or none is sure."""
    CREDITING = 17
    """The credit of a transfer is durable and on its way: repeated until its bank says what it
    did."""


HELD = frozenset(
    {State.FORWARDED, State.IN_DOUBT, State.REVERSING, State.REVERSAL_EXPIRED}
    | {State.CREDITING, State.ADVICE_EXPIRED}
)
"""Ledger states in which the amount counts to the cap as held."""

COMMITTED = frozenset({State.APPROVED})
"""Ledger states in which the amount counts to the cap as withdrawn."""

FINAL = frozenset({State.DECLINED, State.UNSENT, State.REVERSED, State.FORESTALLED})
"""Ledger states that nothing follows, and in which nothing is taken of an original."""

TRANSITIONS: dict[State, frozenset[State]] = {
    State.OPENING: frozenset(
        {State.FORWARDED, State.OPEN_UNKNOWN, State.CLOSING, State.ADVISED, State.MOVING}
    ),
    State.OPEN_UNKNOWN: frozenset({State.CLOSING, State.ADVISED}),
    State.FORWARDED: frozenset(
        {State.CLOSING, State.APPROVED, State.DECLINED, State.UNSENT, State.IN_DOUBT}
        | {State.REVERSING, State.CREDITING}
    ),
    State.CLOSING: frozenset(
        {State.APPROVED, State.DECLINED, State.UNSENT, State.IN_DOUBT, State.REVERSING}
        | {State.CLOSE_UNKNOWN}
    ),
    State.CLOSE_UNKNOWN: frozenset(
        {State.APPROVED, State.DECLINED, State.UNSENT, State.IN_DOUBT, State.REVERSING}
    ),
    State.APPROVED: frozenset({State.REVERSING}),
    State.IN_DOUBT: frozenset({State.REVERSED, State.REVERSAL_EXPIRED}),
    State.REVERSING: frozenset({State.REVERSED, State.REVERSAL_EXPIRED}),
    State.REVERSAL_EXPIRED: frozenset({State.REVERSED}),
    State.DECLINED: frozenset(),
    State.UNSENT: frozenset(),
    State.REVERSED: frozenset(),
    State.FORESTALLED: frozenset(),
    State.ADVISED: frozenset({State.APPROVED, State.DECLINED, State.ADVICE_EXPIRED}),
    State.ADVICE_EXPIRED: frozenset({State.APPROVED, State.DECLINED}),
    State.MOVING: frozenset({State.APPROVED, State.DECLINED, State.REVERSING}),
    State.CREDITING: frozenset({State.APPROVED, State.DECLINED, State.ADVICE_EXPIRED}),
}
"""What may follow each state; docs/explanation/states.md draws this table."""
