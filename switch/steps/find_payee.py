"""Stop 9 again, for a transfer: who is paid, of which bank, and which way leads there.

Answers 30, 14, 15, 92, and 57 where a remittance is not paid from the point's settlement card. The
payee is named in DE 62: B1 the account, B2 a name.
"""

from __future__ import annotations

from typing import Final

from messages.dialects.tlv import TlvError, parse_text
from messages.reasons import Reason
from messages.values import is_luhn_valid
from routing.choose import choose
from switch.core.rules import Decline, Rule
from switch.core.terminals.request import Part, Payee, Transaction

_FIELD: Final = "62"
_ACCOUNT: Final = "B1"
_TAG_SIZE, _LENGTH_SIZE = 2, 3
_PAN_DIGITS: Final = range(13, 20)


def find_payee(txn: Transaction) -> Decline | None:
    """Find the payee's bank, and a line towards it."""
    business = txn.rule.business
    if business is None or not business.credit_code:
        return None
    if business.from_settlement_card and not _is_settlement_card(txn):
        return Decline(Reason.CARD_NOT_PERMITTED, Rule.SETTLEMENT_CARD)
    if business.from_settlement_card:
        txn.trace.append(Rule.SETTLEMENT_CARD)
    pan = _account(txn)
    if pan is None:
        why: dict[str, object] = {"why": "field 62 names no payee (B1)"}
        return Decline(Reason.FORMAT_ERROR, Rule.PAYEE_KNOWN, why)
    if len(pan) not in _PAN_DIGITS or not is_luhn_valid(pan) or pan == txn.request.pan:
        return Decline(Reason.CARD_NUMBER_INVALID, Rule.PAYEE_KNOWN)
    return _bank(txn, pan)


def _bank(txn: Transaction, pan: str) -> Decline | None:
    """Find whose account it is, and the way there."""
    configuration = txn.configuration
    found = configuration.card_range(pan)
    issuer = configuration.issuers.get(found.issuer) if found is not None else None
    if found is None or issuer is None:
        return Decline(Reason.ISSUER_UNKNOWN, Rule.PAYEE_KNOWN)
    way = configuration.way(txn.acquirer, found, txn.local.day)
    if not way.candidates:
        facts: dict[str, object] = {"left_out": [each.link for each in way.left_out]}
        return Decline(Reason.LINE_FAILURE, Rule.ROUTE_EXISTS, facts)
    txn.part = Part(Payee(pan, issuer, way, choose(way, txn.is_usable)))
    txn.trace.append(Rule.PAYEE_KNOWN)
    return None


def _account(txn: Transaction) -> str | None:
    """Return the account that DE 62 names, None where it names none in digits."""
    try:
        content = bytes.fromhex(txn.request.value(_FIELD) or "")
        items = parse_text(content, _TAG_SIZE, _LENGTH_SIZE)
    except (ValueError, TlvError):
        return None
    found = next((item.value for item in items if item.tag == _ACCOUNT), b"")
    return found.decode("ascii") if found.isdigit() else None


def _is_settlement_card(txn: Transaction) -> bool:
    card = txn.terminal.settlement_card
    return bool(card) and txn.configuration.vault.card_hash(txn.request.pan or "") == card
