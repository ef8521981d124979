"""The way of a social service: to the host, over 金保专网 only, whatever the financial access is.

An inquiry goes there and nowhere else. A payment has its debit's own way, and a bill besides; with
no line to the host it is not begun.
"""

from __future__ import annotations

from typing import Final

from messages.dialects.dialect import Social
from messages.reasons import Reason
from routing.choose import choose
from routing.table import Way
from switch.core.operations import Row
from switch.core.rules import Decline, Rule
from switch.core.social.bill import Bill, BillState
from switch.core.social.messages import UNDO
from switch.core.social.payload import BILL, SERVICE, of_request
from switch.core.terminals.request import Transaction

_PAYLOAD = "62"
_NO_HOST: Final = Decline(Reason.LINE_FAILURE, Rule.ROUTE_SOCIAL)
"""No line of 金保专网 leads to a social-security host."""


def read_payload(txn: Transaction, social: Social) -> Decline | None:
    """Read DE 62 of a social service; what is wrong with it is a format error."""
    txn.payload, wrong = of_request(txn.request.value(_PAYLOAD), social)
    if wrong:
        return Decline(Reason.FORMAT_ERROR, Rule.PAYLOAD_READ, {"why": wrong})
    txn.trace.append(Rule.PAYLOAD_READ)
    return None


def to_host(txn: Transaction, social: Social) -> Decline | None:
    """Send an inquiry to the social-security host."""
    if (refusal := read_payload(txn, social)) is not None:
        return refusal
    host, way = txn.configuration.social_host, _way(txn)
    if host is None or not way.candidates:
        return _NO_HOST
    txn.issuer, txn.issuer_id = host, host.id
    txn.way, txn.line = way, choose(way, txn.is_usable)
    txn.link = way.candidates[0].link
    txn.trace.append(Rule.ROUTE_SOCIAL)
    return None


def with_bill(txn: Transaction, social: Social) -> Decline | None:
    """Give a payment, whose debit has its way already, the bill that it pays."""
    if (refusal := read_payload(txn, social)) is not None:
        return refusal
    number, service = txn.payload[BILL], txn.payload[SERVICE]
    return _second_leg(txn, Bill(number, service, "", txn.request.processing_code or ""))


def undo(txn: Transaction, original: Row) -> Decline | None:
    """Give a void the bill of its original: both legs are undone, or none."""
    bill = original.bill
    if bill is None:
        return None
    if bill.state is not BillState.CONFIRMED:
        facts: dict[str, object] = {"original": original.record.rrn, "bill": bill.state.name}
        return Decline(Reason.IN_PROGRESS, Rule.BILL_RESERVED, facts)
    txn.payload = {SERVICE: bill.service, BILL: bill.number}
    return _second_leg(txn, Bill(bill.number, bill.service, "", UNDO))


def _second_leg(txn: Transaction, bill: Bill) -> Decline | None:
    way = _way(txn)
    if not way.candidates:
        return _NO_HOST
    line = choose(way, txn.is_usable)
    link = way.candidates[0].link
    if line is None:
        # Said when it is about to be opened: it may repeat what was answered long ago.
        txn.way, txn.line, txn.link = way, None, link
    txn.bill = Bill(bill.number, bill.service, link, bill.code)
    txn.trace.append(Rule.ROUTE_SOCIAL)
    return None


def _way(txn: Transaction) -> Way:
    return txn.configuration.routes.social_way(txn.acquirer)
