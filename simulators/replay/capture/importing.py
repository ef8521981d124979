"""Captures and logs as traces (simulators/replay): every connection's side and ways worked out.

A connection belongs to the side whose dialect its first bytes are in; who asked whom is known from
its SYN, or else from its first message. Lines come out in the order of time.
"""

from __future__ import annotations

import heapq
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from itertools import count
from typing import IO, Final

from messages.dialects.dialect import Dialect
from messages.errors import DecodeError, FrameError
from messages.framing import Framing
from messages.view import viewer_of
from simulators.replay.capture.cutting import Cutter
from simulators.replay.capture.packets import Packets
from simulators.replay.capture.streams import Piece, Streams
from simulators.replay.capture.through import Through
from simulators.replay.trace.form import Frame, Side, To, TraceError
from simulators.replay.trace.making import Maker

_WINDOW: Final = 4_096
"""Frames that are held back to be put in the order of time."""
_ENOUGH: Final = 64
"""Bytes after which a side is decided even if neither dialect fits."""
_TLS_KINDS: Final = (0x14, 0x15, 0x16, 0x17)
_TLS_MAJOR: Final = 3
_TLS_MINOR: Final = 4
_QUESTIONS: Final = "024"
"""Third digit of the MTI of a request, advice or notification."""
MOST_ENDED: Final = 4_096
"""Connections of which one end is closed that are remembered until the other is."""
MOST_HELD: Final = 1 << 16
"""Bytes of a connection that are held until its side is known."""

Address = tuple[str, int]


class _Line:
    """One connection: its side, who is the switch, and a cutter for each way."""

    def __init__(self, client: Address | None) -> None:
        self.client = client
        self.side: Side | None = None
        self.switch: Address | None = None
        self.cutters: dict[Address, Cutter] = {}
        self.held: list[Piece] = []
        self.name = ""
        self.refused = False
        self.ended: Address | None = None
        """Whichever end closed first."""


