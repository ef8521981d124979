"""Cutting a stream of bytes into frames, and the bytes before the MTI (TPDU, header).

No I/O: whoever owns the connection feeds chunks and gets frames. A `Framing` is compiled once
for a dialect's frame format and shared; a `Deframer` belongs to one connection.
A frame here is what follows the length prefix: the heads and the body.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from operator import itemgetter
from typing import Final

import msgspec

from messages.dialects.dialect import FrameFormat, Head, HeadPart
from messages.errors import EncodeError, FrameError

SHORTEST_MTI: Final = 2
"""Bytes of a BCD MTI; a frame that ends earlier can hold no message in any dialect."""
REMEMBERED: Final = 128
"""Bytes of a refused frame that a `Deframer` keeps, so that its refusal can be explained."""
MOST_SIZES: Final = 1_024
"""Sizes of frames whose length prefix is remembered."""
_NOT_DIGITS: Final = -1
_HEX: Final = "0123456789abcdef"


class _Slot(msgspec.Struct, frozen=True):
    """A head part and its place: half bytes `first` up to `last`, from the start of the frame.

    `head_start` is the byte where its head starts; `width` the characters of its text.
    """

    head: Head
    part: HeadPart
    head_start: int
    first: int
    last: int
    width: int

    @property
    def label(self) -> str:
        return f"{self.head.name} {self.part.name}"

    @property
    def span(self) -> tuple[int, int]:
        """The bytes it touches, from and to."""
        return self.first // 2, (self.last + 1) // 2

    @property
    def is_aligned(self) -> bool:
        return not (self.first % 2 or self.last % 2)

    def read(self, heads: bytes) -> str:
        return self.cut(heads.hex().upper())

    def cut(self, heads: str) -> str:
        """Return its text out of the hexadecimal digits of all heads."""
        digits = heads[self.first : self.last]
        if self.part.encoding == "ascii":
            return bytes.fromhex(digits).decode("ascii", "replace")
        return digits

    def digits(self, text: str) -> str:
        """Return `text` as it stands in a frame, in hexadecimal; EncodeError names the part."""
        encoding = self.part.encoding
        wanted = {"bcd": "0123456789", "binary": "0123456789abcdefABCDEF"}.get(encoding)
        good = text.isascii() if wanted is None else not text.strip(wanted)
        if len(text) != self.width or not good:
            kind = {"bcd": "digits", "binary": "hexadecimal digits"}.get(encoding, "characters")
            raise EncodeError(self.label, f"is not {self.width} {kind}")
        return text.encode("ascii").hex() if encoding == "ascii" else text

    def number(self, value: int) -> bytes:
        """Return the bytes of a number in its own notation; none where it has too few digits."""
        encoding = self.part.encoding
        text = f"{value:X}" if encoding == "binary" else str(value)
        if value < 0 or len(text) > self.width:
            return b""
        text = text.zfill(self.width)
        return text.encode("ascii") if encoding == "ascii" else bytes.fromhex(text)

    def write(self, heads: bytearray, text: str) -> None:
        old = heads.hex()
        heads[:] = bytes.fromhex(old[: self.first] + self.digits(text) + old[self.last :])

    def good_bytes(self) -> frozenset[bytes]:
        """Return every value that its bytes may have, whatever a neighbour's half byte holds."""
        before = _HEX if self.first % 2 else ("",)
        after = _HEX if self.last % 2 else ("",)
        return frozenset(
            bytes.fromhex(b + self.digits(text) + a)
            for text in self.part.allowed
            for b in before
            for a in after
        )


