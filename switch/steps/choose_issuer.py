"""Stop 9: which issuer, and over which link; a BIN table and one link each for now.

Answers 15. Whether the link is up is asked when the request is about to be opened.
"""

from __future__ import annotations

from messages.reasons import Reason
from switch.core.rules import Decline, Rule
from switch.core.terminals.request import Transaction


def choose_issuer(txn: Transaction) -> Decline | None:
    """Find the issuer of the card's range."""
    issuer = txn.configuration.issuers.get(txn.card.issuer)
    if issuer is None:
        return Decline(Reason.ISSUER_UNKNOWN, Rule.ISSUER_KNOWN)
    txn.issuer, txn.issuer_id, txn.link = issuer, issuer.id, issuer.links[0]
    txn.trace.append(Rule.ISSUER_KNOWN)
    return None
