"""What connections to terminals and to issuers have in common (switch/shell).

Bytes in, whole frames on to the engine, the frames of a turn out in one write; and the limits: half
a frame that takes too long, bytes that cannot be framed, a peer that does not read.
"""

from __future__ import annotations

import asyncio
from typing import cast

from messages.dialects.detect import explain_refusal
from messages.dialects.dialect import FrameFormat
from messages.framing import Deframer, Framing
from switch.core.moment import Moment
from switch.shell.driver import Driver
from switch.shell.half_frames import HalfFrames
from switch.shell.settings import Limits, Settings
from switch.shell.stops import Stops
from switch.shell.watching.recorder import Tape


class Side:
    """What all connections of one side, terminals or issuers, share."""

    __slots__ = ("driver", "framing", "half_frames", "settings", "stops", "tape")

    def __init__(
        self, driver: Driver, settings: Settings, stops: Stops, frame_format: FrameFormat
    ) -> None:
        """Belong to the loop that runs now."""
        self.driver = driver
        self.settings = settings
        self.stops = stops
        self.framing = Framing(frame_format)
        self.half_frames = HalfFrames(settings.limits.half_frame_ms)
        self.tape: Tape | None = None

    @property
    def limits(self) -> Limits:
        """The limits of the shell."""
        return self.settings.limits


class Connection(asyncio.Protocol):
    """One connection; `peer` is who is blamed, and then refused, when its frames stop us.

    `label` is its name in recordings.
    """

    __slots__ = (
        "_asked_ns", "_deframer", "_is_half", "_side", "_transport", "label", "out", "peer",
    )  # fmt: skip

    _transport: asyncio.Transport

    def __init__(self, side: Side) -> None:
        """Wait to be connected."""
        self._side = side
        self._deframer = Deframer(side.framing)
        self._is_half = False
        self._asked_ns = 0
        self.out: list[bytes] = []
        self.peer = ""
        self.label = ""

    # -------------------------------------------------------------------- for the two kinds

    def joined(self) -> None:
        """Take part, or close at once."""
        raise NotImplementedError

    def took(self, frames: list[bytes], at: Moment) -> None:
        """Hand whole frames to the engine."""
        raise NotImplementedError

    def left(self) -> None:
        """Tell the engine that the connection is gone."""
        raise NotImplementedError

    # -------------------------------------------------------------------------- of asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        # A stream's transport is of both kinds; uvloop's says so by its methods only.
        self._transport = cast("asyncio.Transport", transport)
        self.joined()

    def data_received(self, data: bytes) -> None:
        """Cut the bytes into frames; what cannot be framed ends the connection."""
        deframer = self._deframer
        frames = deframer.feed(data)
        if frames:
            at, tape = self._side.driver.now(), self._side.tape
            if tape is not None:
                tape.heard(self.label, frames, at)
            self.took(frames, at)
        if deframer.failure is not None:
            self._refuse()
        elif self._is_half or deframer.pending:
            self._note_half(is_fresh=bool(frames))

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - asyncio's own
        """Forget everything; why it was lost is told by the kernel and not worth a line."""
        self._side.half_frames.end(self)
        self.out.clear()
        self.left()

    def pause_writing(self) -> None:
        """Cut a peer that does not read."""
        driver = self._side.driver
        driver.counters.cut_unread += 1
        unread = self._transport.get_write_buffer_size()
        driver.log.alert("peer_does_not_read", {"peer": self.peer, "bytes": unread})
        self._transport.abort()

    # ------------------------------------------------------------------------- of the driver

    def flush(self) -> None:
        """Write the frames of this turn at once."""
        out = self.out
        if out and not self._transport.is_closing():
            if self._side.tape is not None:
                self._side.tape.said(self.label, out, self._side.driver.now())
            self._transport.write(out[0] if len(out) == 1 else b"".join(out))
        out.clear()

    def close(self) -> None:
        """Write what is left, then close."""
        self.flush()
        self._transport.close()

    def abort(self) -> None:
        """Close at once."""
        self._transport.abort()

    # --------------------------------------------------------------------------- the limits

    def _note_half(self, *, is_fresh: bool) -> None:
        half_frames = self._side.half_frames
        if self._is_half and (is_fresh or not self._deframer.pending):
            half_frames.end(self)
        self._is_half = self._deframer.pending > 0
        if self._is_half:
            half_frames.begin(self)

    def too_slow(self) -> None:
        """Close: half a frame, then nothing, or too little of it."""
        driver = self._side.driver
        driver.counters.half_frames += 1
        limit_ms = self._side.limits.half_frame_ms
        facts = {"peer": self.peer, "bytes": self._deframer.pending, "limit_ms": limit_ms}
        driver.log.alert("half_frame_closed", facts)
        self._transport.close()

    def _refuse(self) -> None:
        driver, deframer = self._side.driver, self._deframer
        driver.counters.refused_frames += 1
        if failure := deframer.failure:
            known = self._side.settings.known_dialects
            reason = explain_refusal(deframer.refused, known, failure).text()
            driver.log.alert("frame_refused", {"peer": self.peer, "reason": reason})
        self._transport.close()
