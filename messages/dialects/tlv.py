"""Tag-length-value content: BER-TLV of chip data (DE 55) and text TLV of private fields.

Reading is byte-exact: lengths keep the form they came in, filler bytes, unknown and repeated
tags stay where they are, so that `encode_ber(parse_ber(x)) == x`. Nothing here knows a dialect.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

DEEPEST: Final = 8
"""Levels of constructed tags that are read; deeper ones are kept as they are."""
MOST_ITEMS: Final = 512
"""Tags on one level; a data element has at most 999 bytes."""
LONGEST_TAG: Final = 4
"""Bytes of a tag; EMV needs three."""
_FILLERS: Final = b"\x00\xff"
_CONSTRUCTED: Final = 0x20
_MORE_TAG_BYTES: Final = 0x1F
_MORE: Final = 0x80
_LENGTH_FORMS: Final = {0x81: 1, 0x82: 2}
"""First length byte -> how many follow; the indefinite form and longer ones have no use here."""


class TlvError(ValueError):
    """Content that is no TLV: `offset` in bytes from its start, and a reason without content."""

    def __init__(self, offset: int, reason: str) -> None:
        """Keep place and reason apart, so that a field path can be put before them."""
        self.offset = offset
        self.reason = reason
        super().__init__(f"at byte {offset}: {reason}")


class Tlv(msgspec.Struct, frozen=True, kw_only=True):
    """One tag with its value, or a run of filler bytes (`tag` is empty).

    `tag` is upper-case hex in BER and characters in text TLV; `length` is the length as it stood;
    `offset` is where the value starts. A constructed BER tag has `children`, whose offsets count
    from the same start, or is `opaque`: its value does not read as TLV.
    """

    tag: str
    length: bytes
    value: bytes
    offset: int
    children: tuple[Tlv, ...] = ()
    opaque: bool = False

    @property
    def is_filler(self) -> bool:
        """Whether this is padding between tags."""
        return not self.tag

    def __repr__(self) -> str:
        return f"Tlv(tag={self.tag!r}, size={len(self.value)}, offset={self.offset})"


def parse_ber(content: bytes) -> tuple[Tlv, ...]:
    """Return the tags of BER-TLV `content` and its filler, in order; TlvError at what is cut off.

    A constructed tag whose value is no TLV keeps it as it is, without children.
    """
    return _parse_ber(content, 0, len(content), DEEPEST)


def _parse_ber(content: bytes, at: int, end: int, depth: int) -> tuple[Tlv, ...]:
    items: list[Tlv] = []
    while at < end:
        if len(items) == MOST_ITEMS:
            raise TlvError(at, f"more than {MOST_ITEMS} tags")
        start = at
        while at < end and content[at] in _FILLERS:
            at += 1
        if at > start:
            items.append(Tlv(tag="", length=b"", value=content[start:at], offset=start))
            continue
        tag_end = _tag_end(content, at, end)
        value_start, size = _length(content, tag_end, end)
        stop = value_start + size
        if stop > end:
            raise TlvError(at, f"a tag announces {size} bytes, {end - value_start} are left")
        tag = content[start:tag_end]
        constructed = bool(tag[0] & _CONSTRUCTED)
        children = _children(content, value_start, stop, depth - 1) if constructed else ()
        items.append(
            Tlv(
                tag=tag.hex().upper(),
                length=content[tag_end:value_start],
                value=content[value_start:stop],
                offset=value_start,
                children=children or (),
                opaque=children is None,
            )
        )
        at = stop
    return tuple(items)


def _children(content: bytes, at: int, end: int, depth: int) -> tuple[Tlv, ...] | None:
    """Return the tags within a value; None where it is no TLV or too deep."""
    if depth == 0:
        return None
    try:
        return _parse_ber(content, at, end, depth)
    except TlvError:
        return None


def _tag_end(content: bytes, start: int, end: int) -> int:
    at = start + 1
    if content[start] & _MORE_TAG_BYTES == _MORE_TAG_BYTES:
        while True:
            if at - start == LONGEST_TAG:
                raise TlvError(start, f"a tag has more than {LONGEST_TAG} bytes")
            if at == end:
                raise TlvError(start, "a tag is cut off")
            at += 1
            if not content[at - 1] & _MORE:
                break
    return at


def _length(content: bytes, at: int, end: int) -> tuple[int, int]:
    """Return where the value starts and how long it is."""
    if at == end:
        raise TlvError(at, "the length of a tag is missing")
    first = content[at]
    if first < _MORE:
        return at + 1, first
    if first not in _LENGTH_FORMS:
        raise TlvError(at, "the length of a tag has a form of no use here")
    stop = at + 1 + _LENGTH_FORMS[first]
    if stop > end:
        raise TlvError(at, "the length of a tag is cut off")
    return stop, int.from_bytes(content[at + 1 : stop], "big")


def encode_ber(items: Iterable[Tlv]) -> bytes:
    """Return the bytes of BER-TLV items, exactly as they were read; children are in the values."""
    return b"".join(bytes.fromhex(item.tag) + item.length + item.value for item in items)


def ber_item(tag: str, value: bytes) -> Tlv:
    """Return a BER tag (hexadecimal) with the shortest length; TlvError over 65 535 bytes."""
    size = len(value)
    if size < _MORE:
        length = bytes([size])
    else:
        more = next((n for n in _LENGTH_FORMS.values() if size < 1 << 8 * n), 0)
        if not more:
            raise TlvError(0, f"{size} bytes are too many for a tag")
        length = bytes([_MORE + more]) + size.to_bytes(more, "big")
    return Tlv(tag=tag, length=length, value=value, offset=len(tag) // 2 + len(length))


def text_item(tag: str, value: bytes, length_size: int) -> Tlv:
    """Return a text tag with its length in digits; TlvError where those are too few."""
    length = b"%0*d" % (length_size, len(value))
    if len(length) > length_size:
        raise TlvError(0, f"{len(value)} bytes are too many for a length of {length_size} digits")
    return Tlv(tag=tag, length=length, value=value, offset=len(tag) + length_size)


def parse_text(content: bytes, tag_size: int, length_size: int) -> tuple[Tlv, ...]:
    """Return the tags of text TLV: `tag_size` letters or digits, `length_size` digits, value.

    The length counts bytes. TlvError at what is cut off or not written so.
    """
    items: list[Tlv] = []
    at, head = 0, tag_size + length_size
    while at < len(content):
        if len(items) == MOST_ITEMS:
            raise TlvError(at, f"more than {MOST_ITEMS} tags")
        tag, length = content[at : at + tag_size], content[at + tag_size : at + head]
        if len(length) < length_size:
            raise TlvError(at, f"a tag and its length take {head} bytes, {len(content) - at} left")
        if not tag.isalnum():
            raise TlvError(at, "a tag is not made of letters and digits")
        if not length.isdigit():
            raise TlvError(at + tag_size, "the length of a tag is not made of digits")
        start, size = at + head, int(length)
        if start + size > len(content):
            raise TlvError(at, f"a tag announces {size} bytes, {len(content) - start} are left")
        value = content[start : start + size]
        items.append(Tlv(tag=tag.decode("ascii"), length=length, value=value, offset=start))
        at = start + size
    return tuple(items)


def encode_text(items: Iterable[Tlv]) -> bytes:
    """Return the bytes of text TLV items, exactly as they were read."""
    return b"".join(item.tag.encode("ascii") + item.length + item.value for item in items)
