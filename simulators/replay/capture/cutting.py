"""A stream of bytes cut into frames (simulators/replay), and found again after a hole.

Unlike a live connection, a capture may begin in the middle of a frame or miss some: then the next
place is looked for where a whole frame reads to its last byte, and what lay before it is told.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from messages.dialects.dialect import Dialect
from messages.errors import DecodeError
from messages.framing import Framing
from messages.view import viewer_of

_NOTHING: Final = ""


class Cut(NamedTuple):
    """A frame without its length prefix; `note` tells what was skipped before it."""

    frame: bytes
    note: str


class Cutter:
    """Cuts one way of one connection."""

    __slots__ = ("_base", "_buffer", "_framing", "_is_lost", "_viewer", "_why", "skipped")

    def __init__(self, dialect: Dialect) -> None:
        """Begin at the start of a frame."""
        self._framing = Framing(dialect.frame)
        self._viewer = viewer_of(dialect)
        self._base = dialect.frame.head_size
        self._buffer = bytearray()
        self._is_lost = False
        self._why = _NOTHING
        self.skipped = 0
        """Bytes that are in no frame, since the last one."""

    def lose(self, why: str) -> None:
        """Take what comes next for the middle of something."""
        self.skipped += len(self._buffer)
        self._buffer.clear()
        self._is_lost, self._why = True, why

    def feed(self, content: bytes) -> list[Cut]:
        """Return the frames that these bytes complete."""
        self._buffer += content
        data, found, at = bytes(self._buffer), [], 0
        while True:
            if self._is_lost:
                place = self._search(data, at)
                self.skipped += place - at
                at = place
                if self._is_lost:
                    break
            frame, at, is_done = self._next(data, at)
            if frame is not None:
                found.append(self._told(frame))
            elif is_done:
                break
        del self._buffer[:at]
        return found

    @property
    def rest(self) -> int:
        """Bytes of a frame that never became whole."""
        return len(self._buffer)

    def _told(self, frame: bytes) -> Cut:
        note = _NOTHING
        if self.skipped or self._why:
            note = f"{self._why}: {self.skipped} bytes skipped"
            self.skipped, self._why = 0, _NOTHING
        return Cut(frame, note)

    def _next(self, data: bytes, at: int) -> tuple[bytes | None, int, bool]:
        """Return a frame and where the next begins; whether no more can be told yet."""
        framing = self._framing
        start = at + framing.prefix_size
        if start > len(data):
            return None, at, True
        size = framing.size_at(data, at)
        if size == 0 and framing.frame_format.keep_alive:
            return None, start, False
        refusal = framing.size_refusal(size)
        if refusal is None and start + framing.frame_format.head_size <= len(data):
            refusal = framing.head_refusal(data, at, size)
        if refusal is not None:
            self._is_lost, self._why = True, f"the bytes do not frame ({refusal.reason})"
            # The place itself is refused, so that a search goes on behind it.
            self.skipped += 1
            return None, at + 1, False
        if start + size > len(data):
            return None, at, True
        return data[start : start + size], start + size, False

    def _search(self, data: bytes, at: int) -> int:
        """Return where a frame begins and cease to be lost; or from where to look later."""
        framing, end = self._framing, len(data)
        to_mti = framing.prefix_size + framing.frame_format.head_size
        waits = -1
        while at + to_mti <= end:
            size = framing.size_at(data, at)
            is_frame = framing.size_refusal(size) is None
            if is_frame and framing.head_refusal(data, at, size) is None:
                stop = at + framing.prefix_size + size
                if stop > end:
                    # It may be one; look on, but come back here with more bytes.
                    waits = at if waits < 0 else waits
                elif self._reads(data[at + framing.prefix_size : stop]):
                    self._is_lost = False
                    return at
            at += 1
        return waits if waits >= 0 else at

    def _reads(self, frame: bytes) -> bool:
        try:
            self._viewer.index(frame, self._base)
        except DecodeError:
            return False
        return True
