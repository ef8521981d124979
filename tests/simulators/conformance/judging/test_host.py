"""The judging host: lenient in conversation, strict in findings, and never brought down."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.conformance.judging.happenings import (
    Close,
    Connected,
    Disconnected,
    Note,
    Received,
    Send,
    TimePassed,
)
from simulators.conformance.judging.host import MOST_LINES
from simulators.conformance.rules.model import Answer
from switch.core.moment import Moment
from tests.simulators.conformance import frames
from tests.simulators.conformance.judging.talking import AT, after, new_host, ready, signed_on

_FRAMES = (
    frames.SIGN_ON, frames.WITHDRAWAL, frames.BALANCE, frames.REVERSAL, frames.SETTLEMENT,
    frames.ECHO,
)  # fmt: skip


@pytest.mark.parametrize(
    "conversation",
    [
        (frames.SIGN_ON, frames.ECHO),
        (frames.WITHDRAWAL, frames.BALANCE, frames.ECHO),
        (frames.WITHDRAWAL, frames.BALANCE, frames.SETTLEMENT),
    ],
)
def test_no_false_alarm_on_the_worked_frames(conversation: tuple[bytes, ...]) -> None:
    host = ready()
    for number, frame in enumerate(conversation):
        host.handle(Received(1, frame), after(90 * number))
    # The worked examples do not ask with the dedicated type: DED-02 says so.
    assert host.tally.failed() <= {"DED-02"}


def test_no_false_alarm_on_the_worked_reversal() -> None:
    host = ready()
    unanswered = Answer(kind="none")
    cases = tuple(
        msgspec.structs.replace(case, answer=unanswered) if case.id == "withdrawal" else case
        for case in host.suite.cases
    )
    host.suite = msgspec.structs.replace(host.suite, cases=cases)
    host.handle(Received(1, frames.WITHDRAWAL), AT)
    host.handle(Received(1, frames.REVERSAL), after(60))
    assert not host.tally.failed()
    assert host.tally.scores["REV-12"].kept


def test_no_false_alarm_on_a_frame_that_was_published_elsewhere() -> None:
    host = ready("00000001", frames.PUBLISHED_MAK, "000001")
    host.handle(Received(1, frames.PUBLISHED), AT)
    assert not host.tally.failed()
    assert host.tally.scores["MAC-01"].kept


def _sent(effects: list[object]) -> list[bytes]:
    return [effect.data for effect in effects if isinstance(effect, Send)]


def test_a_request_before_any_sign_on_is_answered_77_and_asked_to_sign_on() -> None:
    host = new_host()
    host.handle(Connected(1), AT)
    effects = host.handle(Received(1, frames.WITHDRAWAL), AT)
    (answer,) = _sent(list(effects))
    assert answer[2 + 11 : 2 + 13] == bytes.fromhex("0210")
    assert answer[2 + 7] & 0x0F == 3
    assert b"77" in answer
    assert "KEY-01" in host.tally.failed()


def test_the_answer_goes_back_with_its_addresses_swapped() -> None:
    host = ready()
    (answer,) = _sent(list(host.handle(Received(1, frames.ECHO), AT)))
    assert answer[2:7].hex() == "6000000005"


def test_garbage_ends_its_connection_and_nobody_elses() -> None:
    host = ready()
    host.handle(Connected(2), AT)
    effects = host.handle(Received(2, b"\xff" * 64), AT)
    assert [e.connection for e in effects if isinstance(e, Close)] == [2]
    assert _sent(list(host.handle(Received(1, frames.ECHO), AT)))
    assert not host.handle(Received(2, frames.ECHO), AT)


def test_an_answer_is_a_finding_and_gets_none() -> None:
    host = ready()
    frame = frames.WITHDRAWAL[:13] + bytes.fromhex("0210") + frames.WITHDRAWAL[15:]
    effects = host.handle(Received(1, frame), AT)
    assert not [effect for effect in effects if isinstance(effect, Send)]
    assert host.tally.failed() == {"PRS-17"}
    assert not host.stations["50010001"].book


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_whatever_a_terminal_sends_the_run_goes_on(data: st.DataObject) -> None:
    host = ready()
    for number in range(3):
        frame = bytearray(data.draw(st.sampled_from(_FRAMES)))
        for _ in range(data.draw(st.integers(0, 3))):
            at = data.draw(st.integers(2, len(frame) - 1))
            frame[at : at + data.draw(st.integers(0, 2))] = data.draw(st.binary(max_size=3))
        frame[:2] = (len(frame) - 2).to_bytes(2)
        host.handle(Received(1, bytes(frame)), after(number))
        host.handle(Disconnected(1), after(number))
        host.handle(Connected(1), after(number))
    effects = host.handle(Received(1, frames.ECHO), after(9))
    assert any(isinstance(effect, Send) for effect in effects)


def test_half_a_frame_is_judged_when_it_has_waited_long_enough() -> None:
    host = ready()
    host.handle(Received(1, frames.WITHDRAWAL[:40]), AT)
    due = host.next_deadline_ns
    assert due is not None
    effects = host.handle(TimePassed(), Moment(due, AT.utc_ms + 3_000))
    assert any(isinstance(e, Close) for e in effects)
    assert "FRM-01" in host.tally.failed()
    assert host.next_deadline_ns is None


def test_connections_are_limited() -> None:
    host = new_host()
    for number in range(MOST_LINES):
        assert not any(isinstance(e, Close) for e in host.handle(Connected(number), AT))
    assert any(isinstance(e, Close) for e in host.handle(Connected(MOST_LINES), AT))


def test_two_terminals_have_cases_of_their_own() -> None:
    host = ready()
    signed_on(host, "00000001", frames.PUBLISHED_MAK)
    host.handle(Received(1, frames.WITHDRAWAL), AT)
    states = {tid: s.progress["withdrawal"].state for tid, s in host.stations.items()}
    assert states == {"50010001": "done", "00000001": "waiting"}


def test_records_are_numbered_without_a_gap_and_a_lost_line_is_one() -> None:
    host = ready()
    effects = [*host.handle(Received(1, frames.ECHO), AT), *host.handle(Disconnected(1), AT)]
    numbers = [effect.number for effect in effects if isinstance(effect, Note)]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert host.records == numbers[-1]


def test_nothing_printed_holds_a_card_or_a_key() -> None:
    host = ready()
    told = repr(host.handle(Received(1, frames.WITHDRAWAL), AT)) + repr(host.setup)
    assert "6219991234567890120" not in told
    assert frames.MAK.hex() not in told.lower()


_STRANGERS = (
    b"GET / HTTP/1.1\r\nHost: here\r\n\r\n",
    bytes.fromhex("16030100c8010000c40303") + bytes(200),
    b"SSH-2.0-OpenSSH_9.6\r\n",
    b"\xff" * 64,
    b"\x00\x10?",
)


@pytest.mark.parametrize("said", _STRANGERS)
def test_a_stranger_is_told_and_decides_no_verdict(said: bytes) -> None:
    host = new_host()
    host.handle(Connected(1), AT)
    effects = [*host.handle(Received(1, said), AT), *host.handle(Disconnected(1), AT)]
    told = [e.words for e in effects if isinstance(e, Note) and e.what == "received"]
    assert len(told) == 1
    assert told[0].startswith("not judged")
    assert not host.tally.failed()


def test_bytes_with_a_tpdu_are_a_terminals_and_are_judged() -> None:
    for said in (frames.ECHO[2:], b"0050" + frames.ECHO[2:], frames.WITHDRAWAL[:30]):
        host = new_host()
        host.handle(Connected(1), AT)
        host.handle(Received(1, said), AT)
        host.handle(Disconnected(1), AT)
        assert host.tally.failed() == {"FRM-01"}


def test_another_terminal_than_the_one_under_test_is_told_once_and_not_judged() -> None:
    host = new_host()
    host.setup = msgspec.structs.replace(host.setup, terminal="12345678")
    notes: list[Note] = []
    for number in range(3):
        host.handle(Connected(number), AT)
        effects = host.handle(Received(number, frames.WITHDRAWAL), AT)
        assert any(isinstance(e, Close) for e in effects)
        notes += (e for e in effects if isinstance(e, Note))
    assert [n.words for n in notes] == ["terminal 50010001 is not the one under test: not judged"]
    assert not host.tally.failed()
    assert not host.stations
