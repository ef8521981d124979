"""Services as a composite terminal asks for them (simulators): field 62, there and back.

Tag of two characters, length of three digits, value in GBK. Written apart from the switch's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from messages.dialects.tlv import TlvError, encode_text, parse_text, text_item
from messages.values import Amount
from simulators.terminal_memory import Kind, Slip

INQUIRIES: Final = frozenset({Kind.SOCIAL_INQUIRY, Kind.BENEFIT_INQUIRY})
PAYMENTS: Final = frozenset({Kind.CONTRIBUTION, Kind.MEDICAL})
PURCHASES: Final = frozenset({Kind.BOND, Kind.WEALTH, Kind.REMOTE_PURCHASE})
"""What is bought of the product host (三(三))."""
SERVICES: Final = INQUIRIES | PAYMENTS | {Kind.RECONCILIATION} | {Kind.PRODUCT_INQUIRY} | PURCHASES
"""What only a composite terminal does."""
_TO_PAY: Final = "应付 "
_CHARSET: Final = "gbk"


def payload(tags: dict[str, str]) -> str:
    """Return field 62 in hexadecimal; empty values are left out."""
    items = (text_item(tag, text.encode(_CHARSET), 3) for tag, text in tags.items() if text)
    return encode_text(items).hex().upper()


def told(private_62: str) -> dict[str, str]:
    """Return the tags of an answer's field 62; nothing where it holds none."""
    try:
        items = parse_text(bytes.fromhex(private_62), 2, 3)
        return {item.tag: item.value.decode(_CHARSET) for item in items}
    except (TlvError, ValueError):
        return {}


def to_pay_fen(tags: dict[str, str]) -> int | None:
    """Return what the card bears of a bill, by the first line of S7; None where it does not say."""
    first = tags.get("S7", "").partition("\n")[0]
    if not first.startswith(_TO_PAY):
        return None
    try:
        return Amount.parse(first.removeprefix(_TO_PAY)).fen
    except ValueError:
        return None


def sums(slips: Sequence[Slip]) -> str:
    """Return S8: count and sum of the social payments that stand, of a terminal's slips."""
    voided = {slip.of for slip in slips if slip.kind is Kind.VOID}
    paid = [slip for slip in slips if slip.kind in PAYMENTS and slip.rrn not in voided]
    return f"{len(paid):06d}{sum(slip.amount_fen for slip in paid):012d}"
