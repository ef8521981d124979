"""TCP segments put in order (simulators/replay): one stream of bytes for each way of a connection.

Retransmitted, doubled and reordered segments do no harm. A hole that nothing fills is passed over
and said, because what follows it must be looked for anew.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Final, NamedTuple

from simulators.replay.capture.packets import Segment

FIN: Final = 0x01
SYN: Final = 0x02
RST: Final = 0x04
ACK: Final = 0x10
MOST_WAITING: Final = 256
"""Segments of one way that may wait for a hole to be filled."""
MOST_WAITING_BYTES: Final = 1 << 20
UNSEEN: Final = 8
"""Segments that a way whose start was not seen may come in before the first of them is chosen."""
MOST_CLOSED: Final = 4_096
"""Ways that ended and are still remembered."""
_HALF: Final = 1 << 31
_WHOLE: Final = 1 << 32


Address = tuple[str, int]


class Piece(NamedTuple):
    """Bytes of a stream, in order. `hole` are bytes missing before it; -1 for a start unseen.

    A piece that `ends` is the last one of its way; one with a `client` is its first, and says who
    connected.
    """

    at_us: int
    source: tuple[str, int]
    target: tuple[str, int]
    content: bytes
    hole: int = 0
    ends: bool = False
    client: Address | None = None


class _Way:
    """One direction of one connection."""

    __slots__ = ("bytes_waiting", "end", "expected", "is_closed", "is_unseen", "start", "waiting")

    def __init__(self) -> None:
        self.expected: int | None = None
        self.end: int | None = None
        self.start: int | None = None
        self.is_unseen = False
        self.is_closed = False
        self.waiting: dict[int, Segment] = {}
        self.bytes_waiting = 0


class Streams:
    """Puts the segments of all connections in order."""

    def __init__(self) -> None:
        """Begin with no connection."""
        self._ways: dict[tuple[Address, Address], _Way] = {}
        self._closed: deque[tuple[Address, Address]] = deque()

    def take(self, segment: Segment) -> Iterator[Piece]:
        """Yield what a segment completes."""
        key = (segment.source, segment.target)
        way = self._ways.get(key)
        if way is None:
            way = self._ways[key] = _Way()
        if segment.flags & SYN:
            yield from self._opened(way, segment)
            return
        if segment.content:
            yield from self._in_order(way, segment)
        if segment.flags & FIN:
            way.end = (segment.sequence + len(segment.content)) % _WHOLE
        if segment.flags & RST:
            yield from self._flushed(way)
        if segment.flags & RST or (way.end is not None and way.end == way.expected):
            if way.is_closed:
                return
            # A segment that comes late, and twice, is not the start of another connection.
            self._close(key, way)
            back = self._ways.get((segment.target, segment.source))
            if segment.flags & RST and back is not None and not back.is_closed:
                self._close((segment.target, segment.source), back)
            yield Piece(segment.at_us, segment.source, segment.target, b"", ends=True)
            while len(self._closed) > MOST_CLOSED:
                yield from self._forgotten(self._closed.popleft())

    def _close(self, key: tuple[Address, Address], way: _Way) -> None:
        way.is_closed = True
        self._closed.append(key)

    def _forgotten(self, key: tuple[Address, Address]) -> Iterator[Piece]:
        way = self._ways.get(key)
        if way is not None and way.is_closed:
            yield from self._flushed(way)
            del self._ways[key]

    def flush(self) -> Iterator[Piece]:
        """Yield what waits for holes that are never filled."""
        for way in self._ways.values():
            yield from self._flushed(way)
        self._ways.clear()

    def _opened(self, way: _Way, segment: Segment) -> Iterator[Piece]:
        start = (segment.sequence + 1) % _WHOLE
        if way.start == start:
            return
        way.start = start
        # Data that came before its own SYN waits under its number.
        early = list(way.waiting.values()) if way.expected is None else []
        if not early:
            yield from self._flushed(way)
        way.waiting, way.bytes_waiting = {}, 0
        way.expected, way.is_unseen, way.end = start, False, None
        way.is_closed = False
        client = segment.target if segment.flags & ACK else segment.source
        yield Piece(segment.at_us, segment.source, segment.target, b"", client=client)
        for each in early:
            yield from self._in_order(way, each)

    def _in_order(self, way: _Way, segment: Segment) -> Iterator[Piece]:
        expected = way.expected
        ahead = 1 if expected is None else _ahead(segment.sequence, expected)
        if ahead > 0:
            kept = way.waiting.get(segment.sequence)
            if kept is None or len(kept.content) < len(segment.content):
                way.bytes_waiting += len(segment.content) - (len(kept.content) if kept else 0)
                way.waiting[segment.sequence] = segment
            most = UNSEEN if expected is None else MOST_WAITING
            if len(way.waiting) > most or way.bytes_waiting > MOST_WAITING_BYTES:
                yield from self._over_the_hole(way)
            return
        yield from self._taken(way, segment, 0)
        yield from self._follow(way, segment.at_us)

    def _taken(self, way: _Way, segment: Segment, hole: int) -> Iterator[Piece]:
        if way.expected is None:
            return
        fresh = segment.content[max(0, -_ahead(segment.sequence, way.expected)) :]
        if not fresh:
            return
        way.expected = (way.expected + len(fresh)) % _WHOLE
        if way.is_unseen:
            hole, way.is_unseen = -1, False
        yield Piece(segment.at_us, segment.source, segment.target, fresh, hole)

    def _follow(self, way: _Way, at_us: int) -> Iterator[Piece]:
        """Yield what waited for what has come."""
        while way.waiting and way.expected is not None:
            expected = way.expected
            found = next((each for each in way.waiting if _ahead(each, expected) <= 0), None)
            if found is None:
                return
            segment = way.waiting.pop(found)
            way.bytes_waiting -= len(segment.content)
            yield from self._taken(way, segment._replace(at_us=max(at_us, segment.at_us)), 0)

    def _over_the_hole(self, way: _Way) -> Iterator[Piece]:
        if not way.waiting:
            return
        expected = way.expected
        if expected is None:
            way.is_unseen = True
            expected = next(iter(way.waiting))
        first = min(way.waiting, key=lambda each: _ahead(each, expected))
        segment = way.waiting.pop(first)
        way.bytes_waiting -= len(segment.content)
        way.expected = first
        yield from self._taken(way, segment, _ahead(first, expected))
        yield from self._follow(way, segment.at_us)

    def _flushed(self, way: _Way) -> Iterator[Piece]:
        while way.waiting:
            yield from self._over_the_hole(way)


def _ahead(sequence: int, expected: int) -> int:
    """Return how far a number lies ahead of another, negative behind: they count round."""
    return (sequence - expected + _HALF) % _WHOLE - _HALF