class Importer:
    """Makes the frames of a trace from the pieces of a capture; `skipped` says what is left out."""

    def __init__(self, maker: Maker, dialects: dict[Side, Dialect]) -> None:
        """Prepare."""
        self._maker = maker
        self._dialects = dialects
        self._lines: dict[frozenset[Address], _Line] = {}
        self._ended: OrderedDict[frozenset[Address], _Line] = OrderedDict()
        self._framings = {side: Framing(each.frame) for side, each in dialects.items()}
        self.skipped: Counter[str] = Counter()
        self.frames = 0
        self._encrypted = 0

    def of(self, stream: IO[bytes], name: str) -> Iterator[Frame]:
        """Yield the frames of a capture in the order of time.

        TraceError where it is none, or holds nothing but TLS.
        """
        yield from self.of_segments(Packets(stream, name), name)

    def of_segments(self, packets: Packets | Through, name: str) -> Iterator[Frame]:
        """Yield the frames of a capture that is taken apart already; TraceError as above."""
        yield from in_time(self._frames(packets))
        self.skipped.update(packets.left)
        if self._encrypted and not self.frames:
            raise TraceError(f"{name}: {_TLS}")

    def _frames(self, packets: Packets | Through) -> Iterator[Frame]:
        streams = Streams()
        for segment in packets:
            for piece in streams.take(segment):
                yield from self._take(piece)
        for piece in streams.flush():
            yield from self._take(piece)
        for line in self._lines.values():
            yield from self._decided(line, is_last=True)
            self._left(line)

    def _take(self, piece: Piece) -> Iterator[Frame]:
        key = frozenset((piece.source, piece.target))
        line = self._lines.get(key)
        is_new = piece.client is not None and piece.client == piece.source
        if line is None or (is_new and line.cutters and line.client == piece.client):
            if line is not None:
                self._left(line)
            line = self._lines[key] = _Line(piece.client)
        elif piece.client is not None and line.client is None and not line.cutters:
            line.client = piece.client
        if piece.ends:
            yield from self._closed(key, line, piece.source)
        if not piece.content or line.refused:
            return
        if line.side is None:
            line.held.append(piece)
            yield from self._decided(line)
        else:
            yield from self._cut(line, piece)

    def _closed(self, key: frozenset[Address], line: _Line, source: Address) -> Iterator[Frame]:
        """Forget a connection once both its ends are closed: a day may have a million of them."""
        if line.ended in {None, source}:
            line.ended = source
            self._ended[key] = line
            if len(self._ended) <= MOST_ENDED:
                return
            key, line = next(iter(self._ended.items()))
        self._ended.pop(key, None)
        yield from self._decided(line, is_last=True)
        self._left(line)
        if self._lines.get(key) is line:
            del self._lines[key]

    # ------------------------------------------------------------------------- a connection

    def _decided(self, line: _Line, *, is_last: bool = False) -> Iterator[Frame]:
        """Decide the side of a connection as soon as its bytes tell, then cut what was held."""
        if line.side is not None or not line.held or line.refused:
            return
        if any(_is_tls(piece.content) for piece in line.held):
            line.refused = True
            self._encrypted += 1
            self.skipped[_TLS] += 1
            return
        held = sum(len(piece.content) for piece in line.held)
        side = self._side(line.held)
        if side is None and held < _ENOUGH and not is_last:
            return
        line.side = side or "terminal"
        pieces, line.held = line.held, []
        for piece in pieces:
            yield from self._cut(line, piece)

    def _side(self, held: list[Piece]) -> Side | None:
        """Return the side whose dialect reads a frame of these bytes."""
        for side, dialect in self._dialects.items():
            for source in {piece.source for piece in held}:
                cutter = Cutter(dialect)
                cutter.lose("")
                content = b"".join(p.content for p in held if p.source == source)
                if cutter.feed(content[:MOST_HELD]):
                    return side
        return None

    def _cut(self, line: _Line, piece: Piece) -> Iterator[Frame]:
        side = line.side or "terminal"
        cutter = line.cutters.get(piece.source)
        if cutter is None:
            cutter = line.cutters[piece.source] = Cutter(self._dialects[side])
        if piece.hole:
            missing = (
                "the capture starts within the connection"
                if piece.hole < 0
                else (f"{piece.hole} bytes are missing in the capture")
            )
            cutter.lose(missing)
        for frame, note in cutter.feed(piece.content):
            if line.switch is None:
                self._orient(line, piece, frame)
            to: To = "switch" if piece.target == line.switch else "peer"
            if note:
                self.skipped[note.partition(":")[0].partition("(")[0].strip()] += 1
            self.frames += 1
            made = self._maker.frame(piece.at_us, line.name, side, to, frame)
            yield _noted(made, note)

    def _orient(self, line: _Line, piece: Piece, frame: bytes) -> None:
        """Find out which end is the switch."""
        side = line.side or "terminal"
        client = line.client
        if client is None:
            asks = self._asks(side, frame)
            ends = (piece.source, piece.target)
            client = ends[0] if asks else ends[1]
        server = piece.target if piece.source == client else piece.source
        # Terminals come to the switch, and the switch goes to its issuers.
        line.switch = server if side == "terminal" else client
        peer = client if side == "terminal" else server
        line.name = f"{peer[0]}:{peer[1]}"

    def _asks(self, side: Side, frame: bytes) -> bool:
        dialect = self._dialects[side]
        try:
            mti = viewer_of(dialect).index(frame, dialect.frame.head_size).mti
        except DecodeError:
            return True
        return mti[2] in _QUESTIONS

    def _left(self, line: _Line) -> None:
        """Count the bytes at the end of a connection that are no whole frame."""
        rest = sum(cutter.rest + cutter.skipped for cutter in line.cutters.values())
        if rest:
            self.skipped["bytes at the end of a connection that are no frame"] += rest


_TLS: Final = (
    "connections with TLS cannot be read: a capture does not hold their keys; record with "
    "`jinbao serve --record`, or capture behind the TLS end point"
)


def _is_tls(content: bytes) -> bool:
    """Tell whether bytes begin with a TLS record: a kind, version 3.x, a length that fits."""
    return (
        len(content) >= 5  # noqa: PLR2004 - the head of a record
        and content[0] in _TLS_KINDS
        and content[1] == _TLS_MAJOR
        and content[2] <= _TLS_MINOR
    )


def _noted(frame: Frame, note: str) -> Frame:
    if not note:
        return frame
    whole = f"{note}; {frame.note}" if frame.note else note
    return Frame(
        at_us=frame.at_us,
        connection=frame.connection,
        side=frame.side,
        to=frame.to,
        hex=frame.hex,
        summary=frame.summary,
        note=whole,
    )


def in_time(frames: Iterable[Frame]) -> Iterator[Frame]:
    """Yield frames in the order of time, as far as a window of them allows."""
    order = count()
    heap: list[tuple[int, int, Frame]] = []
    for frame in frames:
        heapq.heappush(heap, (frame.at_us, next(order), frame))
        if len(heap) > _WINDOW:
            yield heapq.heappop(heap)[2]
    while heap:
        yield heapq.heappop(heap)[2]


def unframed(framings: dict[Side, Framing], data: bytes) -> tuple[Side, bytes] | None:
    """Return side and frame of bytes from a log, given with or without their length prefix."""
    for side, framing in framings.items():
        try:
            return side, framing.split(data)
        except FrameError:
            continue
    for side, framing in framings.items():
        size = len(data)
        if (
            framing.size_refusal(size) is None
            and framing.head_refusal(framing.prefix(size) + data, 0, size) is None
        ):
            return side, data
    return None
