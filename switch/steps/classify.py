"""Stop 6 and 7: is the transaction served here, and does this card, entry and amount fit it.

The transaction itself was recognised by its codes when the request was read (a dialect's
`transactions`); the dedicated social-card type is one of them.
"""

from __future__ import annotations

from messages.reasons import Reason
from switch.core.rules import Decline, Rule
from switch.core.terminals.request import Transaction


def classify(txn: Transaction) -> Decline | None:
    """Refuse a transaction that is known and not open (40), or not for this terminal (58)."""
    txn.trace.append(Rule.TRANSACTION_KNOWN)
    facts: dict[str, object] = {"transaction": txn.rule.id}
    if txn.rule.refuse is not None:
        return Decline(txn.rule.refuse, Rule.TRANSACTION_SERVED, facts)
    if txn.rule.business is None:
        return Decline(Reason.SERVICE_NOT_OPEN, Rule.TRANSACTION_SERVED, facts)
    txn.trace.append(Rule.TRANSACTION_SERVED)
    return None
