"""PIN blocks on their way (DE 52): from a terminal's key to the key of an issuer's link.

The translation itself proves the block: control nibble, length and fill.
"""

from __future__ import annotations

from messages.crypto.pin import PinBlockError, translate
from messages.reasons import Reason
from switch.core.errors import InvariantBroken
from switch.core.issuers.line import IssuerLink
from switch.core.rules import Decline, Rule
from switch.core.terminals.request import Transaction

_PIN_WITHOUT_PAN = "1"
"""DE 53 digit 1: the block is not bound to the PAN."""


def translate_pin(txn: Transaction, link: IssuerLink) -> Decline | None:
    """Give a transaction its PIN block under the link's key; the refusal of a bad one (99)."""
    request = txn.request
    if request.pin_block is None:
        return None
    if txn.pik is None:
        raise InvariantBroken("a terminal is signed on without a PIN key")
    pan = request.pan
    from_pan = None if (request.security or "")[:1] == _PIN_WITHOUT_PAN else pan
    try:
        block = translate(bytes.fromhex(request.pin_block), txn.pik, link.pik, from_pan, pan)
    except PinBlockError as error:
        why: dict[str, object] = {"why": error.reason}
        return Decline(Reason.PIN_BLOCK_WRONG, Rule.PIN_BLOCK_GOOD, why)
    txn.translated_pin = block.hex().upper()
    txn.link_pik = link.pik
    txn.trace.append(Rule.PIN_BLOCK_GOOD)
    return None
