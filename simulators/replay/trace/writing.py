"""Files written whole or not at all (simulators/replay), and recordings cut into files of a size.

A file is written beside its place and renamed when it is complete: an error leaves nothing.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

from msgspec.structs import replace

from simulators.replay.trace.form import Frame, Header, TraceError, line_of

_PRIVATE: Final = 0o600
_BATCH: Final = 256 << 10
_BY_SIGNAL: Final = 128
"""Exit status of whoever a signal ended, with its number added: as for any tool."""
_ROOM: Final = 4_096
"""Bytes kept free for a header whose remarks come last."""


@contextmanager
def whole_file(target: str) -> Iterator[BinaryIO]:
    """Yield a stream whose bytes become `target` if nothing goes wrong; `-` is standard output.

    What is no file (a pipe, a device) is written to as it is, and of a link the file behind it.
    TraceError where it cannot be written.
    """
    if target == "-":
        yield sys.stdout.buffer
        sys.stdout.flush()
        return
    try:
        path, part = _places(target)
    except OSError as error:
        raise TraceError(f"{target[:200]}: {error.strerror}") from None
    try:
        if path.exists() and not path.is_file():
            with path.open("wb", _BATCH) as stream:
                yield stream
            return
        with _ended_by_signal(), os.fdopen(_opened(part), "wb", _BATCH) as stream:
            yield stream
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise TraceError(f"{target}: {error.strerror}") from None
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def try_place(target: str) -> None:
    """Raise TraceError where a file could not be written, before there is anything to write."""
    try:
        path, part = _places(target)
        if path.exists() and not path.is_file():
            return
        os.close(_opened(part))
        part.unlink()
    except OSError as error:
        raise TraceError(f"{target}: {error.strerror}") from None


def _places(target: str) -> tuple[Path, Path]:
    path = Path(target)
    if path.is_symlink():
        path = path.resolve()
    return path, path.parent / f".{path.name}.part"


def _opened(part: Path) -> int:
    return os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE)


@contextmanager
def _ended_by_signal() -> Iterator[None]:
    """Have SIGTERM end what is written as Ctrl-C does, so that nothing is left behind."""
    is_ours = threading.current_thread() is threading.main_thread()
    if not is_ours or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return

    def end(number: int, _frame: object) -> None:
        raise SystemExit(_BY_SIGNAL + number)

    signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)


def write_trace(
    target: str, header: Header, frames: Iterable[Frame], last: Callable[[], Header] | None = None
) -> int:
    """Write a trace; return how many frames it has. TraceError where it cannot be written.

    `last` gives the header anew once all frames are known: room is left for its remarks.
    """
    count = 0
    with whole_file(target) as stream:
        is_file = last is not None and target != "-"
        stream.write(_roomy(header) if is_file else line_of(header))
        for frame in frames:
            stream.write(line_of(frame))
            count += 1
        if last is not None and is_file:
            stream.seek(0)
            stream.write(_roomy(last()))
    return count


def _roomy(header: Header) -> bytes:
    """Return the header's line filled up with blanks; remarks that do not fit are left out."""
    while len(line := line_of(header)) > _ROOM and header.skipped:
        header = replace(header, skipped=header.skipped[:-1])
    return line[:-1].ljust(_ROOM) + b"\n"


class Rotation:
    """Recordings in a folder: a new file at a size, and the oldest gone over a total.

    OSError where the folder or a file cannot be written.
    """

    def __init__(self, folder: Path, header: Header, file_bytes: int, total_bytes: int) -> None:
        """Make the folder; go on after the files that are there."""
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._header = line_of(header)
        self._file_bytes = file_bytes
        self._total_bytes = total_bytes
        names = [path.stem.rpartition("-")[2] for path in folder.glob("trace-*.jsonl")]
        self._number = max((int(name) for name in names if name.isdecimal()), default=0)
        self._stream: BinaryIO | None = None
        self._written = 0

    def write(self, lines: list[bytes]) -> None:
        """Write whole lines, and have the kernel take them."""
        stream = self._stream
        if stream is None or self._written >= self._file_bytes:
            stream = self._next()
        block = b"".join(lines)
        stream.write(block)
        stream.flush()
        self._written += len(block)

    def close(self) -> None:
        """Close the file at hand."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def _next(self) -> BinaryIO:
        self.close()
        self._number += 1
        path = self._folder / f"trace-{self._number:06d}.jsonl"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
        self._stream = os.fdopen(descriptor, "wb")
        self._stream.write(self._header)
        self._written = len(self._header)
        self._drop_oldest()
        return self._stream

    def _drop_oldest(self) -> None:
        paths = sorted(self._folder.glob("trace-*.jsonl"))
        sizes = {path: path.stat().st_size for path in paths}
        total = sum(sizes.values()) + self._file_bytes
        for path in paths[:-1]:
            if total <= self._total_bytes:
                return
            path.unlink()
            total -= sizes[path]
