"""Connections of terminals under test (simulators/conformance): bytes to frames, patiently.

A length that is wrong is a finding, not the end: where the bytes make a message all the same, it
is read and judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Final

import msgspec

from messages.dialects.detect import explain_refusal
from messages.dialects.dialect import Dialect
from messages.dialects.family import Family
from messages.dialects.loader import load_dialect, packaged_names
from messages.errors import FrameError
from messages.framing import Framing
from simulators.conformance.hearing.heard import PREFIX, Heard, Unreadable, read
from simulators.conformance.rules.vocabulary import Judgement

STALL_NS: Final = 3_000_000_000
"""How long half a frame may stay half."""
MOST_BYTES: Final = 65_536
"""Bytes of one connection that are held."""
MOST_A_SECOND: Final = 100
"""Frames a second that one connection may send."""
_NS_PER_S: Final = 1_000_000_000


class Line(msgspec.Struct, kw_only=True):
    """One connection."""

    number: int
    held: bytearray = msgspec.field(default_factory=bytearray)
    since_ns: int = 0
    terminal: str = ""
    second: int = 0
    frames: int = 0
    spoke: bool = False
    """Whether anything readable ever came."""

    @property
    def stalls_ns(self) -> int | None:
        """When half a frame has waited long enough."""
        return self.since_ns + STALL_NS if self.held else None


class Cut(msgspec.Struct, frozen=True):
    """What a connection gave: a message or what is unreadable; `is_over` ends the connection."""

    frame: bytes
    what: Heard | Unreadable | None
    judgements: tuple[Judgement, ...] = ()
    is_over: bool = False
    why: str = ""


_HINTS: Final = (
    (b"POST ", "this is HTTP: --outer http takes it off"),
    (b"GET ", "this is HTTP: --outer http takes it off"),
    (b"\x16\x03", "this is TLS: --tls-certificate listens with it"),
    (b"\x60", "this begins with a TPDU: the 2-byte length before it is missing"),
)
"""What bytes begin with that are no frame -> what they may be."""


def told(data: bytes, refused: FrameError) -> str:
    """Return why bytes are no frame, with what they may be instead: for a first connection."""
    for begins, words in _HINTS:
        if data.startswith(begins):
            return f"{refused.text()}; {words}"
    digits = data[:4]
    if digits.isdigit():
        return f"{refused.text()}; this begins with a length of 4 ASCII digits ({int(digits)})"
    return explain_refusal(data, _known(), refused).text()


@cache
def _known() -> tuple[Dialect, ...]:
    return tuple(load_dialect(name) for name in packaged_names())


class Cutter:
    """Cuts what connections send; one for all of them."""

    def __init__(self, dialects: tuple[Dialect, ...]) -> None:
        """Make the framings of the dialects ready."""
        self._family = Family(dialects)
        self._merged = Framing(self._family.frame)
        self._dialects = dialects
        self._framings = tuple(Framing(dialect.frame) for dialect in dialects)
        self.known: list[tuple[str, str]] = []
        """Terminal and merchant numbers that were heard before."""

    def framing_of(self, heard: Heard) -> Framing:
        """Return the framing of a message's dialect."""
        return self._framings[self._dialects.index(heard.dialect)]

    def read(self, frame: bytes) -> Heard | Unreadable:
        """Return what a frame without its length says."""
        number = self._family.which(frame)
        return read(self._dialects[number], self._framings[number], frame, self.known)

    def feed(self, line: Line, data: bytes, at_ns: int) -> Iterator[Cut]:
        """Take bytes; yield what they complete."""
        line.held += data
        line.since_ns = at_ns
        while len(line.held) >= PREFIX:
            size = self._merged.size_at(bytes(line.held[:PREFIX]), 0)
            if size == 0:
                del line.held[:PREFIX]
                continue
            if self._is_flood(line, at_ns):
                why = f"more than {MOST_A_SECOND} frames a second"
                yield Cut(b"", None, is_over=True, why=why)
                return
            refused = self._merged.size_refusal(size)
            if refused is not None:
                yield self._odd_length(line, told(bytes(line.held), refused))
                return
            if len(line.held) < PREFIX + size:
                if len(line.held) > MOST_BYTES:
                    yield Cut(b"", None, is_over=True, why="too many bytes")
                return
            frame = bytes(line.held[PREFIX : PREFIX + size])
            del line.held[: PREFIX + size]
            yield self._whole(line, frame)

    def _is_flood(self, line: Line, at_ns: int) -> bool:
        second = at_ns // _NS_PER_S
        line.frames = line.frames + 1 if second == line.second else 1
        line.second = second
        return line.frames > MOST_A_SECOND

    def stalled(self, line: Line) -> Cut:
        """Return what half a frame is, after it waited long enough."""
        wanted = self._merged.size_at(bytes(line.held[:PREFIX]), 0) if len(line.held) > 1 else 0
        return self._odd_length(
            line, f"the length announces {wanted} bytes, {max(0, len(line.held) - PREFIX)} came"
        )

    def _odd_length(self, line: Line, why: str) -> Cut:
        """Read what is held in spite of its length, or give the connection up."""
        held = bytes(line.held)
        line.held.clear()
        frame = held[PREFIX:]
        limit = self._merged.frame_format.limit
        what = self._read_if_whole(frame)
        check = "frame-limit" if len(frame) > limit and what is not None else "frame-length"
        about = {"mti": what.mti, "transaction": what.transaction} if what is not None else {}
        judgement = Judgement(
            check=check,
            ok=False,
            about=about,
            offset=0,
            expected=f"at most {limit} bytes" if check == "frame-limit" else "the bytes after it",
            found=f"{len(frame)}" if check == "frame-limit" else why,
        )
        return Cut(held, what, (judgement,), is_over=what is None, why=why)

    def _read_if_whole(self, frame: bytes) -> Heard | None:
        if self._merged.head_refusal(bytes(PREFIX) + frame, 0, len(frame)) is not None:
            return None
        what = self.read(frame)
        return what if isinstance(what, Heard) and what.found is not None else None

    def _whole(self, line: Line, frame: bytes) -> Cut:
        judgements: tuple[Judgement, ...] = ()
        refused = self._merged.head_refusal(bytes(PREFIX) + frame, 0, len(frame))
        if refused is not None:
            check = "tpdu-id" if "TPDU" in refused.reason else "class"
            judgements = (
                Judgement(
                    check=check,
                    ok=False,
                    offset=refused.offset,
                    expected=refused.expected,
                    found=refused.found,
                ),
            )
        what = self.read(frame)
        if isinstance(what, Unreadable) and line.held:
            longer = self._read_if_whole(frame + bytes(line.held))
            if longer is not None:
                rest = len(line.held)
                frame += bytes(line.held)
                line.held.clear()
                found = f"{rest} bytes more"
                about = {"mti": longer.mti, "transaction": longer.transaction}
                short = Judgement(
                    check="frame-length", ok=False, about=about, offset=0,
                    expected="the bytes after it", found=found,
                )  # fmt: skip
                return Cut(frame, longer, (*judgements, short))
        if refused is not None and isinstance(what, Unreadable):
            return Cut(frame, what, judgements, is_over=True, why=refused.text())
        good = tuple(
            Judgement(check=check, ok=True, about={"mti": "any"})
            for check in ("frame-length", "frame-limit", "tpdu-id", "class")
            if not any(j.check == check for j in judgements)
        )
        return Cut(frame, what, (*judgements, *good))
