"""Frames of a trace chosen, cut and joined (simulators/replay).

A transaction is found by what people quote, and comes with all its legs: the terminal's and the
issuer's, which share the RRN.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

import msgspec

from simulators.replay.trace.form import Frame, Header, TraceError
from simulators.replay.trace.pairing import Exchange, exchanges
from simulators.replay.trace.reading import Trace

_CARD: Final = re.compile(r"([0-9]{6})[x*]*([0-9]{4})\Z")
_TIME: Final = re.compile(
    r"(?:([0-9]{4}-[0-9]{2}-[0-9]{2})[ T])?(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?\Z"
)
LEGS_WITHIN_US: Final = 12 * 3_600 * 1_000_000
"""Legs that share an RRN belong together within this time; after days a number may come again."""
_LONGEST_CLOCK: Final = len("10:04:31")
_ZONE: Final = re.compile(r"([+-])([0-9]{2}):([0-9]{2})\Z")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_US: Final = timedelta(microseconds=1)


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a transaction is known by; whatever is given must be so.

    `card` is first six and last four digits (`621999x0120`), `at` a minute or second, of any day
    (`10:04`) or of one (`2014-06-17 10:04`).
    """

    rrn: str = ""
    stan: str = ""
    card: str = ""
    at: str = ""
    terminal: str = ""


def zone_of(header: Header) -> timezone:
    """Return the time zone of a trace; TraceError where the header names none."""
    found = _ZONE.match(header.time_zone)
    if found is None:
        raise TraceError(f"time zone {header.time_zone[:10]!r}: should be like +08:00")
    offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
    try:
        return timezone(-offset if found[1] == "-" else offset)
    except ValueError:
        raise TraceError("the time zone of the trace is none of this Earth") from None


def clock_of(frame: Frame, zone: timezone) -> datetime:
    """Return the local time of a frame."""
    return clock_at(frame.at_us, zone)


def clock_at(at_us: int, zone: timezone) -> datetime:
    """Return the local time of a moment; TraceError where no calendar has it."""
    try:
        return (_EPOCH + at_us * _US).astimezone(zone)
    except OverflowError:
        raise TraceError(f"a frame at {at_us} microseconds is outside all calendars") from None


def finder(wanted: Wanted, zone: timezone) -> Callable[[Exchange], bool]:
    """Return what tells whether an exchange is wanted; TraceError where a wish makes no sense."""
    card = _CARD.match(wanted.card)
    if wanted.card and card is None:
        raise TraceError("--card should be first six and last four digits, as in 621999x0120")
    if wanted.at and not _is_time(wanted.at):
        raise TraceError("--at should be a time, as in 10:04, 10:04:31 or 2014-06-17 10:04")

    def is_wanted(exchange: Exchange) -> bool:
        return any(_fits(frame, wanted, card, zone) for frame in exchange.frames)

    return is_wanted


def _fits(frame: Frame, wanted: Wanted, card: re.Match[str] | None, zone: timezone) -> bool:
    said = frame.summary
    if said is None:
        return False
    if wanted.at and not _like(clock_of(frame, zone), wanted.at).startswith(_spaced(wanted.at)):
        return False
    if card is not None and not (said.pan.startswith(card[1]) and said.pan.endswith(card[2])):
        return False
    return (
        wanted.rrn in {"", said.rrn}
        and wanted.stan in {"", said.stan}
        and wanted.terminal in {"", said.terminal}
    )


def find(trace: Trace, wanted: Wanted) -> Iterator[Exchange]:
    """Yield the exchanges of the transactions that are wanted, with all their legs.

    The trace is read twice: the RRN that joins the legs comes only with the first answer.
    """
    if trace.source == "-":
        raise TraceError("a search reads the trace twice, so standard input will not do")
    is_wanted = finder(wanted, zone_of(trace.header))
    times: dict[str, list[int]] = {}
    for each in exchanges(trace):
        if each.rrn and is_wanted(each):
            times.setdefault(each.rrn, []).append(each.frames[0].at_us)
    for exchange in exchanges(trace):
        at_us = exchange.frames[0].at_us
        near = (abs(at_us - each) <= LEGS_WITHIN_US for each in times.get(exchange.rrn, ()))
        if any(near) or is_wanted(exchange):
            yield exchange


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """Which frames to keep; what is empty says nothing. Times are of the day, or whole."""

    side: str = ""
    connection: str = ""
    mti: str = ""
    terminal: str = ""
    code: str = ""


def keeps(where: Where) -> Callable[[Frame], bool]:
    """Return what tells whether a frame is kept."""

    def is_kept(frame: Frame) -> bool:
        said = frame.summary
        return (
            where.side in {"", frame.side}
            and where.connection in {"", frame.connection}
            and where.mti in {"", said.mti if said else ""}
            and where.terminal in {"", said.terminal if said else ""}
            and where.code in {"", said.code if said else ""}
        )

    return is_kept


def cut(frames: Iterable[Frame], since: str, until: str, zone: timezone) -> Iterator[Frame]:
    """Yield the frames from one time up to another, of each day or of one; `until` is not in it."""
    for text in (since, until):
        if text and not _is_time(text):
            raise TraceError("a time is written like 10:04, 10:04:31 or 2014-06-17 10:04")
    begin, end = _spaced(since), _spaced(until)
    has_days = len(since) > _LONGEST_CLOCK or len(until) > _LONGEST_CLOCK
    wraps = bool(since and until) and not has_days and begin > end
    for frame in frames:
        clock = clock_of(frame, zone)
        is_begun = not since or _like(clock, since) >= begin
        is_over = bool(until) and _like(clock, until) >= end
        # From 23:50 to 00:10 is over midnight: what is either is in it.
        if (is_begun or not is_over) if wraps else (is_begun and not is_over):
            yield frame


def _is_time(text: str) -> bool:
    """Tell whether a text is a time of a day, or of one that the calendar has."""
    found = _TIME.match(text)
    if found is None:
        return False
    try:
        return found[1] is None or date.fromisoformat(found[1]) is not None
    except ValueError:
        return False


def _like(clock: datetime, text: str) -> str:
    """Return a time as a text of a person has it: with its day where that has one."""
    has_day = len(text) > _LONGEST_CLOCK
    return f"{clock:%Y-%m-%d %H:%M:%S}" if has_day else f"{clock:%H:%M:%S}"


def _spaced(text: str) -> str:
    return text.replace("T", " ")


def merge(traces: list[Trace]) -> tuple[Header, Iterator[Frame]]:
    """Return header and frames of several traces in the order of time.

    TraceError where they do not agree on dialects, zone or recording key.
    """
    first = traces[0].header
    for trace in traces[1:]:
        for what in ("dialects", "time_zone", "masking"):
            if getattr(trace.header, what) != getattr(first, what):
                raise TraceError(f"{trace.source}: other {what} than {traces[0].source}")
    skipped = tuple(remark for trace in traces for remark in trace.header.skipped)
    header = msgspec.structs.replace(first, made_by="jinbao trace merge", skipped=skipped)
    return header, heapq.merge(*traces, key=lambda frame: frame.at_us)
