"""Promise: no bill is paid, and none stays reserved, without a debit of its card.

Told from the host's own books and the banks' own accounts. What a person has to look at stands in
the ledger: a reversal that a bank refused, a cancellation that the host refused.
"""

from __future__ import annotations

from collections.abc import Iterator

from simulators.checkers.finding import Finding
from simulators.checkers.social.both import payments
from simulators.world.history import History

PROMISE = "no bill is paid, or stays reserved, without a debit"


def check(history: History) -> Iterator[Finding]:
    """Yield each bill that the host has as paid or reserved for what no card paid."""
    for each in payments(history):
        if each.is_manual or each.due is None:
            continue
        bill = each.due.number
        if each.is_paid and not each.is_debited:
            yield Finding(f"bill {bill} is paid by {each.rrn}, and no card was", rrn=each.rrn)
        elif each.is_held:
            yield Finding(f"bill {bill} stays reserved by {each.rrn}", rrn=each.rrn)
