"""The engine as a whole: what it takes when, what it cannot read, when it wakes, how it ends."""

from __future__ import annotations

from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messages.mab import element_mab
from switch.core.configuration import Limits
from switch.core.effects import CloseTerminal, Effect, SendToLink, SendToTerminal, Submit
from switch.core.errors import InvariantBroken
from switch.core.events import (
    DrainBegun,
    Event,
    LedgerAnswered,
    LinkFrameReceived,
    Started,
    TerminalFrameReceived,
    TimePassed,
)
from switch.core.financial import opening
from switch.core.moment import Moment
from switch.core.operations import Record
from switch.core.outcomes import Renewed
from switch.core.terminals.identity import record_of
from switch.core.terminals.request import Transaction
from switch.core.transaction import State
from switch.pipeline import make_engine
from tests.switch.core.stage import (
    FRAMES,
    INTERBANK,
    START_MS,
    Stage,
    configuration,
    silent,
)

_AT = Moment(0, START_MS)
_HEAD = 11
"""Bytes before the MTI of a terminal's frame without its length prefix."""


@pytest.fixture
def stage() -> Stage:
    """Return a stage whose terminal is signed on."""
    made = Stage()
    made.sign_on()
    return made


def _frame(name: str = "echo") -> TerminalFrameReceived:
    return TerminalFrameReceived(1, FRAMES[name][2:])


def test_before_the_ledger_knows_it_no_request_is_taken() -> None:
    engine = make_engine(configuration())
    assert not engine.is_ready
    assert engine.next_deadline_ns is None
    (effect,) = engine.handle(_frame(), _AT)
    assert isinstance(effect, CloseTerminal)
    engine.handle(Started(bytes(16)), _AT)
    assert not engine.is_ready
    assert not engine.is_idle


def test_the_same_events_at_the_same_moments_give_the_same_effects() -> None:
    def story() -> list[bytes]:
        stage = Stage()
        stage.sign_on()
        stage.withdraw()
        stage.withdraw("000003", f4="000000100000")
        stage.reverse()
        stage.pass_time(100_000)
        return stage.told

    assert story() == story()


def test_while_it_drains_requests_are_hung_up_on_and_what_is_in_flight_is_finished() -> None:
    stage = Stage(silent)
    stage.sign_on()
    stage.withdraw()
    told = len(stage.told)
    assert not stage.engine.is_idle
    stage.happen(DrainBegun())
    stage.terminal_says(FRAMES["echo"])
    assert len(stage.told) == told
    assert [type(each) for each in stage.closed] == [CloseTerminal]
    stage.pass_time(120_000)
    assert stage.code == "98"
    assert stage.row().state is State.REVERSED
    assert stage.engine.is_idle


def test_an_event_that_nobody_handles_breaks_an_invariant(stage: Stage) -> None:
    class Strange:
        pass

    with pytest.raises(InvariantBroken, match="Strange"):
        stage.happen(cast("Event", Strange()))


def test_a_deadline_is_due_at_its_moment_and_not_before() -> None:
    stage = Stage(silent)
    stage.sign_on()
    stage.withdraw()
    due = stage.engine.next_deadline_ns
    assert due is not None
    told = len(stage.told)
    timers = stage.configuration.timers
    stage.pass_time(timers.issuer_ms - 1)
    assert len(stage.told) == told
    stage.pass_time(1)
    assert stage.code == "98"


def test_waking_early_does_nothing(stage: Stage) -> None:
    at = Moment(stage.elapsed_ns, stage.utc_ms)
    assert stage.engine.handle(TimePassed(), at) == []


def test_a_new_configuration_is_in_force_for_what_comes_after_it(stage: Stage) -> None:
    stage.withdraw()
    stage.reconfigure(number=2, terminals={})
    assert stage.report("configuration_changed") == {"number": 2}
    stage.withdraw("000003")
    assert stage.code == "97"
    assert stage.row().record.configuration == 1


def test_what_the_ledger_has_not_decided_is_limited() -> None:
    stage = Stage(limits=Limits(transactions_in_flight=1))
    stage.sign_on()
    stage.stall()
    stage.terminal_says(FRAMES["sign-on"])
    stage.terminal_says(FRAMES["sign-on"])
    (closed,) = stage.closed
    assert closed.reason == "the ledger is too far behind"
    stage.flow()
    assert stage.code == "00"


# ---------------------------------------------------------------------------- unreadable frames


def _effects(stage: Stage, frame: bytes) -> list[Effect]:
    return stage.engine.handle(
        TerminalFrameReceived(1, frame), Moment(stage.elapsed_ns, stage.utc_ms)
    )


def test_a_frame_whose_number_can_be_read_is_answered_30_and_reported(stage: Stage) -> None:
    told = len(stage.told)
    stage.terminal_says(FRAMES["withdrawal"][:-20])
    assert len(stage.told) == told + 1
    answer = stage.last()
    assert (answer[39], answer[11], answer[41]) == ("30", "000002", "50010001")
    assert 64 not in answer
    assert stage.told[-1][2:7].hex() == "6000000005"
    report = stage.report("terminal_frame_unreadable")
    assert "6219991234567890120" not in str(report)


