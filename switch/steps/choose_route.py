"""Stop 9: which issuer, which way leads there, and which of its lines can be used now.

Answers 15, and 92 where no line of a registered class leads there. That no line can be used now is
said when the request is about to be opened: it may repeat what was answered long ago.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from messages.reasons import Reason
from routing.choose import choose
from routing.table import Case
from switch.core.rules import Decline, Rule
from switch.core.social.routes import to_host, with_bill
from switch.core.terminals.request import Transaction

_CASES: Final[Mapping[Case, Rule]] = {
    Case.ON_US: Rule.ROUTE_ON_US,
    Case.DIRECT: Rule.ROUTE_DIRECT,
    Case.MEMBER: Rule.ROUTE_MEMBER,
}


def choose_route(txn: Transaction) -> Decline | None:
    """Find the issuer of the card's range and a line towards it."""
    configuration, business = txn.configuration, txn.rule.business
    social = business.social if business is not None else None
    if social is not None and social.leg != "payment":
        return to_host(txn, social)
    issuer = configuration.issuers.get(txn.card.issuer)
    if issuer is None:
        return Decline(Reason.ISSUER_UNKNOWN, Rule.ISSUER_KNOWN)
    txn.issuer, txn.issuer_id = issuer, issuer.id
    txn.trace.append(Rule.ISSUER_KNOWN)
    way = configuration.way(txn.acquirer, txn.card, txn.local.day)
    if not way.candidates:
        facts: dict[str, object] = {"left_out": [each.link for each in way.left_out]}
        return Decline(Reason.LINE_FAILURE, Rule.ROUTE_EXISTS, facts)
    txn.way = way
    txn.line = choose(way, txn.is_usable)
    txn.link = (txn.line or way.candidates[0]).link
    txn.trace.append(_CASES[way.case])
    return None if social is None else with_bill(txn, social)
