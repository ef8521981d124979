"""Tables of traces say what is there, and let nothing move the cursor."""

from __future__ import annotations

import json

from simulators.replay.trace.choosing import zone_of
from simulators.replay.trace.figures import Figures
from simulators.replay.trace.form import Frame, Header
from simulators.replay.trace.pairing import exchanges
from switch.cli.replaying.telling import (
    exchange_json,
    exchange_table,
    figures_table,
    frame_line,
)
from tests.simulators.replay.days import day, frames

_HEADER = Header(made_by="a\x1b[2Jtest", dialects={"terminal": "pos"}, skipped=("x\ny: 3",))
_ZONE = zone_of(_HEADER)


def test_a_frame_in_one_line() -> None:
    line = frame_line(frames(list(day(1)))[0], _ZONE)
    assert line.startswith("10:00:00.000000 terminal terminal-1 -> 0200 010000 STAN 000001")
    assert "500.00" in line
    odd = Frame(at_us=0, connection="\x1b]0;c\x07", side="issuer", to="peer", hex="", note="n\nn")
    assert frame_line(odd, _ZONE).isprintable()


def test_exchanges_and_figures() -> None:
    told = frames(list(day(4)))
    text = exchange_table(exchanges(told[:-1]), _ZONE)
    assert text.count("0210 00") == 3
    assert "none" in text
    figures = figures_table(_HEADER, Figures().of(told))
    assert "8 frames on 3 connections" in figures
    assert "from 2014-06-18 10:00:00 to 2014-06-18 10:00:00 +08:00" in figures
    absurd = Figures().of([Frame(at_us=10**30, connection="c", side="issuer", to="peer", hex="")])
    assert f"from {10**30} us" in figures_table(_HEADER, absurd)
    assert "\x1b" not in figures
    assert "not in it: x?y: 3" in figures


def test_times_have_their_day_where_there_are_several() -> None:
    told = exchange_table(exchanges(frames(list(day(2, gap_us=86_400_000_000)))), _ZONE)
    assert "2014-06-18 10:00:00" in told
    assert "2014-06-19 10:00:00" in told
    assert "2014" not in exchange_table(exchanges(frames(list(day(2)))), _ZONE)


def test_exchanges_as_json() -> None:
    (exchange,) = exchanges(frames(list(day(1))))
    told = json.loads(exchange_json(exchange))
    assert told["latency_us"] == 30_000
    assert told["rrn"] == "061800000000"
