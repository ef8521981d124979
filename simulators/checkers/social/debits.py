"""Promise: no card is debited for a bill that is not paid in the end: else it got its money back.

The other side of the promise about bills, told from the same two books.
"""

from __future__ import annotations

from collections.abc import Iterator

from simulators.checkers.finding import Finding
from simulators.checkers.social.both import payments
from simulators.world.history import History

PROMISE = "no debit for a bill that is neither paid nor given back"


def check(history: History) -> Iterator[Finding]:
    """Yield each debit of a card whose bill the host does not have as paid by it."""
    for each in payments(history):
        if each.is_debited and not each.is_paid and not each.is_manual:
            bill = each.due.number if each.due is not None else "none"
            yield Finding(f"{each.rrn} was debited, and bill {bill} is not paid", rrn=each.rrn)
