"""The host that judges (simulators/conformance): events and moments in, effects out.

It is lenient: what is wrong is a finding and the conversation goes on, because a broken rule must
not hide the next one. It never waits, reads no clock and draws nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

import msgspec

from messages.crypto.keys import Tmk
from messages.dialects.dialect import Dialect
from messages.values import response_mti
from simulators.cards import Card
from simulators.conformance.hearing.heard import PREFIX, Heard, Unreadable
from simulators.conformance.hearing.lines import Cut, Cutter, Line
from simulators.conformance.judging import conduct, contents, recognition
from simulators.conformance.judging.answering import Answering
from simulators.conformance.judging.happenings import (
    Close,
    Connected,
    Disconnected,
    Effect,
    Event,
    Note,
    Received,
    Send,
    TurnedAway,
    Unwrappable,
)
from simulators.conformance.judging.secrets import judge_secrets, judge_typed, pan_of
from simulators.conformance.judging.settling import judge_settling
from simulators.conformance.judging.station import Station
from simulators.conformance.judging.tally import Failure, Tally
from simulators.conformance.rules.model import Suite
from simulators.conformance.rules.reading import Questionnaire
from simulators.conformance.rules.vocabulary import Judgement
from simulators.conformance.services import judge_services
from switch.core.moment import Moment

DONE: Final = "the case is done"
"""What the record of a case's end says."""
What = Literal["received", "sent", "event"]
MOST_STATIONS: Final = 1_000
MOST_LINES: Final = 256
_READING: Final = (
    "readable", "bitmap", "trailing", "characters", "prefix-form", "prefix-unit", "fixed-length",
)  # fmt: skip
"""What a message that can be read keeps."""
UNKNOWN: Final = "unknown"
"""The terminal of what cannot be read."""
STRANGER: Final = "not judged, nothing readable ever came on this connection"
"""What the record of a stranger's bytes says: a scan of ports must not decide a verdict."""
_TPDU: Final = 0x60
_TPDU_PLACES: Final = (0, 2, 4)
"""Where a terminal's first TPDU begins: without a length, after 2 bytes, after 4 digits."""


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """What a run is about: dialects, suite, and what the terminal under test is set up with.

    Empty numbers are learnt from the first message; `nonce` is where new keys come from.
    """

    dialects: tuple[Dialect, ...]
    suite: Suite
    answers: Questionnaire
    master_key: Tmk
    nonce: bytes
    terminal: str = ""
    merchant: str = ""
    tpdu: str = ""
    cards: Mapping[str, Card] = {}

    def __repr__(self) -> str:
        return "Setup()"


