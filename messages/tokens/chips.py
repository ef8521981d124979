"""Chip data without cryptograms (messages/tokens): DE 55 cleaned tag by tag, lengths as they were.

Flat lists of tags, which is what terminals send, are walked once; anything else is parsed.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Final

from messages.dialects.dialect import Layout
from messages.dialects.tlv import MOST_ITEMS, Tlv, TlvError, parse_ber
from messages.masking import Mask, could_hold_pan
from messages.tokens.numbers import Tokens

CRYPTOGRAMS: Final = frozenset({"9F26", "91", "71", "72"})
"""Emptied whatever their mask: the card's cryptogram, the issuer's, and its scripts."""
MOST_REMEMBERED: Final = 4_096
"""Values of open tags that are known to hold no number."""
_TRACK_TAG: Final = "57"
_PAN_TAG: Final = "5A"
_PAN_BYTE: Final = int(_PAN_TAG, 16)
_LONGEST_SHORT: Final = 6
"""Bytes that cannot hold a PAN: the shortest has 13 digits."""
_CONSTRUCTED: Final = 0x20
_MORE_TAG_BYTES: Final = 0x1F
_MORE: Final = 0x80


class _Do(Enum):
    """What becomes of a tag's value."""

    KEEP = "keep"
    EMPTY = "empty"
    NUMBER = "number"


class ChipCleaner:
    """Cleans the chip data of one layout."""

    def __init__(self, layout: Layout, tokens: Tokens) -> None:
        """Decide once, tag by tag, what is to be done; tags without a name are emptied."""
        self._tokens = tokens
        self._do = {tag: _do(tag, known.mask) for tag, known in layout.tags.items()}
        self._do |= dict.fromkeys((_TRACK_TAG, _PAN_TAG), _Do.NUMBER)
        self._bytes = {bytes.fromhex(tag): do for tag, do in self._do.items()}
        self._harmless: set[bytes] = set()

    def clean(self, content: bytes) -> bytes:
        """Return chip data of the same length; zeros where it cannot be read."""
        quick = self._flat(content)
        return self._parsed(content) if quick is None else quick

    def _flat(self, content: bytes) -> bytes | None:
        """Return chip data that is a plain list of tags; None where it is anything else."""
        at, end, changed = 0, len(content), None
        if end > MOST_ITEMS:
            return None
        try:
            while at < end:
                first = content[at]
                if first in {0x00, 0xFF}:
                    at += 1
                    continue
                size = 2 if first & _MORE_TAG_BYTES == _MORE_TAG_BYTES else 1
                length = content[at + size]
                start = at + size + 1
                if first & _CONSTRUCTED or length >= _MORE or start + length > end:
                    return None
                if size > 1 and content[at + 1] >= _MORE:
                    return None
                do = self._bytes.get(content[at : at + size], _Do.EMPTY)
                at = start + length
                if do is _Do.KEEP and (
                    length <= _LONGEST_SHORT or self._is_open(content[start:at])
                ):
                    continue
                changed = bytearray(content) if changed is None else changed
                value = content[start:at]
                changed[start:at] = (
                    self._packed(value, is_pan=first == int(_PAN_TAG, 16))
                    if do is _Do.NUMBER
                    else bytes(length)
                )
        except IndexError:
            return None
        return content if changed is None else bytes(changed)

    def _is_open(self, value: bytes) -> bool:
        """Tell whether a value holds no number that could be a PAN."""
        if value in self._harmless:
            return True
        if could_hold_pan(value):
            return False
        if len(self._harmless) >= MOST_REMEMBERED:
            self._harmless.clear()
        self._harmless.add(value)
        return True

    def _parsed(self, content: bytes) -> bytes:
        try:
            items = list(_primitive(parse_ber(content)))
        except TlvError:
            return bytes(len(content))
        changed = bytearray(content)
        for item in items:
            do = self._do.get(item.tag, _Do.EMPTY)
            size = len(item.value)
            if do is _Do.NUMBER:
                value = self._packed(item.value, is_pan=item.tag == _PAN_TAG)
            elif do is _Do.KEEP and (size <= _LONGEST_SHORT or self._is_open(item.value)):
                continue
            else:
                value = bytes(size)
            changed[item.offset : item.offset + size] = value
        return bytes(changed)

    def _packed(self, value: bytes, *, is_pan: bool) -> bytes:
        """Return the stand-in of a PAN or track in chip data, whose odd digit is filled with F."""
        digits = value.hex().upper()
        text = digits.rstrip("F")
        if is_pan:
            token = self._tokens.pan(text) if text.isdigit() else None
        else:
            token = self._tokens.track(text)
        whole = "0" * len(digits) if token is None else token + digits[len(text) :]
        return bytes.fromhex(whole) if len(whole) == len(digits) else bytes(len(value))


def _do(tag: str, mask: Mask) -> _Do:
    return _Do.EMPTY if mask is not Mask.OPEN or tag in CRYPTOGRAMS else _Do.KEEP


def _primitive(items: tuple[Tlv, ...]) -> Iterator[Tlv]:
    """Yield the tags that hold no others; a cryptogram's template counts as one."""
    for item in items:
        if item.children and item.tag not in CRYPTOGRAMS:
            yield from _primitive(item.children)
        elif not item.is_filler:
            yield item
