"""Log lines (switch/shell/watching): JSON, one a line, only for what is worth reading.

The core masks by type; what leaves here passes a second net that masks every run of digits that
could be a PAN. A traceback is told by its places alone: neither values nor messages.
"""

from __future__ import annotations

import re
import time
import traceback
from collections.abc import Callable, Mapping, MutableMapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Protocol

import orjson
import structlog

from messages.values import Pan, is_luhn_valid, mask_pan
from switch.core.moment import SHANGHAI
from switch.shell.watching.counters import Counters

_DIGITS: Final = re.compile("[0-9]{13,}")
_LONGEST_PAN: Final = 19
_DEEPEST: Final = 8
"""Nesting of facts; what lies deeper is not shown."""
_HIDDEN: Final = "*"
_JSON_BITS: Final = 64
"""Integers of more bits are written as text."""
_OWN: Final = frozenset({"at", "clock", "event", "level", "places", "real_at"})
"""What a line says itself; a fact of the same name gets an underscore."""

Fields = MutableMapping[str, Any]


class Stamp(Protocol):
    """What a log line needs of a clock."""

    offset_ms: int


def mask_digits(text: str) -> str:
    """Mask every run of 13 to 19 digits that passes the Luhn check, and longer runs whole.

    A longer run may hold a PAN anywhere, as a track in BCD does.
    """
    return _DIGITS.sub(_masked, text)


def _masked(found: re.Match[str]) -> str:
    run = found[0]
    if len(run) > _LONGEST_PAN:
        return _HIDDEN * len(run)
    return mask_pan(run) if is_luhn_valid(run) else run


def shown(value: object, depth: int = 0) -> object:
    """Return `value` as it may stand in a log line; what is no plain value is told by its type."""
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, str | Pan):
        # A lone surrogate cannot be written as UTF-8.
        return mask_digits(str(value).encode("utf-8", "replace").decode("utf-8"))
    if isinstance(value, int):
        text = str(value)
        is_plain = mask_digits(text) == text and value.bit_length() < _JSON_BITS
        return value if is_plain else mask_digits(text)
    if depth < _DEEPEST and isinstance(value, Mapping):
        return {mask_digits(str(k)): shown(v, depth + 1) for k, v in value.items()}
    if depth < _DEEPEST and isinstance(value, list | tuple):
        return [shown(each, depth + 1) for each in value]
    return f"<{type(value).__name__}>"


def places(error: BaseException) -> list[str]:
    """Return where an error came from, outermost first: file, line and function, nothing else."""
    return [
        f"{'/'.join(frame.filename.split('/')[-3:])}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(error.__traceback__)
    ]


def _mask_all(_logger: object, _method: str, fields: Fields) -> Fields:
    """Mask every value: the second net."""
    return {key: shown(value) for key, value in fields.items()}


class Log:
    """Writes reports as JSON lines, at most so many a second.

    A line that cannot be written is lost: a full disk must not stop payments.
    """

    __slots__ = ("_clock", "_limit", "_logger", "_second", "_seconds", "_written", "counters")

    def __init__(
        self,
        write: Callable[[bytes], object],
        clock: Stamp,
        lines_per_second: int,
        seconds: Callable[[], float] = time.time,
    ) -> None:
        """Write whole lines with `write`; stamp them with the wall clock and the clock's offset."""
        self.counters = Counters()
        self._clock = clock
        self._limit = lines_per_second
        self._seconds = seconds
        self._second = 0
        self._written = 0
        self._logger = structlog.wrap_logger(
            _Lines(write),
            processors=[
                structlog.processors.add_log_level,
                self._stamp,
                _mask_all,
                structlog.processors.JSONRenderer(serializer=orjson.dumps),
            ],
            wrapper_class=structlog.BoundLogger,
            cache_logger_on_first_use=True,
        )

    def report(self, event: str, facts: Mapping[str, object]) -> None:
        """Write what the engine, or the shell itself, finds worth knowing."""
        if self._may_write():
            self._logger.info(event, **_named(facts))

    def alert(self, event: str, facts: Mapping[str, object]) -> None:
        """Write what a person should act on."""
        if self._may_write():
            self._logger.warning(event, **_named(facts))

    def stopped(self, event: str, error: BaseException | None, facts: Mapping[str, object]) -> None:
        """Write why the process stops; always written."""
        where = [] if error is None else places(error)
        self._logger.critical(event, **_named(facts), places=where)

    def _may_write(self) -> bool:
        second = int(self._seconds())
        if second != self._second:
            left_out = self._written - self._limit
            self._second, self._written = second, 0
            if left_out > 0:
                self._logger.warning("log_lines_left_out", count=left_out)
        self._written += 1
        if self._written <= self._limit:
            return True
        self.counters.log_lines_left_out += 1
        return False

    def _stamp(self, _logger: object, _method: str, fields: Fields) -> Fields:
        """Add the time in Shanghai; under a business date both times, and the word `business`."""
        now = datetime.fromtimestamp(self._seconds(), UTC)
        stamped: Fields = {"at": _iso(now + timedelta(milliseconds=self._clock.offset_ms))}
        if self._clock.offset_ms:
            stamped["clock"] = "business"
            stamped["real_at"] = _iso(now)
        stamped.update(fields)
        return stamped


def _named(facts: Mapping[str, object]) -> Mapping[str, object]:
    if facts.keys().isdisjoint(_OWN):
        return facts
    return {f"{name}_" if name in _OWN else name: fact for name, fact in facts.items()}


class _Lines:
    """The end of the chain: a structlog logger that writes bytes and never fails."""

    __slots__ = ("_write",)

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write

    def msg(self, line: bytes) -> None:
        try:
            self._write(line + b"\n")
        except OSError:
            return

    info = warning = critical = msg


def _iso(at: datetime) -> str:
    return f"{(at + SHANGHAI).replace(tzinfo=None).isoformat(timespec='milliseconds')}+08:00"