class Framing:
    """A frame format made ready for use: prefix, limits, heads and how an answer swaps them."""

    __slots__ = (
        "_checks", "_is_binary", "_longest", "_roles", "_shortest", "_shuffle", "_slots", "_told",
        "_total", "frame_format", "prefix_size",
    )  # fmt: skip

    def __init__(self, frame_format: FrameFormat) -> None:
        """Compile `frame_format`; ValueError where it contradicts itself."""
        self.frame_format = frame_format
        self.prefix_size = frame_format.length_bytes
        base = {"binary": 256, "ascii": 10, "bcd": 100}[frame_format.length_encoding]
        if frame_format.limit >= base**self.prefix_size:
            raise ValueError("the limit of a frame does not fit its length prefix")
        self._is_binary = frame_format.length_encoding == "binary"
        self._shortest, self._longest = frame_format.head_size + SHORTEST_MTI, frame_format.limit
        self._slots = tuple(_slots(frame_format))
        self._checks = tuple((*s.span, s.good_bytes(), s) for s in self._slots if s.part.allowed)
        self._roles = {s.part.role: s for s in self._slots if s.part.role is not None}
        total = self._roles.get("total-length")
        if total and not (total.is_aligned and total.number(frame_format.limit)):
            raise ValueError("the limit of a frame does not fit the total length in its head")
        self._total = None if total is None else (*total.span, total.head_start, total)
        self._told: dict[int, tuple[bytes, bytes]] = {}
        """Sizes that were announced before: the prefix, and the total length in the head."""
        self._shuffle = itemgetter(*_answer_order(frame_format, self._slots))

    @property
    def sizes(self) -> tuple[int, int, bool]:
        """The shortest and the longest frame, and whether the prefix is a binary number."""
        return self._shortest, self._longest, self._is_binary

    @property
    def has_checks(self) -> bool:
        """Whether anything in the heads of a frame can be wrong."""
        return bool(self._checks) or self._total is not None

    # ------------------------------------------------------------------------- whole frames

    def split(self, data: bytes) -> bytes:
        """Return the frame in `data`, which is one whole frame with its prefix and nothing else.

        FrameError says what does not fit, with both numbers where lengths disagree.
        """
        try:
            return self._split(data)
        except FrameError as refusal:
            if self._checks and self._head_refusal(data, 0, len(data)) is None:
                hint = "the bytes fit as a frame without its length prefix"
                raise hinted(refusal, hint) from None
            raise

    def _split(self, data: bytes) -> bytes:
        prefix = self.prefix_size
        if len(data) < prefix:
            reason = "the length prefix is cut off"
            raise FrameError(reason, offset=0, expected=f"{prefix} bytes", found=str(len(data)))
        size, rest = self.size_at(data, 0), len(data) - prefix
        if size == 0 and rest == 0 and self.frame_format.keep_alive:
            raise FrameError("a keep-alive, which holds no message", offset=0)
        if refusal := self.size_refusal(size):
            raise refusal
        if size > rest:
            expected, found = f"{size} bytes after the length prefix", str(rest)
            raise FrameError("the frame is cut off", offset=0, expected=expected, found=found)
        if refusal := self.head_refusal(data, 0, size):
            raise refusal
        if size < rest:
            raise FrameError(
                "bytes follow the frame",
                offset=prefix + size,
                expected=f"{size} bytes after the length prefix",
                found=f"{rest}, {rest - size} too many",
            )
        return data[prefix:]

    def join(self, frame: bytes) -> bytes:
        """Return `frame` with its prefix, and its total length (if a head has one) made true.

        FrameError: shorter than its heads, or longer than the dialect allows.
        """
        size = len(frame)
        prefix, told = self._told.get(size) or self._tell(size)
        if self._total is None:
            return prefix + frame
        first, stop, _, _ = self._total
        return b"".join((prefix, frame[:first], told, frame[stop:]))

    def _tell(self, size: int) -> tuple[bytes, bytes]:
        """Return prefix and total length of a frame, and remember them."""
        if refusal := self.size_refusal(size):
            raise refusal
        total = b""
        if self._total is not None:
            _, _, head_start, slot = self._total
            total = slot.number(size - head_start)
        told = self.prefix(size), total
        if len(self._told) < MOST_SIZES:
            self._told[size] = told
        return told

    def prefix(self, size: int) -> bytes:
        """Return the length prefix that announces `size` bytes; that of 0 is a keep-alive."""
        count = self.prefix_size
        if self.frame_format.length_encoding == "binary":
            return size.to_bytes(count, "big")
        if self.frame_format.length_encoding == "ascii":
            return b"%0*d" % (count, size)
        return bytes.fromhex(f"{size:0{2 * count}d}")

    def size_at(self, data: bytes, at: int) -> int:
        """Return the size that the prefix at `data[at]` announces, -1 if it is not digits."""
        prefix = data[at : at + self.prefix_size]
        if self.frame_format.length_encoding == "binary":
            return int.from_bytes(prefix, "big")
        if self.frame_format.length_encoding == "ascii":
            return int(prefix) if prefix.isdigit() else _NOT_DIGITS
        digits = prefix.hex()
        return int(digits) if digits.isdecimal() else _NOT_DIGITS

    def size_refusal(self, size: int) -> FrameError | None:
        """Return why no frame has `size` bytes, None if one can: decided before buffering it."""
        frame_format, shortest = self.frame_format, self._shortest
        if shortest <= size <= self._longest:
            return None
        if size == _NOT_DIGITS:
            return FrameError(
                "the length prefix is not made of digits",
                offset=0,
                expected=f"{self.prefix_size} bytes of {frame_format.length_encoding} digits",
            )
        if size > frame_format.limit:
            reason, expected = "the frame is too long", f"at most {frame_format.limit} bytes"
        elif size == 0 and not frame_format.keep_alive:
            reason, expected = "a keep-alive, which this dialect does not have", "a message"
        else:
            reason, expected = "the frame is too short", f"at least {shortest} bytes"
        return FrameError(reason, offset=0, expected=expected, found=str(size))

    def verified(self, data: bytes) -> int:
        """Return how many bytes at the start of `data` are as in this format and in few others.

        They are counted up to the last part of a head that has one of its allowed values before
        one that has not. A length counts if it is right, or one that only digits can make.
        """
        size, rest = self.size_at(data, 0), len(data) - self.prefix_size
        if rest < 0 or size == _NOT_DIGITS:
            return 0
        is_keep_alive = size == 0 and self.frame_format.keep_alive
        if not is_keep_alive and self.size_refusal(size):
            return 0
        is_text = self.frame_format.length_encoding == "ascii"
        reached = self.prefix_size if is_text or size == rest else 0
        for first, stop, good, _ in self._checks:
            if data[self.prefix_size + first : self.prefix_size + stop] not in good:
                break
            reached = self.prefix_size + stop
        return reached

    def head_refusal(self, data: bytes, at: int, size: int) -> FrameError | None:
        """Return what is wrong with the heads of the frame of `size` bytes at `data[at]`."""
        return self._head_refusal(data, at + self.prefix_size, size)

    def _head_refusal(self, data: bytes, start: int, size: int) -> FrameError | None:
        for first, stop, good, slot in self._checks:
            if data[start + first : start + stop] not in good:
                return self._wrong_value(data[start : start + self.frame_format.head_size], slot)
        if self._total is None:
            return None
        first, stop, head_start, total = self._total
        if data[start + first : start + stop] == total.number(size - head_start):
            return None
        found = total.read(data[start : start + self.frame_format.head_size])
        return FrameError(
            f"the {total.head.words.en.lower()} says another length than the prefix",
            offset=self.prefix_size + first,
            expected=str(size - head_start),
            found=found if found.isdecimal() else "no number",
        )

    def _wrong_value(self, heads: bytes, slot: _Slot) -> FrameError:
        found = slot.read(heads)
        return FrameError(
            f"{slot.head.words.en}: unknown {slot.part.words.en.lower()}",
            offset=self.prefix_size + slot.first // 2,
            expected=" or ".join(slot.part.allowed),
            found=found if found.isprintable() else "unprintable characters",
        )

    # -------------------------------------------------------------------------------- heads

    def read_heads(self, frame: bytes) -> dict[str, dict[str, str]]:
        """Return head -> part -> text: digits of bcd, characters of ascii, hex of binary."""
        heads = frame[: self.frame_format.head_size].hex().upper()
        values: dict[str, dict[str, str]] = {h.name: {} for h in self.frame_format.heads}
        for slot in self._slots:
            values[slot.head.name][slot.part.name] = slot.cut(heads)
        return values

    def head_hex(self, frame: bytes) -> dict[str, str]:
        """Return head -> its bytes in upper-case hexadecimal."""
        values, at = {}, 0
        for head in self.frame_format.heads:
            values[head.name] = frame[at : at + head.size].hex().upper()
            at += head.size
        return values

    def build_heads(self, values: Mapping[str, Mapping[str, str] | str] | None = None) -> bytes:
        """Return the heads; what `values` does not give has its default.

        `values` maps a head to its parts, or to the hexadecimal of the whole head. A total length
        is left zero: `join` knows it. EncodeError names the head or part that does not fit.
        """
        values = values or {}
        if strangers := values.keys() - {head.name for head in self.frame_format.heads}:
            raise EncodeError(min(strangers), "is no head of this dialect")
        heads = bytes.fromhex("".join(self._build(h, values) for h in self.frame_format.heads))
        for first, stop, good, slot in self._checks:
            if heads[first:stop] not in good:
                raise EncodeError(slot.label, f"is not {' or '.join(slot.part.allowed)}")
        return heads

    def _build(self, head: Head, values: Mapping[str, Mapping[str, str] | str]) -> str:
        given = values.get(head.name, {})
        if isinstance(given, str):
            if len(given) != 2 * head.size or given.strip(_HEX + "ABCDEF"):
                raise EncodeError(head.name, f"is not {head.size} bytes in hexadecimal")
            return given
        if strangers := given.keys() - {part.name for part in head.parts}:
            raise EncodeError(f"{head.name} {min(strangers)}", "is no part of this head")
        digits = []
        for slot in self._slots:
            if slot.head.name != head.name:
                continue
            default = slot.part.default or "0" * slot.width
            digits.append(slot.digits(given.get(slot.part.name, default)))
        return "".join(digits)

    def answer_heads(
        self, frame: bytes, *, processing_request: str | None = None, reject_code: str | None = None
    ) -> bytes:
        """Return the heads of an answer to `frame`: its addresses swapped, all else as it came.

        The two options set the parts of these roles; EncodeError where the format has none.
        """
        heads: bytes = b"".join(self._shuffle(frame))
        if processing_request is None and reject_code is None:
            return heads
        changed = bytearray(heads)
        for role, text in (
            ("processing-request", processing_request),
            ("reject-code", reject_code),
        ):
            if text is not None:
                if role not in self._roles:
                    raise EncodeError(role, "no head of this dialect has such a part")
                self._roles[role].write(changed, text)
        return bytes(changed)


