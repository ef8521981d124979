"""What is in flight is answered in time, whatever the ledger does, and forgotten afterwards."""

from __future__ import annotations

import gc
from collections import Counter

import pytest

from switch.core.configuration import Limits
from switch.core.events import LinkConnected, LinkDisconnected, TerminalConnected
from switch.core.transaction import State
from tests.switch.core.stage import Stage, mute


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.sign_on()
    return stage


def test_a_stalled_open_gets_91_before_the_terminal_gives_up(stage: Stage) -> None:
    stage.stall()
    stage.withdraw()
    stage.pass_time(54_999)
    assert stage.codes() == ["00"]
    stage.pass_time(1)
    assert stage.codes() == ["00", "91"]
    stage.flow()
    assert stage.row().state is State.UNSENT
    assert stage.requests() == []
    assert stage.codes() == ["00", "91"]
    assert stage.ledger.totals().held_fen == 0


def test_a_stalled_session_gets_91_and_is_not_walked_any_more(stage: Stage) -> None:
    stage.happen(TerminalConnected(2))
    stage.stall()
    stage.terminal_says(stage.withdrawal(), connection=2)
    stage.pass_time(55_000)
    assert stage.code == "91"
    assert stage.connections[-1] == 2
    stage.flow()
    assert stage.codes() == ["00", "91"]
    assert stage.ledger.transactions() == []


def test_a_stalled_close_gets_98_and_its_approval_is_taken_back(stage: Stage) -> None:
    stage.issue = mute
    stage.withdraw()
    stage.stall()
    stage.bank_says("0200", stage.requests()[0], {39: "00", 38: "A00002"})
    stage.pass_time(55_000)
    assert stage.codes() == ["00", "98"]
    stage.flow()
    assert stage.row().state is State.REVERSING
    assert stage.row().reason == "4006"
    stage.pass_time(500)
    assert len(stage.reversals()) == 1
    assert stage.reversals()[0][60].startswith("4006")
    assert stage.codes() == ["00", "98"]


def test_more_than_the_limit_in_flight_is_refused_with_96() -> None:
    stage = Stage(mute, limits=Limits(transactions_in_flight=2))
    stage.sign_on()
    for stan in ("000002", "000003", "000004"):
        stage.withdraw(stan, f4="000000001000")
    assert stage.codes()[1:] == ["96"]
    assert len(stage.requests()) == 2


def test_nothing_is_kept_of_a_finished_transaction(stage: Stage) -> None:
    def alive() -> int:
        gc.collect()
        kinds = Counter(type(thing).__name__ for thing in gc.get_objects())
        return kinds["Transaction"] + kinds["Waiting"] + kinds["partial"]

    for number in range(20):
        stage.withdraw(f"{number + 100:06d}", f4="000000001000")
    before = alive()
    for number in range(20, 60):
        stage.withdraw(f"{number + 100:06d}", f4="000000001000")
    assert alive() <= before
    assert stage.engine.is_idle
    assert stage.engine._in_flight._by_key == {}
    assert stage.engine._in_flight._stans.promised == 0


def test_no_more_refusals_are_remembered_than_its_bound(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("switch.core.financial.in_flight._MOST_REFUSED", 2)
    stage.happen(LinkDisconnected("bank"))
    for stan in ("000002", "000003", "000004"):
        stage.withdraw(stan)
    stage.happen(LinkConnected("bank"))
    for stan in ("000004", "000002"):
        stage.withdraw(stan)
    assert stage.codes()[1:] == ["91", "91", "91", "91", "00"]
