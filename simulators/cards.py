"""Fictional test cards (simulators): what a terminal reads from one, and the PIN its holder types.

All under one fictional BIN. Nothing here prints a card's number, track or PIN.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import msgspec

from messages.crypto.chip import CardKey
from messages.crypto.keys import Pik
from messages.crypto.pin import PinBlockError, clear_pin_block
from messages.dialects.tlv import encode_ber, parse_ber
from messages.values import is_luhn_valid, mask_pan
from simulators.chip import Chip

BIN: Final = "621999"
"""The fictional issuer of all test cards."""
PAN_DIGITS: Final = 19
FIRST_PAN: Final = "6219991234567890120"
EXPIRY: Final = "4912"
PIN: Final = "123456"
_MIN_PIN, _MAX_PIN = 4, 12
_NUMBER_DIGITS: Final = 12
_SERVICE_CODE: Final = "220"
_DISCRETIONARY: Final = "000000000"
_COUNTERS: Final = 1 << 16
_REVERSAL_TAGS: Final = ("95", "9F1E", "9F10", "9F36")


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One card: PAN (DE 2), expiry YYMM (DE 14), sequence number (DE 23), and its PIN."""

    pan: str = FIRST_PAN
    expiry: str = EXPIRY
    sequence: str = "001"
    pin: str = PIN
    signs: bool = False
    """Whether its chip makes a cryptogram of its own for every transaction."""
    key: CardKey | None = None
    """The key of its chip; without one that of the fictional BIN's master key."""

    def __repr__(self) -> str:
        return f"Card({self.shown})"

    def __rich_repr__(self) -> list[tuple[str, object]]:
        return [("shown", self.shown)]

    @property
    def shown(self) -> str:
        """The PAN as it may be shown."""
        return _shown(self.pan)

    def pin_block(self, pik: Pik, pan: str | None) -> bytes:
        """Return DE 52 of its PIN under a key, bound to a PAN or (None) to none.

        PinBlockError for what is no PIN.
        """
        return pik.cipher.encrypt(_typed(self.pin, pan, pik.cipher.block_size))

    @property
    def track_2(self) -> str:
        """Track 2 (DE 35): PAN, expiry, a service code that says chip, discretionary digits."""
        return f"{self.pan}={self.expiry}{_SERVICE_CODE}{_DISCRETIONARY}"

    def chip(self, terminal: str, amount_fen: int, day: int, number: int) -> str:
        """Return DE 55 of an online cash request as hexadecimal; `day` is YYYYMMDD.

        The cryptogram of a card that does not sign is a constant: it passes only where the issuer
        does not check it. A counter never comes twice within so many transactions.
        """
        counter = f"{number % _COUNTERS:04X}" if self.signs else "0012"
        chip = (
            "9F2608A1B2C3D4E5F607189F2701809F101307010103A0B802010A010000000000B7C8D9EA"
            f"9F3704123456789F3602{counter}9505{0:010d}9A03{day % 1_000_000:06d}9C0101"
            f"9F0206{amount_fen:012d}5F2A02015682027C009F1A0201569F0306{0:012d}9F3303E0E9C8"
            f"9F34034203009F3501229F1E08{terminal.encode('ascii').hex().upper()}"
            f"8408A0000003330101019F090200209F4104{number:08d}"
        )
        return Chip(self.pan, self.sequence, self.key).signed(chip) if self.signs else chip


@lru_cache(maxsize=1024)
def _shown(pan: str) -> str:
    """Return a PAN as it may be shown; a terminal's slips name few cards."""
    return mask_pan(pan)


@lru_cache(maxsize=1024)
def _typed(pin: str, pan: str | None, size: int) -> bytes:
    """Return what is encrypted of a PIN; the holders of few test cards type theirs ever again."""
    if not _MIN_PIN <= len(pin) <= _MAX_PIN or not (pin.isascii() and pin.isdigit()):
        reason = f"a PIN is {_MIN_PIN} to {_MAX_PIN} digits"
        raise PinBlockError(reason)
    return clear_pin_block(pin, pan, size)


def reversal_chip(chip: str) -> str:
    """Return the tags of DE 55 that a reversal repeats, in the order terminals send them."""
    found = {item.tag: item for item in parse_ber(bytes.fromhex(chip))}
    return encode_ber([found[tag] for tag in _REVERSAL_TAGS if tag in found]).hex().upper()


def card_accepts(card: Card | None, asked: str, answered: str) -> bool:
    """Tell whether a card takes an answer (DE 55 of both); one that does not sign takes any."""
    if card is None or not card.signs or not answered:
        return True
    return Chip(card.pan, card.sequence, card.key).accepts(asked, answered)


def fictional_card(number: int, *, signs: bool = False) -> Card:
    """Return the fictional card `number`; 0 is that of the worked examples."""
    if not number:
        return Card(signs=signs)
    head = f"{BIN}{number:0{_NUMBER_DIGITS}d}"
    check = next(digit for digit in "0123456789" if is_luhn_valid(head + digit))
    return Card(pan=head + check, signs=signs)


def card_number(pan: str) -> int:
    """Return which fictional card has this PAN; ValueError for none."""
    if pan == FIRST_PAN:
        return 0
    if not pan.startswith(BIN) or len(pan) != PAN_DIGITS:
        raise ValueError("no fictional card has this number")
    return int(pan[len(BIN) : len(BIN) + _NUMBER_DIGITS])