class Deframer:
    """Cuts one connection's bytes into frames; any chunking gives the same ones.

    `failure` is set once the stream cannot be followed; `refused` holds the first bytes of the
    frame that it speaks of. `keep_alives` counts the zero-length frames.
    """

    __slots__ = ("_buffer", "_framing", "_wanted", "failure", "keep_alives", "refused")

    def __init__(self, framing: Framing | FrameFormat) -> None:
        """Start at a frame boundary; give a shared `Framing` where connections are many."""
        self._framing = framing if isinstance(framing, Framing) else Framing(framing)
        self._buffer = bytearray()
        self._wanted = 0
        self.keep_alives = 0
        self.failure: FrameError | None = None
        self.refused = b""

    @property
    def pending(self) -> int:
        """Bytes of an unfinished frame at hand; at most the limit and a prefix."""
        return len(self._buffer)

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the frames that `chunk` completes, without their prefix; none after a failure."""
        if self.failure is not None:
            return []
        buffer = self._buffer
        if buffer:
            buffer += chunk
            if len(buffer) < self._wanted:
                return []
            chunk = bytes(buffer)
            buffer.clear()
        return self._cut(chunk)

    def _cut(self, data: bytes) -> list[bytes]:
        framing = self._framing
        prefix, is_checked = framing.prefix_size, framing.has_checks
        keep_alive, to_mti = framing.frame_format.keep_alive, framing.frame_format.head_size
        shortest, longest, is_binary = framing.sizes
        frames: list[bytes] = []
        at, end = 0, len(data)
        while True:
            start = at + prefix
            if start > end:
                self._wanted = prefix
                break
            size = int.from_bytes(data[at:start], "big") if is_binary else framing.size_at(data, at)
            if size == 0 and keep_alive:
                self.keep_alives += 1
                at = start
                continue
            refusal = None if shortest <= size <= longest else framing.size_refusal(size)
            if refusal is None and is_checked and start + to_mti <= end:
                refusal = framing.head_refusal(data, at, size)
            if refusal is not None:
                self.failure = refusal
                self.refused = data[at : at + REMEMBERED]
                return frames
            stop = start + size
            if stop > end:
                self._wanted = prefix + (size if start + to_mti <= end else to_mti)
                break
            frames.append(data[start:stop])
            at = stop
        self._buffer += data[at:]
        return frames


def hinted(refusal: FrameError, hint: str) -> FrameError:
    """Return `refusal` with a hint added to what it says."""
    return FrameError(
        refusal.reason,
        offset=refusal.offset,
        expected=refusal.expected,
        found=refusal.found,
        hint="; ".join(filter(None, (refusal.hint, hint))),
    )


def _slots(frame_format: FrameFormat) -> list[_Slot]:
    slots, at, head_start = [], 0, 0
    for head in frame_format.heads:
        for part in head.parts:
            end = at + (part.size if part.encoding == "bcd" else 2 * part.size)
            width = 2 * part.size if part.encoding == "binary" else part.size
            slots.append(_Slot(head, part, head_start, at, end, width))
            at = end
        head_start += head.size
    return slots


def _answer_order(frame_format: FrameFormat, slots: tuple[_Slot, ...]) -> list[slice]:
    """Return the byte ranges of a frame that make the heads of its answer, in order."""
    moved: dict[int, slice] = {}
    for head in frame_format.heads:
        roles = {s.part.role: s for s in slots if s.head.name == head.name}
        destination, source = roles.get("destination"), roles.get("source")
        if destination is None or source is None:
            continue
        one, other = destination.part, source.part
        if (one.size, one.encoding) != (other.size, other.encoding):
            raise ValueError(f"{head.name}: destination and source differ in size or encoding")
        if not (destination.is_aligned and source.is_aligned):
            raise ValueError(f"{head.name}: destination and source are not whole bytes")
        moved[destination.span[0]] = slice(*source.span)
        moved[source.span[0]] = slice(*destination.span)
    ends = {start + (span.stop - span.start) for start, span in moved.items()}
    bounds = sorted({0, frame_format.head_size, *moved, *ends})
    # Two empty ranges at the end: `itemgetter` gives a tuple from two ranges on.
    ranges = [moved.get(start, slice(start, stop)) for start, stop in pairwise(bounds)]
    return [*ranges, slice(0, 0), slice(0, 0)]