@pytest.mark.parametrize("size", [0, 5, 11, 13, 21, 25])
def test_a_frame_that_says_less_is_reported_only(stage: Stage, size: int) -> None:
    effects = _effects(stage, FRAMES["withdrawal"][2 : 2 + size])
    assert not [each for each in effects if isinstance(each, SendToTerminal)]
    assert effects


def test_an_answer_is_no_request_and_is_reported(stage: Stage) -> None:
    told = len(stage.told)
    stage.terminal_says(FRAMES["withdrawal-response"])
    assert len(stage.told) == told
    assert stage.report("terminal_frame_unanswerable") == {"mti": "0210"}


def test_no_prefix_of_a_request_raises(stage: Stage) -> None:
    for name in ("withdrawal", "reversal", "sign-on", "settlement"):
        frame = FRAMES[name][2:]
        for size in range(len(frame)):
            _effects(stage, frame[:size])
        for at in range(_HEAD, len(frame)):
            broken = bytearray(frame)
            broken[at] ^= 0xFF
            stage.terminal_says(b"\0\0" + bytes(broken))
    stage.withdraw("000099")
    assert stage.code == "00"


# ------------------------------------------------------------------------ many events at once


_DAMAGES = ("", "", "", "mac", "card", "short", "again", "reversal", "amount", "unread")


def _frames(stage: Stage, damages: list[str]) -> list[Event]:
    """Return one frame of the terminal for each damage; `again` is the one before once more."""
    frames: list[bytes] = []
    for number, damage in enumerate(damages):
        stan = f"{number + 10:06d}"
        frame = stage.withdrawal(stan, f4="000000010000")
        if damage == "mac":
            frame = frame[:-1] + bytes([frame[-1] ^ 1])
        elif damage == "card":
            frame = stage.withdrawal(stan, f2="6219991234567890121")
        elif damage == "short":
            frame = frame[:60]
        elif damage == "again" and frames:
            frame = frames[-1]
        elif damage == "reversal":
            frame = stage.build("0400", stage.codec.decode(FRAMES["reversal"], 13).fields)
        elif damage == "amount":
            frame = stage.withdrawal(stan, f4="000000000001")
        elif damage == "unread":
            frame = b"\0\2\xff\xff"
        frames.append(frame)
    return [TerminalFrameReceived(1, frame[2:]) for frame in frames]


def _answers(stage: Stage, done: list[list[Effect]], damage: str) -> list[Event]:
    """Return what ledger and bank say about effects; the bank's MACs are wrong where asked."""
    events: list[Event] = []
    for effects in done:
        for effect in effects:
            if isinstance(effect, Submit):
                (outcome,) = stage.ledger.submit([effect.operation])
                events.append(LedgerAnswered(effect.ticket, outcome))
            elif isinstance(effect, SendToLink):
                asked = stage.bank.decode(effect.frame, 50)
                echoed = (2, 3, 4, 7, 11, 25, 32, 33, 41, 42)
                fields = {n: asked.fields[n] for n in echoed if n in asked.fields}
                fields |= {38: "123456", 39: "00"}
                mti = f"{asked.mti[:2]}10"
                mac = stage.zone_mac.compute(element_mab(INTERBANK, mti, fields))
                fields[128] = "0" * 8 if damage else mac.decode()
                body = stage.bank.encode(mti, fields)
                events.append(LinkFrameReceived("bank", effect.frame[4:50] + body))
    return events


@given(st.lists(st.sampled_from(_DAMAGES), min_size=1, max_size=8), st.sampled_from(["", "mac"]))
@settings(max_examples=25, deadline=None)
def test_many_events_at_once_give_what_they_give_one_by_one(
    damages: list[str], damage: str
) -> None:
    one, many = Stage(), Stage()
    one.sign_on()
    many.sign_on()
    at = Moment(one.elapsed_ns, one.utc_ms)
    events, alike = _frames(one, damages), _frames(many, damages)
    seen = 0
    while events:
        assert events == alike
        done = [one.engine.handle(event, at) for event in events]
        assert many.engine.handle_all([(event, at) for event in alike]) == done
        events, alike = _answers(one, done, damage), _answers(many, done, damage)
        seen += sum(map(len, done))
    assert seen >= len(damages)
    assert one.engine.is_idle == many.engine.is_idle


def test_what_breaks_among_many_events_is_named_by_its_place(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = Moment(stage.elapsed_ns, stage.utc_ms)
    events = _frames(stage, ["", "", ""])
    with pytest.raises(InvariantBroken):
        stage.engine.handle_all([(events[0], at), (LedgerAnswered(9999, Renewed()), at)])
    assert stage.engine.culprit == 1

    def poisoned(txn: Transaction, opened_ms: int) -> Record:
        if txn.request.stan == "000012":
            raise ValueError("poison")
        return record_of(txn, opened_ms)

    monkeypatch.setattr(opening, "record_of", poisoned)
    other = Stage()
    other.sign_on()
    with pytest.raises(ValueError, match="poison"):
        other.engine.handle_all([(event, at) for event in _frames(other, ["", "mac", "", ""])])
    assert other.engine.culprit == 2
