"""Why a message cannot be read (simulators/conformance): its lengths counted another way.

A terminal that counts bytes where digits count, or writes lengths in another form, shifts all that
follows. Each way of counting is tried; the one that reads to the last byte names the mistake.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

import msgspec

from messages.dialects.dialect import Dialect, Field

Way = Literal["bytes", "padded", "characters", "hexadecimal", "binary", "ascii", "short", "long"]
_FIXED: Final = ("short", "long")
_BITMAP_BYTES: Final = 8
_MTI_BYTES: Final = 2

WORDS: Final[dict[str, tuple[str, str, str]]] = {
    "bytes": ("prefix-unit", "a length in digits", "one in bytes"),
    "padded": ("prefix-unit", "the digits without the fill", "the fill counted as a digit"),
    "characters": ("prefix-unit", "a length in bytes", "one in characters"),
    "hexadecimal": ("prefix-unit", "a length in bytes", "one in hexadecimal digits"),
    "binary": ("prefix-form", "a length in BCD", "one in binary"),
    "ascii": ("prefix-form", "a length in BCD", "one in ASCII"),
    "short": ("fixed-length", "the length of the dialect", "one byte less"),
    "long": ("fixed-length", "the length of the dialect", "one byte more"),
}
"""A way of counting -> the check that it fails, what was expected, what was found."""


class Respelled(msgspec.Struct, frozen=True):
    """A frame as it should have been: which field was counted otherwise, and how."""

    frame: bytes
    field: int
    way: Way


def respellings(dialect: Dialect, frame: bytes, ways: tuple[Way, ...]) -> Iterator[Respelled]:
    """Yield every frame that reads to the last byte with one field (0: all) counted otherwise."""
    numbers = _announced(dialect, frame)
    for way in ways:
        for only in (0, *numbers) if way not in _FIXED else numbers:
            again = _respell(dialect, frame, numbers, (way, only))
            if again is not None and again != frame:
                yield Respelled(again, only, way)


def _announced(dialect: Dialect, frame: bytes) -> list[int]:
    at = dialect.frame.head_size + _MTI_BYTES
    bits = int.from_bytes(frame[at : at + _BITMAP_BYTES])
    found = [n for n in range(2, 65) if bits >> (64 - n) & 1]
    return [n for n in found if dialect.fields[n] is not None]


def _respell(
    dialect: Dialect, frame: bytes, numbers: list[int], how: tuple[Way, int]
) -> bytes | None:
    at = dialect.frame.head_size + _MTI_BYTES + _BITMAP_BYTES
    pieces, touched, (way, only) = [frame[:at]], False, how
    for number in numbers:
        field = dialect.field(number)
        is_here = only in {0, number} and _applies(field, way)
        piece, at = _piece(field, frame, at, way if is_here else None)
        if piece is None:
            return None
        touched = touched or is_here
        pieces.append(piece)
    return b"".join(pieces) if at == len(frame) and touched else None


def _applies(field: Field, way: Way) -> bool:
    match way:
        case "bytes" | "padded":
            return not field.is_fixed and field.unit == "digits"
        case "characters":
            return not field.is_fixed and field.charset == "gbk"
        case "hexadecimal":
            return not field.is_fixed and field.form == "binary"
        case "binary" | "ascii":
            return not field.is_fixed
        case _:
            return field.is_fixed and field.number != 64  # noqa: PLR2004 - the MAC ends a message


def _piece(field: Field, frame: bytes, at: int, way: Way | None) -> tuple[bytes | None, int]:
    """Return the field as it should stand, and where the next one begins; None: it cannot be."""
    if field.is_fixed:
        size = field.content_bytes(field.limit)
        taken = size + {"short": -1, "long": 1}.get(way or "", 0)
        content = frame[at : at + taken]
        if len(content) < taken:
            return None, at
        return content[:size].ljust(size, b" " if field.form == "text" else b"\0"), at + taken
    width = field.prefix_digits if way == "ascii" else field.prefix_bytes
    prefix, start = frame[at : at + width], at + width
    count = _count(prefix, way)
    if count is None or len(prefix) < width:
        return None, at
    units, taken = _sizes(field, count, frame[start:], way)
    content = frame[start : start + taken]
    if len(content) < taken or not 0 <= units <= field.limit:
        return None, at
    return bytes.fromhex(f"{units:0{2 * field.prefix_bytes}d}") + content, start + taken


def _count(prefix: bytes, way: Way | None) -> int | None:
    if way == "binary":
        return int.from_bytes(prefix)
    text = prefix.decode("latin-1") if way == "ascii" else prefix.hex()
    return int(text) if text.isascii() and text.isdigit() else None


def _sizes(field: Field, count: int, rest: bytes, way: Way | None) -> tuple[int, int]:
    """Return how many units a field has, and how many bytes they take."""
    match way:
        case "bytes":
            return min(field.limit, 2 * count), count
        case "padded":
            return min(field.limit, count - 1), (count + 1) // 2
        case "hexadecimal":
            return count // 2, count // 2
        case "characters":
            text = rest.decode(field.charset, "ignore")[:count]
            taken = len(text.encode(field.charset))
            return (taken, taken) if len(text) == count else (-1, 0)
        case _:
            return count, field.content_bytes(count)
