"""Traces read as a stream (simulators/replay): a file, standard input, or a folder of recordings.

Nothing is kept but the line at hand, so a trace may be longer than memory.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO

from simulators.replay.trace.form import (
    LONGEST_LINE,
    Frame,
    Header,
    TraceError,
    read_frame,
    read_header,
)

PATTERN = "*.jsonl"
"""Which files of a folder are its traces; they are read in the order of their names."""
_STANDARD_INPUT = "standard input"


Remark = Callable[[str], None]
"""Hears of what a trace lacks: once of each thing."""


class Trace:
    """A trace: its header at once, its frames in order whenever it is iterated over.

    Standard input can be iterated over once. A last line that is cut off is what a recording that
    was killed leaves: the frames before it are read, and `remark` is told.
    """

    def __init__(self, source: str, remark: Remark | None = None) -> None:
        """Read the header of a file, a folder, or `-`; TraceError where there is no trace."""
        self.source = source
        self._remark = remark
        self._remarked: set[str] = set()
        self._names = _names(source)
        if not self._names:
            raise TraceError(f"{source}: no {PATTERN} in this folder")
        if len(self._names) > 1:
            # A recording that is killed at once leaves a file before its header is whole.
            self._names = [name for name in self._names if not self._is_torn(name)] or self._names
        with _opened(self._names[0]) as stream:
            self.header = _header(stream, self._names[0])

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames; TraceError at the first line that is none."""
        for name in self._names:
            with _opened(name) as stream:
                is_read = name == _STANDARD_INPUT
                header = self.header if is_read else _header(stream, name)
                if header.dialects != self.header.dialects:
                    raise TraceError(f"{name}: other dialects than the files before it")
                if header.masking.key != self.header.masking.key:
                    self._say(f"{name}: another recording key: its stand-ins are others")
                yield from self._frames(stream, name)

    def _frames(self, stream: BinaryIO, name: str) -> Iterator[Frame]:
        number = 1
        while True:
            number += 1
            line = _line(stream, f"{name}:{number}")
            if not line:
                return
            if not line.endswith(b"\n"):
                self._say(f"{name}:{number}: the last line is cut off; read up to it")
                return
            if not line.isspace():
                yield read_frame(line, f"{name}:{number}")

    def _is_torn(self, name: str) -> bool:
        with _opened(name) as stream:
            is_torn = not _line(stream, f"{name}:1").endswith(b"\n")
        if is_torn:
            self._say(f"{name}: cut off before its first frame; passed over")
        return is_torn

    def _say(self, text: str) -> None:
        if self._remark is not None and text not in self._remarked:
            self._remarked.add(text)
            self._remark(text)


def _header(stream: BinaryIO, name: str) -> Header:
    line = _line(stream, f"{name}:1")
    if not line:
        raise TraceError(f"{name}: empty, and a trace begins with a header")
    return read_header(line, f"{name}:1")


def _line(stream: BinaryIO, where: str) -> bytes:
    try:
        line = stream.readline(LONGEST_LINE + 1)
    except OSError as error:
        raise TraceError(f"{where}: {error.strerror}") from None
    if len(line) > LONGEST_LINE:
        raise TraceError(f"{where}: a line of more than {LONGEST_LINE} bytes")
    return line


def _names(source: str) -> list[str]:
    if source == "-":
        return [_STANDARD_INPUT]
    path = Path(source)
    return [str(each) for each in sorted(path.glob(PATTERN))] if path.is_dir() else [source]


def _opened(name: str) -> AbstractContextManager[BinaryIO]:
    if name == _STANDARD_INPUT:
        return nullcontext(sys.stdin.buffer)
    try:
        return Path(name).open("rb")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "no name of a file"
        raise TraceError(f"{name[:200]}: {reason}") from None
