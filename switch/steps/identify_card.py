"""Stop 5: which card is this, and may it be read like that.

Answers 14, 54 and 45; the issuer is found by the card range at a later stop.
"""

from __future__ import annotations

from messages.crypto.track import TrackError, decrypt_track
from messages.reasons import Reason
from messages.values import is_luhn_valid
from switch.core.rules import Decline, Rule
from switch.core.terminals.request import Transaction

_BY_STRIPE = frozenset({"02", "90", "80"})
"""DE 22 digits 1-2: magstripe, full magstripe, fallback from the chip."""
_CHIP_CARD = frozenset("26")
"""First digit of the service code of a card that has a chip."""
_ENCRYPTED = "1"
_PAN_DIGITS = range(13, 20)
_TRACK_HEAD = 7
"""Expiry YYMM and service code follow the separator of track 2."""


def identify_card(txn: Transaction) -> Decline | None:
    """Find PAN and expiry in DE 2, 14 and 35, and refuse what must not be read that way."""
    request = txn.request
    if (request.security or "")[2:3] == _ENCRYPTED and (wrong := _decrypted(txn)) is not None:
        return Decline(Reason.FORMAT_ERROR, Rule.CARD_READ, {"why": wrong})
    track_pan, _, rest = (request.track_2 or "").partition("=")
    pan = request.pan or track_pan
    if request.pan and track_pan and request.pan != track_pan:
        why = {"why": "field 2 and track 2 name different cards"}
        return Decline(Reason.CARD_NUMBER_INVALID, Rule.CARD_READ, why)
    if len(pan) not in _PAN_DIGITS or not pan.isdigit() or not is_luhn_valid(pan):
        return Decline(Reason.CARD_NUMBER_INVALID, Rule.CARD_READ)
    request.pan = pan
    txn.trace.append(Rule.CARD_READ)
    expiry = request.expiry or rest[:4]
    if expiry and _has_expired(expiry, txn.local.day):
        return Decline(Reason.CARD_EXPIRED, Rule.CARD_IN_DATE)
    txn.trace.append(Rule.CARD_IN_DATE)
    is_chip_card = len(rest) >= _TRACK_HEAD and rest[4] in _CHIP_CARD
    if is_chip_card and (request.entry_mode or "")[:2] in _BY_STRIPE:
        return Decline(Reason.CHIP_REQUIRED, Rule.CHIP_NOT_BYPASSED)
    txn.trace.append(Rule.CHIP_NOT_BYPASSED)
    return None


def _decrypted(txn: Transaction) -> str | None:
    """Put the clear tracks in the place of encrypted ones; return why that cannot be."""
    request = txn.request
    if txn.tdk is None:
        return "the track is encrypted, and the terminal did not sign on with a track key"
    try:
        if request.track_2:
            request.track_2 = decrypt_track(request.track_2, txn.tdk)
        if request.track_3:
            request.track_3 = decrypt_track(request.track_3, txn.tdk)
    except TrackError as error:
        return f"the track {error}"
    return None


def _has_expired(expiry: str, day: int) -> bool:
    """Tell whether YYMM lies before the month of `day` (YYYYMMDD); cards live to 2099."""
    return expiry.isdigit() and int(expiry) < day // 100 % 10_000
