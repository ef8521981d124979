"""The way of a service: to its host, over the lines that lead from this acquirer to it.

The social-security host is reached over 金保专网 only, the product host over what the acquirer
chose. An inquiry goes there and nowhere else. A payment has its debit's own way, and a bill
besides; with no line to the host it is not begun.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from messages.dialects.dialect import Social
from messages.reasons import Reason
from routing.choose import choose
from routing.table import Case, Way
from switch.core.operations import Row
from switch.core.rules import Decline, Rule
from switch.core.social.bill import Bill, BillState
from switch.core.social.messages import UNDO
from switch.core.social.payload import BILL, SERVICE, of_request
from switch.core.terminals.request import Transaction

_PAYLOAD = "62"
_ROUTES: Final[Mapping[str, Rule]] = {
    Case.SOCIAL.value: Rule.ROUTE_SOCIAL,
    Case.PRODUCTS.value: Rule.ROUTE_PRODUCTS,
}
"""The host of a service -> the rule that leads there."""
_NO_HOST: Final[Mapping[str, Decline]] = {
    Case.SOCIAL.value: Decline(Reason.LINE_FAILURE, Rule.ROUTE_SOCIAL),
    Case.PRODUCTS.value: Decline(Reason.LINE_FAILURE, Rule.ROUTE_PRODUCTS),
}
"""No line of a class that may be used leads to such a host."""


def read_payload(txn: Transaction, social: Social) -> Decline | None:
    """Read DE 62 of a service; what is wrong with it is a format error."""
    txn.payload, wrong = of_request(txn.request.value(_PAYLOAD), social)
    if wrong:
        return Decline(Reason.FORMAT_ERROR, Rule.PAYLOAD_READ, {"why": wrong})
    txn.trace.append(Rule.PAYLOAD_READ)
    return None


def to_host(txn: Transaction, social: Social) -> Decline | None:
    """Send an inquiry to the host of its service."""
    if (refusal := read_payload(txn, social)) is not None:
        return refusal
    host, way = txn.configuration.service_host(social.host), _way(txn, social.host)
    if host is None or not way.candidates:
        return _NO_HOST[social.host]
    txn.issuer, txn.issuer_id = host, host.id
    txn.way, txn.line = way, choose(way, txn.is_usable)
    txn.link = (txn.line or way.candidates[0]).link
    txn.trace.append(_ROUTES[social.host])
    return None


def with_bill(txn: Transaction, social: Social) -> Decline | None:
    """Give a payment, whose debit has its way already, the bill that it pays."""
    if (refusal := read_payload(txn, social)) is not None:
        return refusal
    number, service = txn.payload[BILL], txn.payload[SERVICE]
    bill = Bill(number, service, "", txn.request.processing_code or "")
    return _second_leg(txn, bill, social.host)


def undo(txn: Transaction, original: Row) -> Decline | None:
    """Give a void the bill of its original: both legs are undone, or none."""
    bill = original.bill
    if bill is None:
        return None
    if bill.state is not BillState.CONFIRMED:
        facts: dict[str, object] = {"original": original.record.rrn, "bill": bill.state.name}
        return Decline(Reason.IN_PROGRESS, Rule.BILL_RESERVED, facts)
    txn.payload = {SERVICE: bill.service, BILL: bill.number}
    return _second_leg(txn, Bill(bill.number, bill.service, "", UNDO), _host_of(txn, bill))


def _second_leg(txn: Transaction, bill: Bill, host: str) -> Decline | None:
    way = _way(txn, host)
    if not way.candidates:
        return _NO_HOST[host]
    line = choose(way, txn.is_usable)
    link = (line or way.candidates[0]).link
    if line is None:
        # Said when it is about to be opened: it may repeat what was answered long ago.
        txn.way, txn.line, txn.link = way, None, link
    txn.bill = Bill(bill.number, bill.service, link, bill.code)
    txn.trace.append(_ROUTES[host])
    return None


def _host_of(txn: Transaction, bill: Bill) -> str:
    """Return which host has the bill of an original: the one that its line leads to."""
    products = txn.configuration.product_host
    is_product = products is not None and bill.link in products.links
    return (Case.PRODUCTS if is_product else Case.SOCIAL).value


def _way(txn: Transaction, host: str) -> Way:
    return txn.configuration.routes.service_way(host, txn.acquirer)
