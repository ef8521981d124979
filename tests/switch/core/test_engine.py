"""The engine as a whole: what it takes when, what it cannot read, when it wakes, how it ends."""

from __future__ import annotations

from typing import cast

import pytest

from switch.core.configuration import Limits
from switch.core.effects import CloseTerminal, Effect, SendToTerminal
from switch.core.errors import InvariantBroken
from switch.core.events import DrainBegun, Event, Started, TerminalFrameReceived, TimePassed
from switch.core.moment import Moment
from switch.core.transaction import State
from switch.pipeline import make_engine
from tests.switch.core.stage import FRAMES, START_MS, Stage, configuration, silent

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
