"""Records what passes (switch/shell/watching): noted in the loop, written by a thread beside it.

The buffer is bounded: what does not fit, or cannot be written, is counted and never waited for.
How frames are cleaned and kept is for whoever gives `keep`.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final, NamedTuple

from switch.core.moment import Moment
from switch.shell.watching.counters import Counters

MOST_WAITING: Final = 50_000
"""Frames that may wait to be written; a frame has some hundred bytes."""
_LOOK_S: Final = 0.05
_BATCH: Final = 256
_NS_PER_US: Final = 1_000
_US_PER_MS: Final = 1_000


class Note(NamedTuple):
    """A frame that passed; one that the switch said begins with its length prefix."""

    at_us: int
    side: str
    connection: str
    is_heard: bool
    frame: bytes


Keep = Callable[[Note], bytes]
"""Returns what is written of a frame."""
Write = Callable[[list[bytes]], None]
"""Writes what `Keep` returned; OSError where it cannot."""


class Recorder:
    """Between the loop, which notes, and a thread, which keeps and writes."""

    def __init__(
        self,
        keep: Keep,
        write: Write,
        most_waiting: int = MOST_WAITING,
        done: Callable[[], None] | None = None,
    ) -> None:
        """Begin with `open`; `done` is called when nothing more will be written.

        `failed` hears, in the thread that writes, why nothing more can be.
        """
        self.failed: Callable[[str], None] = _nobody
        self._done = done
        self._keep = keep
        self._write = write
        self._most = most_waiting
        self._waiting: deque[Note] = deque()
        self._counters = Counters()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self.failure = ""

    def open(self) -> None:
        """Start the thread."""
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write what waits, and end the thread."""
        self._ending.set()
        if self._thread is not None:
            self._thread.join()
        if self._done is not None:
            try:
                self._done()
            except OSError as error:
                self._fail(error)

    def tape(self, side: str, counters: Counters) -> Tape:
        """Return what the connections of one side note with; `counters` are those of all sides."""
        self._counters = counters
        return Tape(self, side)

    def note(self, note: Note) -> None:
        """Have a frame written, unless too many wait."""
        if len(self._waiting) >= self._most or self.failure:
            self._counters.unrecorded_frames += 1
            return
        self._waiting.append(note)

    def _run(self) -> None:
        while not self._ending.wait(_LOOK_S):
            self._drain()
        self._drain()

    def _drain(self) -> None:
        waiting = self._waiting
        while waiting:
            taken = [waiting.popleft() for _ in range(min(_BATCH, len(waiting)))]
            lines = [line for note in taken if (line := self._kept(note))]
            try:
                self._write(lines)
                self._counters.recorded_frames += len(lines)
            except OSError as error:
                self._fail(error)
                self._counters.unrecorded_frames += len(lines) + len(waiting)
                waiting.clear()

    def _fail(self, error: OSError) -> None:
        """Know why; tell it once."""
        if not self.failure:
            self.failure = error.strerror or type(error).__name__
            self.failed(self.failure)

    def _kept(self, note: Note) -> bytes:
        try:
            kept = self._keep(note)
        except Exception:  # noqa: BLE001 - one frame, whatever it holds, never ends a recording
            self._counters.unrecorded_frames += 1
            kept = b""
        # Let the loop have its turn after every frame, not after the interpreter's five ms.
        time.sleep(0)
        return kept


def _nobody(_reason: str) -> None:
    """Tell nobody."""


class Tape:
    """What the connections of one side note with."""

    __slots__ = ("_recorder", "_side", "_zero_us")

    def __init__(self, recorder: Recorder, side: str) -> None:
        self._recorder = recorder
        self._side = side
        self._zero_us: int | None = None

    def heard(self, connection: str, frames: list[bytes], at: Moment) -> None:
        """Note frames that came in, without their length prefixes."""
        self._note(connection, frames, at, is_heard=True)

    def said(self, connection: str, frames: list[bytes], at: Moment) -> None:
        """Note frames that go out, whole."""
        self._note(connection, frames, at, is_heard=False)

    def _note(self, connection: str, frames: list[bytes], at: Moment, *, is_heard: bool) -> None:
        if self._zero_us is None:
            self._zero_us = at.utc_ms * _US_PER_MS - at.elapsed_ns // _NS_PER_US
        at_us = self._zero_us + at.elapsed_ns // _NS_PER_US
        for frame in frames:
            self._recorder.note(Note(at_us, self._side, connection, is_heard, frame))
