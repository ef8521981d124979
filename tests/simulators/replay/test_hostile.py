"""Damaged captures, logs and traces go through everything that reads them: refused, or read."""

from __future__ import annotations

import io
import json
import tomllib
from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.cards import fictional_card
from simulators.replay.again.issuing import Recorded
from simulators.replay.again.rewriting import Rewriter, Unplayable
from simulators.replay.again.rules import Rewrite, Rules
from simulators.replay.again.survey import Survey
from simulators.replay.capture.export import Exporter
from simulators.replay.capture.importing import Importer
from simulators.replay.capture.logs import SHANGHAI, LogImporter
from simulators.replay.cases.conversation import Conversation
from simulators.replay.cases.of_hosts import probes_of
from simulators.replay.cases.of_terminals import cases_of
from simulators.replay.trace.choosing import Wanted, Where, cut, find, keeps, merge
from simulators.replay.trace.figures import Figures
from simulators.replay.trace.form import Frame, Side, TraceError, line_of
from simulators.replay.trace.learning import Learnt, scenario
from simulators.replay.trace.reading import Trace
from simulators.replay.verdict.between import Between
from simulators.replay.verdict.comparing import Comparer
from simulators.wire import Wire
from tests.simulators.replay.cases.talks import VOLATILE
from tests.simulators.replay.days import (
    DIALECTS,
    INTERBANK,
    POS,
    START_US,
    TOKENS,
    Raw,
    bare,
    day,
    frames,
    maker,
    means,
)

_WIRES: Final[dict[Side, Wire]] = {"terminal": POS, "issuer": INTERBANK}
_CARDS: Final = {TOKENS.pan(fictional_card(n).pan): fictional_card(n) for n in range(4)}


@cache
def _frames() -> tuple[Frame, ...]:
    raws = [
        Raw(START_US, "t", "terminal", "switch", bare("sign-on")),
        Raw(START_US, "t", "terminal", "peer", bare("sign-on-response")),
        Raw(START_US, "b", "issuer", "peer", bare("interbank-withdrawal")),
        *day(3),
    ]
    return tuple(frames(raws))


@cache
def _capture() -> bytes:
    stream = io.BytesIO()
    Exporter(stream).write(_frames())
    return stream.getvalue()


@cache
def _log() -> bytes:
    lines = [f"2014-06-18 10:00:00.{n:06d} t {f.to} {f.hex}\n" for n, f in enumerate(_frames())]
    return "".join(lines).encode()


@cache
def _trace() -> bytes:
    return b"".join([line_of(maker().header("a test")), *map(line_of, _frames())])


@st.composite
def _damages(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """Draw what may happen to bytes: changed, cut out, doubled, or cut off at some places."""
    places = draw(
        st.lists(
            st.tuples(
                st.floats(0, 1), st.sampled_from("xox+-|"), st.binary(min_size=1, max_size=4)
            ),
            min_size=1, max_size=4,
        )
    )  # fmt: skip

    def damage(data: bytes) -> bytes:
        for share, how, content in places:
            at = int(share * len(data))
            size = len(content) * (40 if how in "+-" else 1)
            if how in "xo":
                data = data[:at] + content + data[at + len(content) :]
            elif how == "+":
                data = data[: at + size] + data[at:]
            elif how == "-":
                data = data[:at] + data[at + size :]
            else:
                data = data[:at]
        return data

    return damage


@given(_damages())
def test_damaged_captures_are_read_or_refused(damage: Callable[[bytes], bytes]) -> None:
    with suppress(TraceError):
        list(Importer(maker(), DIALECTS).of(io.BytesIO(damage(_capture())), "c"))


@given(_damages())
def test_damaged_logs_are_read_or_refused(damage: Callable[[bytes], bytes]) -> None:
    with suppress(TraceError):
        list(LogImporter(maker(), DIALECTS).of(io.BytesIO(damage(_log())), "l"))


@settings(max_examples=60)
@given(_damages())
def test_damaged_traces_are_read_or_refused_by_everybody(
    tmp_path_factory: pytest.TempPathFactory, damage: Callable[[bytes], bytes]
) -> None:
    path = tmp_path_factory.getbasetemp() / "hostile.jsonl"
    path.write_bytes(damage(_trace()))
    _everything(path)


@pytest.mark.parametrize(
    "changed",
    [
        {"hex": ""}, {"hex": "00"}, {"hex": "0002ffff"}, {"at_us": 1 << 62}, {"at_us": -(1 << 62)},
        {"side": "issuer"}, {"to": "peer"}, {"connection": ""}, {"summary": {"mti": ""}},
        {"summary": {"mti": "0200", "amount_fen": -1}}, {"summary": {"mti": "9999"}},
    ],
)  # fmt: skip
def test_lines_that_lie_are_believed_by_nobody(tmp_path: Path, changed: dict[str, object]) -> None:
    lines = _trace().splitlines()
    for at in range(1, len(lines)):
        told = json.loads(lines[at]) | changed
        lying = [*lines[:at], json.dumps(told).encode(), *lines[at + 1 :]]
        (tmp_path / "t.jsonl").write_bytes(b"\n".join(lying) + b"\n")
        _everything(tmp_path / "t.jsonl")


def _everything(path: Path) -> None:
    """Have everybody read a trace; only what they may raise is let pass."""
    with suppress(TraceError):
        Trace(str(path))
    for use in (
        lambda trace: Figures().of(trace).told(),
        lambda trace: list(find(trace, Wanted(at="10:00", card="621999x0120"))),
        lambda trace: list(cut(trace, "10:00", "", SHANGHAI)),
        lambda trace: Exporter(io.BytesIO()).write(trace),
        lambda trace: Recorded(trace, "", INTERBANK, _CARDS),
        lambda trace: Survey().of(trace, POS, means(_CARDS), Rewrite()).remarks,
        _rewritten,
        _compared,
        _learnt,
        _made_cases,
        lambda trace: list(merge([trace, trace])[1]),
        lambda trace: list(filter(keeps(Where(side="terminal")), trace)),
        lambda trace: [_made_again(frame) for frame in trace],
    ):
        with suppress(TraceError):
            use(Trace(str(path)))


def _rewritten(trace: Iterable[Frame]) -> None:
    rewriter = Rewriter(POS, Rewrite(chip="send"), means(_CARDS))
    for frame in trace:
        with suppress(Unplayable, ValueError):
            rewriter.request(POS.bare(frame.data))


def _compared(trace: Trace) -> None:
    comparers = {side: Comparer(DIALECTS[side], Rules(format=1), side) for side in _WIRES}
    Between(_WIRES, comparers, any_stan=True).of(trace, trace)


def _made_again(frame: Frame) -> Frame:
    """Return a frame as another key has it."""
    return maker().frame(frame.at_us, frame.connection, frame.side, frame.to, frame.data[2:])


def _made_cases(trace: Trace) -> None:
    """Whatever is learned of a trace is read by who is to read it, and has no card in it."""
    told = Conversation(tuple(DIALECTS.values()), {}).of(trace, "50010001")
    for text in (cases_of(told, "x", VOLATILE), probes_of(told, "x", VOLATILE)):
        assert tomllib.loads(text)["alone"]


def _learnt(trace: Iterable[Frame]) -> None:
    learnt = Learnt(POS).of(trace)
    if learnt.count:
        scenario(learnt, "x", closed=True)
