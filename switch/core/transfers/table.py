"""What is done next about a transfer (switch/core): one table over the states of parent and legs.

The process that began it and whoever takes it up after a crash decide by what the ledger holds, so
that any of them may stop between any two steps. The credit is taken back before the debit is.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

from switch.core.transaction import State


class Step(Enum):
    """The next thing to do about a transfer."""

    WAIT = "wait"
    """Something is on its way, or a person must look: ask again later."""
    UNDO_CREDIT = "undo the credit"
    """Reverse it, or see to it that it never comes."""
    UNDO_DEBIT = "undo the debit"
    END_BOTH = "both legs are done"
    END_NONE = "neither leg is done, or the debit is being given back"
    END_UNDONE = "both legs are taken back"


_NEVER: Final = None
"""A leg that the ledger does not know."""
_GONE: Final = frozenset({State.FORESTALLED, State.DECLINED, State.UNSENT, State.REVERSED})
_BACK: Final = frozenset({State.IN_DOUBT, State.REVERSING, State.REVERSAL_EXPIRED})
_STANDS: Final = frozenset({State.FORWARDED, State.APPROVED})

_BY_CREDIT: Final[Mapping[tuple[State, State | None], Step]] = {
    (State.MOVING, _NEVER): Step.UNDO_CREDIT,
    (State.MOVING, State.FORWARDED): Step.WAIT,
    (State.MOVING, State.CREDITING): Step.WAIT,
    (State.MOVING, State.ADVICE_EXPIRED): Step.WAIT,
    (State.MOVING, State.APPROVED): Step.END_BOTH,
    (State.MOVING, State.REVERSING): Step.WAIT,
    (State.MOVING, State.REVERSAL_EXPIRED): Step.WAIT,
    (State.REVERSING, _NEVER): Step.UNDO_CREDIT,
    (State.REVERSING, State.FORWARDED): Step.WAIT,
    (State.REVERSING, State.CREDITING): Step.WAIT,
    (State.REVERSING, State.ADVICE_EXPIRED): Step.WAIT,
    (State.REVERSING, State.APPROVED): Step.UNDO_CREDIT,
    (State.REVERSING, State.REVERSING): Step.WAIT,
    (State.REVERSING, State.REVERSAL_EXPIRED): Step.WAIT,
}
"""While there is, or may be, a credit. A reserved one (FORWARDED) is closed by who takes it over;
one that its bank would not give back keeps the debit: both stand until a person has looked."""


def next_step(parent: State, debit: State | None, credit: State | None) -> Step:
    """Return what is to be done; None stands for a leg that the ledger does not know.

    KeyError for a parent that is over.
    """
    if credit not in _GONE:
        return _BY_CREDIT[parent, credit]
    if debit is _NEVER or debit in _STANDS:
        return Step.UNDO_DEBIT
    if parent is State.MOVING:
        return Step.END_NONE
    return Step.WAIT if debit in _BACK else Step.END_UNDONE
