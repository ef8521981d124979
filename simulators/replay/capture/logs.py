"""Logs with frames in hexadecimal text as traces (simulators/replay), by a pattern of their lines.

The pattern is a regular expression with the groups `hex` and perhaps `time`, `connection`, `to`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from typing import IO, Final

from messages.dialects.dialect import Dialect
from messages.framing import Framing
from simulators.replay.capture.importing import unframed
from simulators.replay.trace.form import LONGEST_LINE, Frame, Side, To, TraceError
from simulators.replay.trace.making import Maker

PATTERN: Final = (
    r"\A.{0,99}?(?P<time>\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,6})?\S*+)\s++"
    r"(?P<connection>\S++)\s++(?P<to>\S++)\s++(?:.*\s)?"
    r"(?P<hex>(?:0[xX])?[0-9A-Fa-f]{8,}+)\s*+\Z"
)
"""Time, connection, direction, words, hexadecimal digits; what it took it does not take back, so
that a line of blanks is not gone through again and again."""
TO_SWITCH: Final = frozenset({"switch", ">", ">>", "->", "in", "recv", "received", "rx", "request"})
TO_PEER: Final = frozenset({"peer", "<", "<<", "<-", "out", "send", "sent", "tx", "response"})
SHANGHAI: Final = timezone(timedelta(hours=8))
_QUESTIONS: Final = "024"
_LONGEST: Final = 9_999
"""Bytes of the longest frame of any dialect."""


class LogImporter:
    """Reads a log by its pattern; `skipped` counts lines without a frame, and why."""

    def __init__(self, maker: Maker, dialects: dict[Side, Dialect], pattern: str = "") -> None:
        """Prepare; TraceError where the pattern is no regular expression with the group `hex`."""
        try:
            self._pattern = re.compile(pattern or PATTERN)
        except re.error as error:
            raise TraceError(f"the line pattern is no regular expression: {error}") from None
        if "hex" not in self._pattern.groupindex:
            raise TraceError("the line pattern has no group called hex: (?P<hex>...)")
        self._maker = maker
        self._framings = {side: Framing(each.frame) for side, each in dialects.items()}
        self.skipped: Counter[str] = Counter()
        self.frames = 0

    def of(self, stream: IO[bytes], name: str) -> Iterator[Frame]:
        """Yield the frames of a log; TraceError at a line of absurd length, or without any."""
        number, at_us = 0, 0
        while line := stream.readline(LONGEST_LINE + 1):
            number += 1
            if len(line) > LONGEST_LINE:
                raise TraceError(f"{name}:{number}: a line of more than {LONGEST_LINE} bytes")
            found = self._pattern.search(line.decode("utf-8", "replace"))
            if found is None:
                self.skipped["lines that do not have the pattern"] += 1
                continue
            at_us = self._time(found, at_us)
            frame = self._frame(found, at_us)
            if frame is not None:
                self.frames += 1
                yield frame
        if not self.frames:
            raise TraceError(f"{name}: no line of {number} has the pattern and a frame")

    def _time(self, found: re.Match[str], before_us: int) -> int:
        """Return a line's time, that of the line before if it has none; no zone is Shanghai's."""
        text = (found.groupdict().get("time") or "").replace(",", ".")
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            return before_us
        at = at if at.tzinfo is not None else at.replace(tzinfo=SHANGHAI)
        return (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)

    def _frame(self, found: re.Match[str], at_us: int) -> Frame | None:
        groups = found.groupdict()
        digits = re.sub(r"[\s:]", "", groups["hex"] or "")
        digits = digits[2:] if digits[:2] in {"0x", "0X"} else digits
        try:
            data = bytes.fromhex(digits)
        except ValueError:
            self.skipped["lines whose hexadecimal digits are not pairs"] += 1
            return None
        whole = unframed(self._framings, data) if len(data) <= _LONGEST else None
        if whole is None:
            self.skipped["lines whose bytes are no frame of these dialects"] += 1
            return None
        side, frame = whole
        connection = groups.get("connection") or "log"
        made = self._maker.frame(at_us, connection, side, "switch", frame)
        to = self._to((groups.get("to") or "").lower(), made)
        return made if to == "switch" else self._maker.frame(at_us, connection, side, to, frame)

    @staticmethod
    def _to(told: str, made: Frame) -> To:
        """Return whom a frame went to: as the log says, or else as the message itself does."""
        if told in TO_SWITCH:
            return "switch"
        if told in TO_PEER:
            return "peer"
        asks = made.summary is None or made.summary.mti[2] in _QUESTIONS
        return "switch" if asks == (made.side == "terminal") else "peer"
