"""Chip data made new for a test card (simulators/replay): its number, its day, its cryptogram.

A recorded cryptogram is gone, and would be another card's. Chip data without one (of a reversal)
needs none.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from messages.crypto.chip import ChipKey
from messages.dialects.tlv import Tlv, ber_item, encode_ber, parse_ber
from simulators.cards import BIN, Card
from simulators.chip import COVERED, Chip
from simulators.replay.again.dates import Dates

MOST_CHIPS: Final = 10_000
"""Cards whose keys are kept at one time."""
_PAN, _TRACK_2, _SEQUENCE, _DAY, _CRYPTOGRAM = "5A", "57", "5F34", "9A", "9F26"
_COUNTER, _COUNTER_BYTES = "9F36", 2
_NEEDED: Final = (*COVERED, "9F10")


class ChipError(ValueError):
    """Chip data that cannot be made new; the text is the reason, without any content."""


class Signer:
    """Signs for cards of the test BIN, and for others where their issuer's master key is known."""

    def __init__(self, key: ChipKey | None = None) -> None:
        """Take the chip master key of cards outside the test BIN."""
        self._key = key
        self._chips: dict[tuple[str, str, str], tuple[Chip, Mapping[str, bytes]]] = {}

    def signed(self, chip: str, card: Card, dates: Dates | None = None) -> str:
        """Return DE 55 (hexadecimal) as this card sends it; ChipError says why it cannot be."""
        found, has_cryptogram = self._read(chip, card)
        key, values = self._of(card)
        items = [_changed(item, values, dates) for item in found]
        return encode_ber(key.sign(items) if has_cryptogram else items).hex().upper()

    def refusal(self, chip: str, card: Card) -> str:
        """Return why DE 55 cannot be signed, empty where it can be."""
        try:
            self._read(chip, card)
        except ChipError as reason:
            return str(reason)
        return ""

    def _read(self, chip: str, card: Card) -> tuple[tuple[Tlv, ...], bool]:
        """Return the tags, and whether there is a cryptogram among them."""
        try:
            items = parse_ber(bytes.fromhex(chip))
        except ValueError:
            raise ChipError("chip data that cannot be read") from None
        tags = {item.tag for item in items}
        if _CRYPTOGRAM not in tags:
            return items, False
        if missing := [tag for tag in _NEEDED if tag not in tags]:
            raise ChipError(f"chip data without {missing[0]}, which a cryptogram covers")
        if any(item.tag == _COUNTER and len(item.value) != _COUNTER_BYTES for item in items):
            raise ChipError("chip data whose counter (9F36) does not have two bytes")
        if self._key is None and not card.pan.startswith(BIN):
            raise ChipError("chip data of a card whose key is not known (cards.chip_key)")
        return items, True

    def _of(self, card: Card) -> tuple[Chip, Mapping[str, bytes]]:
        """Return the chip of a card, and the values of its tags."""
        place = card.pan, card.sequence, card.expiry
        found = self._chips.get(place)
        if found is None:
            if len(self._chips) >= MOST_CHIPS:
                self._chips.clear()
            key = None if card.pan.startswith(BIN) else self._key
            found = self._chips[place] = Chip(card.pan, card.sequence, key), _values(card)
        return found


def _values(card: Card) -> Mapping[str, bytes]:
    return {
        _PAN: _packed(card.pan),
        _TRACK_2: _packed(card.track_2.replace("=", "D")),
        _SEQUENCE: _packed(card.sequence[-2:]),
    }


def _packed(digits: str) -> bytes:
    return bytes.fromhex(digits + "F" * (len(digits) % 2))


def _changed(item: Tlv, values: Mapping[str, bytes], dates: Dates | None) -> Tlv:
    if item.tag in values:
        return ber_item(item.tag, values[item.tag])
    if item.tag == _DAY and dates is not None:
        return ber_item(item.tag, bytes.fromhex(dates.with_year(item.value.hex())))
    return item