class Host:
    """One run: all terminals under test, all cases, one tally."""

    def __init__(self, setup: Setup) -> None:
        """Begin with nobody connected."""
        self.setup = setup
        self.suite = setup.suite
        self.tally = Tally(setup.suite.requirements)
        self.stations: dict[str, Station] = {}
        self.finished: dict[str, set[str]] = {}
        """Cases done before this run began, by terminal: after an interruption."""
        self.records = 0
        self._cutter = Cutter(setup.dialects)
        self._lines: dict[int, Line] = {}
        self._others: set[str] = set()
        """Terminals that were told as not under test."""
        self._answering = Answering(setup)

    @property
    def next_deadline_ns(self) -> int | None:
        """When `TimePassed` is wanted, in elapsed nanoseconds."""
        return min(
            (line.stalls_ns for line in self._lines.values() if line.stalls_ns is not None),
            default=None,
        )

    def handle(self, event: Event, at: Moment) -> list[Effect]:
        """Take what happened; return what is to be done about it."""
        match event:
            case Connected(connection):
                return list(self._connected(connection, at))
            case Received(connection, data):
                line = self._lines.get(connection)
                return list(self._received(line, data, at)) if line is not None else []
            case Disconnected(connection):
                return list(self._disconnected(connection, at))
            case Unwrappable(connection, data, why):
                line = self._lines.get(connection)
                return list(self._unwrappable(line, data, why, at)) if line is not None else []
            case TurnedAway(why):
                return [self._note(at, "event", UNKNOWN, words=why)]
            case _:
                return list(self._stalled(at))

    def finish(self, at: Moment) -> list[Effect]:
        """End the run: judge what never came."""
        effects: list[Effect] = []
        for station in self.stations.values():
            found = [pair for j in conduct.at_the_end(station) for pair in self.tally.of(j)]
            if found:
                words = "the run ended"
                effects.append(self._note(at, "event", station.tid, words=words, found=found))
        return effects

    # ---------------------------------------------------------------------------- connections

    def _connected(self, connection: int, at: Moment) -> Iterator[Effect]:
        if len(self._lines) >= MOST_LINES:
            yield Close(connection, "too many connections")
            return
        self._lines[connection] = Line(number=connection)
        yield self._note(at, "event", UNKNOWN, words=f"connection {connection} opened")

    def _disconnected(self, connection: int, at: Moment) -> Iterator[Effect]:
        line = self._lines.pop(connection, None)
        if line is None:
            return
        if line.held:
            yield from self._took(line, self._cutter.stalled(line), at)
        station = self.stations.get(line.terminal)
        if station is not None and station.out is not None and station.out.answered_ns is None:
            station.out.is_cut = True
        terminal = line.terminal or UNKNOWN
        yield self._note(at, "event", terminal, words=f"connection {connection} closed")

    def _received(self, line: Line, data: bytes, at: Moment) -> Iterator[Effect]:
        for cut in self._cutter.feed(line, data, at.elapsed_ns):
            yield from self._took(line, cut, at)
            if cut.is_over:
                return

    def _unwrappable(self, line: Line, data: bytes, why: str, at: Moment) -> Iterator[Effect]:
        broken = Judgement(
            check="frame-length", ok=False, offset=0, expected="a frame in its outer one", found=why
        )
        yield from self._took(line, Cut(data, None, (broken,), is_over=True, why=why), at)

    def _stalled(self, at: Moment) -> Iterator[Effect]:
        for line in list(self._lines.values()):
            due = line.stalls_ns
            if due is not None and due <= at.elapsed_ns:
                yield from self._took(line, self._cutter.stalled(line), at)

    def _took(self, line: Line, cut: Cut, at: Moment) -> Iterator[Effect]:
        if _is_strange(line, cut):
            words = f"{STRANGER}: {cut.why}" if cut.why else STRANGER
            yield self._note(at, "received", UNKNOWN, frame=cut.frame, words=words)
            self._lines.pop(line.number, None)
            yield Close(line.number, words)
            return
        found = [pair for j in cut.judgements for pair in self.tally.of(j)]
        if isinstance(cut.what, Heard):
            line.spoke = True
            yield from self._heard(line, cut.what, at, found)
        elif cut.frame or cut.why:
            if isinstance(cut.what, Unreadable):
                found += (pair for j in cut.what.judgements for pair in self.tally.of(j))
            terminal = line.terminal or UNKNOWN
            case = self._case_of(terminal)
            yield self._note(
                at, "received", terminal, case=case, frame=cut.frame, found=found, words=cut.why
            )
        if cut.is_over:
            self._lines.pop(line.number, None)
            yield Close(line.number, cut.why)

    def _case_of(self, terminal: str) -> str:
        station = self.stations.get(terminal)
        return station.last_case if station is not None else ""

    # ------------------------------------------------------------------------------- messages

    def _heard(
        self, line: Line, heard: Heard, at: Moment, found: list[tuple[str, Judgement]]
    ) -> Iterator[Effect]:
        tid = heard.get("41")
        if tid.isalnum() and self.setup.terminal not in {"", tid, line.terminal}:
            yield from self._other(line, tid, at)
            return
        station = self._station(tid, heard)
        if station is None:
            yield Close(line.number, "too many terminals")
            return
        line.terminal = station.tid
        asks = _asks(heard)
        found += self.tally.of(asks)
        if not asks.ok:
            # Nobody can answer an answer, and it changes nothing.
            yield self._note(
                at, "received", station.tid, frame=_whole(heard.frame), heard=heard, found=found
            )
            return
        case = recognition.case_of(self.suite, station, heard)
        judgements = self._judgements(station, heard, at, case)
        found += (pair for j in judgements for pair in self.tally.of(j))
        found += self.tally.of_contents(heard)
        name = case.id if case is not None else ""
        note = self._note(
            at, "received", station.tid, case=name, frame=_whole(heard.frame), heard=heard,
            found=found,
        )  # fmt: skip
        yield note
        recognition.follow(station, note.failures)
        replies = self._answering.answer(station, heard, at, case)
        for words in replies.words:
            yield self._note(at, "event", station.tid, case=name, words=words)
        if replies.frame:
            yield self._note(
                at, "sent", station.tid, case=name, frame=replies.frame, words=replies.manner
            )
        for piece, after_ms in replies.pieces:
            yield Send(line.number, piece, after_ms)
        if replies.closes:
            yield Close(line.number, "the case cuts the connection after the request")
        for done in recognition.conclude(self.suite, station):
            yield self._note(at, "event", station.tid, case=done, words=DONE)

    def _other(self, line: Line, tid: str, at: Moment) -> Iterator[Effect]:
        """Hang up on a terminal that is not under test; tell it, but once."""
        words = f"terminal {tid} is not the one under test: not judged"
        self._lines.pop(line.number, None)
        if tid not in self._others and len(self._others) < MOST_STATIONS:
            self._others.add(tid)
            yield self._note(at, "received", UNKNOWN, words=words)
        yield Close(line.number, words)

    def _judgements(
        self, station: Station, heard: Heard, at: Moment, case: recognition.Found
    ) -> Iterator[Judgement]:
        setup = self.setup
        yield from heard.judgements
        broken = {judgement.check for judgement in heard.judgements if not judgement.ok}
        about = {**heard.about(), "field": "any"}
        yield from (Judgement(check=c, ok=True, about=about) for c in _READING if c not in broken)
        yield from contents.presence(heard)
        yield from contents.heads(heard, station.heads)
        wanted = (("41", setup.terminal), ("42", setup.merchant or station.merchant))
        yield from contents.identity(heard, wanted)
        yield from judge_secrets(heard, station, setup.master_key, setup.cards)
        yield from judge_typed(heard, station, self._typed(station, heard, case))
        yield from recognition.judge(station, heard, case, setup.cards)
        yield from judge_settling(station, heard)
        yield from judge_services(
            station, heard, is_composite=setup.answers.features.get("composite", False)
        )
        yield from conduct.judge_conduct(
            station, heard, at.elapsed_ns, setup.answers.response_timer_s
        )

    def _typed(self, station: Station, heard: Heard, case: recognition.Found) -> str:
        """Return the PIN that the tester was to type; empty where nobody knows."""
        card = self.setup.cards.get(pan_of(heard, station.keys))
        told = next((action.pin for action in case.do if action.pin), "") if case else ""
        return told or (card.pin if card is not None else "")

    def _station(self, tid: str, heard: Heard) -> Station | None:
        station = self.stations.get(tid)
        if station is None:
            if len(self.stations) >= MOST_STATIONS:
                return None
            station = self.stations[tid] = Station(tid)
            station.merchant = heard.get("42")
            self._cutter.known.append((tid, station.merchant))
            if self.setup.tpdu:
                station.heads["tpdu"] = self.setup.tpdu[-8:]
            recognition.begin(self.suite, station, self.finished.get(tid, set()))
        return station

    def _note(self, at: Moment, what: What, terminal: str, **told: Any) -> Note:  # noqa: ANN401
        """Return a note; `found` in it is counted, and becomes what was kept and broken."""
        self.records += 1
        found: list[tuple[str, Judgement]] = told.pop("found", [])
        failures: list[Failure] = []
        if found:
            case = told.get("case", "")
            failures = self.tally.count(found, self.records, terminal, case)
        return Note(
            number=self.records,
            at=at,
            what=what,
            terminal=terminal,
            kept=tuple(sorted({name for name, j in found if j.ok})),
            failures=tuple(failures),
            **told,
        )


def _is_strange(line: Line, cut: Cut) -> bool:
    """Tell whether bytes are of nobody who speaks this language; a broken terminal has a TPDU."""
    if line.spoke or isinstance(cut.what, Heard):
        return False
    return not any(cut.frame[at : at + 1] == bytes((_TPDU,)) for at in _TPDU_PLACES)


def _asks(heard: Heard) -> Judgement:
    try:
        response_mti(heard.mti)
    except ValueError:
        ok = False
    else:
        ok = True
    expected = "the MTI of a request, an advice or a reversal"
    return heard.judge("asks", "", ok=ok, expected=expected, found=heard.mti)


def _whole(frame: bytes) -> bytes:
    return len(frame).to_bytes(PREFIX, "big") + frame
