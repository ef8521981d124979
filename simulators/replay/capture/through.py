"""Captures that are beyond our own reader (simulators/replay), read by tshark where it is there.

It takes packets apart (any format and link, tunnels, fragments of IP) down to TCP segments; putting
those in order is ours either way. Nobody needs it for an ordinary capture.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from simulators.replay.capture.packets import NO_CAPTURE, Packets, Segment
from simulators.replay.trace.form import TraceError

PROGRAM: Final = "tshark"
_FIELDS: Final = (
    "frame.time_epoch", "frame.protocols", "ip.src", "ip.dst", "ipv6.src", "ipv6.dst",
    "tcp.srcport", "tcp.dstport", "tcp.seq_raw", "tcp.flags", "tcp.payload",
)  # fmt: skip
_WANTED: Final = (
    "-n", "-Y", "tcp && !icmp && !icmpv6", "-T", "fields", "-E", "separator=/t",
    # Of addresses in a tunnel the last ones are those within it.
    "-E", "occurrence=l", "-o", "tcp.desegment_tcp_streams:FALSE",
    *(word for field in _FIELDS for word in ("-e", field)),
)  # fmt: skip
_LONGEST_LINE: Final = 1 << 20
_LONGEST_REASON: Final = 200
_NS_DIGITS: Final = 9


def beyond(path: str) -> str:
    """Return why our own reader would not do for a capture, empty where it will.

    TraceError where it is damaged, which no other reader mends.
    """
    if not Path(path).is_file():
        return ""  # a pipe can be read once only
    with Path(path).open("rb") as stream:
        try:
            packets = Packets(stream, path)
        except TraceError:
            return NO_CAPTURE
        for _ in packets:
            pass
    return ", ".join(f"{what}: {count}" for what, count in packets.beyond.most_common(4))


def is_there(program: str = PROGRAM) -> bool:
    """Whether the program is installed."""
    return shutil.which(program) is not None


class Through:
    """The segments that tshark tells; `left` is empty, for it does not tell what it passes over."""

    def __init__(self, process: subprocess.Popen[bytes], told: IO[bytes], name: str) -> None:
        """Take its output, and the file that its complaints go to."""
        self.left: Counter[str] = Counter()
        self._process = process
        self._told = told
        self._name = name

    def __iter__(self) -> Iterator[Segment]:
        """Yield the segments in the order of the capture; TraceError at its end if it refused."""
        number, output = 0, self._process.stdout
        while output is not None and (line := output.readline(_LONGEST_LINE)):
            number += 1
            try:
                segment = _segment(line)
            except ValueError:
                raise TraceError(f"{self._name}: line {number} of {PROGRAM} is unknown") from None
            yield segment
        if self._process.wait() != 0:
            self._told.seek(0)
            lines = self._told.read(1 << 16).decode("utf-8", "replace").strip().splitlines()
            reason = lines[-1][:_LONGEST_REASON] if lines else "without a reason"
            raise TraceError(f"{self._name}: {PROGRAM} refused it ({reason})")
        if not number:
            raise TraceError(f"{self._name}: {PROGRAM} finds no TCP in it")


def _segment(line: bytes) -> Segment:
    """Return the segment of one line; ValueError where it is none."""
    texts = line.decode("ascii").rstrip("\n").split("\t")
    at, protocols, *ips, source, target, sequence, flags, payload = texts
    # Of a tunnel the last IP before TCP is the one that TCP is in.
    over = [name for name in protocols.partition(":tcp")[0].split(":") if name in {"ip", "ipv6"}]
    one, other = ips[2:4] if over[-1:] == ["ipv6"] else ips[:2]
    seconds, _, part = at.partition(".")
    at_us = int(seconds) * 1_000_000 + int(part.ljust(_NS_DIGITS, "0")[:_NS_DIGITS]) // 1_000
    return Segment(
        at_us, (one, int(source)), (other, int(target)), int(sequence), int(flags, 16),
        bytes.fromhex(payload),
    )  # fmt: skip


@contextmanager
def through(path: str, program: str = PROGRAM) -> Iterator[Through]:
    """Yield the segments of a capture; TraceError without the program, or where it refuses."""
    found = shutil.which(program)
    if found is None:
        raise TraceError(f"{path}: {program} is not installed (on Debian: apt-get install tshark)")
    if not Path(path).is_file():
        raise TraceError(f"{path}: no such file")
    with (
        tempfile.TemporaryFile() as told,
        subprocess.Popen(  # noqa: S603 - a program of the user's own system
            [found, "-r", path, *_WANTED], stdout=subprocess.PIPE, stderr=told
        ) as process,
    ):
        try:
            yield Through(process, told, path)
        finally:
            if process.stdout is not None:
                process.stdout.close()
