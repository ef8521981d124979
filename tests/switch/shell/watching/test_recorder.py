"""What passes is written in order, and what cannot be is counted, never waited for."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

from simulators.replay.trace.writing import Rotation
from switch.core.moment import Moment
from switch.shell.watching.counters import Counters
from switch.shell.watching.recorder import Note, Recorder
from tests.simulators.replay.days import maker

_AT = Moment(5_000_000, 1_000)


def _line(note: Note) -> bytes:
    return b"%d %s %s %d %s\n" % (
        note.at_us, note.side.encode(), note.connection.encode(), note.is_heard, note.frame,
    )  # fmt: skip


def test_frames_of_both_sides_are_written_in_order() -> None:
    written: list[bytes] = []
    counters = Counters()
    recorder = Recorder(_line, written.extend)
    terminals, issuers = recorder.tape("terminal", counters), recorder.tape("issuer", counters)
    recorder.open()
    terminals.heard("terminal-1", [b"a", b"b"], _AT)
    issuers.said("bank-1", [b"c"], Moment(6_000_000, 1_001))
    recorder.close()
    assert written == [
        b"1000000 terminal terminal-1 1 a\n",
        b"1000000 terminal terminal-1 1 b\n",
        b"1001000 issuer bank-1 0 c\n",
    ]
    assert (counters.recorded_frames, counters.unrecorded_frames) == (3, 0)


def test_a_writer_that_stands_still_is_not_waited_for() -> None:
    gate = threading.Event()
    written: list[bytes] = []

    def write(lines: list[bytes]) -> None:
        gate.wait(30)
        written.extend(lines)

    counters = Counters()
    recorder = Recorder(_line, write, most_waiting=10)
    tape = recorder.tape("terminal", counters)
    for number in range(25):
        tape.heard("t", [b"%d" % number], _AT)
    assert counters.unrecorded_frames == 15
    recorder.open()
    gate.set()
    recorder.close()
    assert len(written) == counters.recorded_frames == 10


def test_a_frame_that_cannot_be_kept_is_counted_and_the_next_is_written() -> None:
    def keep(note: Note) -> bytes:
        if note.frame == b"b":
            raise StopIteration
        return _line(note)

    written: list[bytes] = []
    counters = Counters()
    recorder = Recorder(keep, written.extend)
    recorder.tape("terminal", counters).heard("t", [b"a", b"b", b"c"], _AT)
    recorder.open()
    recorder.close()
    assert written == [b"1000000 terminal t 1 a\n", b"1000000 terminal t 1 c\n"]
    assert (counters.recorded_frames, counters.unrecorded_frames) == (2, 1)


def test_a_full_disk_ends_the_recording_and_nothing_else() -> None:
    def write(_: list[bytes]) -> None:
        raise OSError(28, "No space left on device")

    counters = Counters()
    recorder = Recorder(_line, write)
    tape = recorder.tape("terminal", counters)
    tape.heard("t", [b"a", b"b"], _AT)
    recorder.open()
    recorder.close()
    assert recorder.failure == "No space left on device"
    tape.heard("t", [b"c"], _AT)
    assert (counters.recorded_frames, counters.unrecorded_frames) == (0, 3)


def test_a_full_disk_ends_a_recording_with_a_word_and_nothing_else(tmp_path: Path) -> None:
    full = Path("/dev/full")
    told: list[str] = []
    rotation = Rotation(tmp_path, maker().header("a test"), 1 << 20, 1 << 30)
    rotation.write([b"x"])
    rotation.close()
    # What is opened next is on a full disk.
    (tmp_path / "trace-000001.jsonl").unlink()
    rotation._stream = full.open("wb")
    counters = Counters()
    recorder = Recorder(_line, rotation.write, done=rotation.close)
    recorder.failed = told.append
    recorder.tape("terminal", counters).heard("t", [b"a"] * 3, _AT)
    recorder.open()
    recorder.close()
    assert recorder.failure == os.strerror(errno.ENOSPC)
    assert told == [recorder.failure]
    assert (counters.recorded_frames, counters.unrecorded_frames) == (0, 3)
