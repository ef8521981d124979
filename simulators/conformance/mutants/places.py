"""Where each field stands in a message that our terminal wrote (simulators/conformance).

Mutants change bytes: a fill, a length, a field of another size. Messages here are always sound.
"""

from __future__ import annotations

from functools import cache

import msgspec

from messages.dialects.dialect import Dialect
from messages.dialects.loader import load_dialect
from simulators.conformance.hearing.heard import codec_of

_MTI_AND_BITMAP = 10
_MAC = 64
_MAC_BYTES = 8


class Place(msgspec.Struct, frozen=True):
    """One field in a message: where its length begins, its content, and its end."""

    start: int
    content: int
    end: int


@cache
def pos() -> Dialect:
    """Return the dialect that our terminal speaks."""
    return load_dialect("pos")


@cache
def composite() -> Dialect:
    """Return the dialect that our composite terminal speaks."""
    return load_dialect("composite")


def places(body: bytes) -> dict[int, Place]:
    """Return the places of the fields of a message from its MTI on, with or without its MAC."""
    bits = int.from_bytes(body[2:_MTI_AND_BITMAP])
    whole = body + b"0" * _MAC_BYTES if bits & 1 and _lacks_mac(body) else body
    message = codec_of(pos()).decode(whole)
    found, at = {}, _MTI_AND_BITMAP
    for number in sorted(message.raw):
        content = at + pos().field(number).prefix_bytes
        end = content + len(message.raw[number])
        found[number] = Place(at, content, end)
        at = end
    return found


def _lacks_mac(body: bytes) -> bool:
    try:
        codec_of(pos()).decode(body)
    except ValueError:
        return True
    return False


def swap(body: bytes, number: int, new: bytes, *, length: bool = False) -> bytes:
    """Return a message with the content of a field replaced; with `length`, its length too.

    A message that does not have the field stays as it is.
    """
    place = places(body).get(number)
    if place is None:
        return body
    start = place.start if length else place.content
    return body[:start] + new + body[place.end :]


def content(body: bytes, number: int) -> bytes:
    """Return the content of a field, empty where the message does not have it."""
    place = places(body).get(number)
    return b"" if place is None else body[place.content : place.end]
