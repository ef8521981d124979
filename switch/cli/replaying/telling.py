"""Traces as tables for people (switch/cli): frames, exchanges, figures.

What came from a file or a wire is printed without what would move the cursor.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timezone
from typing import Final

import msgspec

from simulators.replay.trace.choosing import clock_at, clock_of, zone_of
from simulators.replay.trace.figures import Figures
from simulators.replay.trace.form import Frame, Header, TraceError
from simulators.replay.trace.pairing import Exchange
from switch.cli.drawing import drawn, plain, table

_US_PER_MS: Final = 1_000
_FEN: Final = 100
_SHOWN: Final = 13
"""Digits of the shortest PAN."""
_RRN: Final = 3
"""The column that people copy: never over two lines."""


def frame_line(frame: Frame, zone: timezone) -> str:
    """Return one frame in one line."""
    said = frame.summary
    parts = [f"{clock_of(frame, zone):%H:%M:%S.%f}", f"{frame.side:8}", frame.connection]
    parts.append("->" if frame.to == "switch" else "<-")
    if said is not None:
        named = (("STAN", said.stan), ("RRN", said.rrn), ("TID", said.terminal))
        parts += [said.mti, said.processing or "------"]
        parts += [f"{name} {value}" for name, value in named if value]
        parts += [said.pan] if said.pan else []
        parts += [f"{said.amount_fen / _FEN:.2f}"] if said.amount_fen is not None else []
        parts += [f"code {said.code}"] if said.code else []
    if frame.note:
        parts.append(f"[{frame.note}]")
    return _safe(" ".join(parts))


def exchange_table(exchanges: Iterable[Exchange], zone: timezone) -> str:
    """Return exchanges as a table: one line each, T at the terminal and I at the issuer."""
    made = table("time", "asked", "STAN", "RRN", "card", "yuan", "answer", "ms")
    made.columns[_RRN].no_wrap = True
    found = list(exchanges)
    days = {clock_of(each.frames[0], zone).date() for each in found}
    when = "%Y-%m-%d %H:%M:%S" if len(days) > 1 else "%H:%M:%S"
    for each in found:
        told = each.request or each.answer
        said = told.summary if told is not None else None
        if told is None or said is None:
            continue
        answered = each.answer.summary if each.answer is not None else None
        wait = each.latency_us
        made.add_row(
            plain(f"{clock_of(told, zone):{when}}"),
            plain(f"{told.side[0].upper()} {said.mti if each.request is not None else 'none'}"),
            plain(said.stan),
            plain(each.rrn),
            plain(_short(said.pan)),
            plain("" if said.amount_fen is None else f"{said.amount_fen / _FEN:.2f}"),
            plain("none" if answered is None else f"{answered.mti} {answered.code}"),
            plain("" if wait is None else f"{wait / _US_PER_MS:.1f}"),
        )
    return drawn(made)


def _short(pan: str) -> str:
    """Return a masked PAN as people write it, which is how a search takes it."""
    return pan.replace("*", "") if len(pan) < _SHOWN else f"{pan[:6]}x{pan[-4:]}"


def figures_table(header: Header, figures: Figures) -> str:
    """Return the figures of a trace for a person."""
    seconds = (figures.last_us - figures.first_us) / 1_000_000
    dialects = ", ".join(f"{side} {name}" for side, name in sorted(header.dialects.items()))
    heard = f"{figures.frames} frames on {len(figures.connections)} connections in {seconds:.1f} s"
    first, last = (_day_and_time(at_us, header) for at_us in (figures.first_us, figures.last_us))
    odd = f"{figures.unreadable} unreadable, {figures.noted} with notes"
    lines = [
        f"made by {header.made_by}; dialects {dialects}",
        f"from {first} to {last} {header.time_zone}",
        f"{heard}; {odd}, {figures.unasked} answers without a request",
    ]
    lines += [f"not in it: {remark}" for remark in header.skipped]
    made = table("side", "request", "DE 3", "count", "no answer", "p50 ms", "p99 ms", "codes")
    for (side, mti, processing), kind in sorted(figures.kinds.items()):
        spread = kind.spread
        codes = " ".join(f"{code}:{count}" for code, count in kind.codes.most_common(8))
        cells = (
            side, mti, processing, str(kind.count), str(kind.unanswered),
            f"{spread.quantile_us(0.5) / _US_PER_MS:.1f}",
            f"{spread.quantile_us(0.99) / _US_PER_MS:.1f}", codes,
        )  # fmt: skip
        made.add_row(*map(plain, cells))
    return "\n".join((*map(_safe, lines), drawn(made)))


def _day_and_time(at_us: int, header: Header) -> str:
    """Return a moment for a person; of a trace that lies about its times, the number."""
    try:
        return f"{clock_at(at_us, zone_of(header)):%Y-%m-%d %H:%M:%S}"
    except TraceError:
        return f"{at_us} us"


def _safe(text: str) -> str:
    """Return text of a file without what would move the cursor."""
    return "".join(c if c.isprintable() else "?" for c in text)


def exchange_json(exchange: Exchange) -> str:
    """Return one exchange as a line of JSON."""
    told = {
        "request": exchange.request,
        "answer": exchange.answer,
        "rrn": exchange.rrn,
        "latency_us": exchange.latency_us,
    }
    return msgspec.json.encode(told).decode()
