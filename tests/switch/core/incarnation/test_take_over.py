"""A process starts on what a dead one left, keeps its lease, and stops when it lost it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from switch.core.effects import CloseTerminal
from switch.core.errors import InvariantBroken
from switch.core.events import ClocksCompared, DrainBegun, TerminalConnected
from switch.core.incarnation.take_over import MOST_SKEW_MS
from switch.core.operations import (
    Claim,
    Close,
    Enlist,
    LeaseNumbers,
    Operation,
    Renew,
    TakeOver,
)
from switch.core.transaction import State
from tests.switch.core.stage import FRAMES, Stage, mute, silent


@pytest.fixture
def stage() -> Stage:
    stage = Stage(mute)
    stage.sign_on()
    return stage


def test_what_a_dead_process_left_open_is_reversed_once(stage: Stage) -> None:
    stage.withdraw()
    stage.issue = silent
    stage.start()
    stage.pass_time(2_000)
    assert stage.row().state is State.REVERSED
    assert len(stage.reversals()) == 1
    assert stage.reversals()[0][60].startswith("4002")
    assert stage.report("taken_over") == {"open": 1}


def test_a_dead_processs_inquiry_is_closed_without_a_reversal(stage: Stage) -> None:
    stage.withdraw(f3="310000", f4=None, f60="7100000200060")
    stage.start()
    stage.pass_time(2_000)
    assert stage.row().state is State.DECLINED
    assert stage.reversals() == []


def test_a_queued_reversal_goes_on_after_a_restart_as_a_repeat(stage: Stage) -> None:
    stage.withdraw()
    stage.pass_time(45_000)
    first = stage.reversals()[0]
    stage.start()
    stage.issue = silent
    stage.pass_time(5_000)
    assert stage.sent[-1][0] == "0421"
    assert [stage.sent[-1][1][n] for n in (7, 11, 90)] == [first[n] for n in (7, 11, 90)]
    assert stage.row().state is State.REVERSED


def test_more_than_one_handful_is_taken_over_to_the_last(stage: Stage) -> None:
    for number in range(300):
        stage.withdraw(f"{number + 2:06d}", f4=None, f3="310000", f60="7100000200060")
    stage.start()
    stage.pass_time(1_000)
    states = {row.state for row in stage.ledger.transactions(limit=1_000)}
    assert states == {State.DECLINED}


@pytest.mark.parametrize("kind", [Enlist, LeaseNumbers, TakeOver, Close, Claim])
@pytest.mark.parametrize("fate", ["kept", "dropped"])
def test_a_start_gets_over_unknown_outcomes(stage: Stage, kind: type, fate: str) -> None:
    stage.withdraw()
    stage.issue = silent
    lost: list[Operation] = []

    def lose(operation: Operation) -> str:
        if isinstance(operation, kind) and len(lost) < 3:
            lost.append(operation)
            return fate
        return ""

    stage.lose = lose
    stage.start()
    stage.pass_time(20_000)
    assert len(lost) == 3
    assert stage.row().state is State.REVERSED
    stage.sign_on()
    stage.issue = silent
    stage.withdraw("000003", f4="000000001000")
    stage.pass_time(45_000)
    assert stage.code == "98"


def test_until_it_has_its_numbers_a_process_takes_nothing(stage: Stage) -> None:
    stage.stall()
    stage.start()
    assert not stage.engine.is_ready
    stage.terminal_says(FRAMES["withdrawal"])
    assert isinstance(stage.closed[-1], CloseTerminal)
    stage.flow()
    assert stage.engine.is_ready


def test_the_lease_is_renewed_in_time(stage: Stage) -> None:
    renewals: list[int] = []

    def watch(operation: Operation) -> str:
        if isinstance(operation, Renew):
            renewals.append(stage.utc_ms)
        return ""

    stage.lose = watch
    start = stage.utc_ms
    stage.pass_time(20_000)
    assert renewals[0] - start < 10_000
    assert all(b - a < 10_000 for a, b in pairwise(renewals))


def test_a_process_that_lost_its_lease_stops(stage: Stage) -> None:
    stage.ledger.restart()
    with pytest.raises(InvariantBroken, match="another process took over"):
        stage.pass_time(10_000)


def test_a_draining_process_takes_nothing_new_and_finishes_what_is_in_flight(
    stage: Stage,
) -> None:
    stage.withdraw()
    stage.happen(DrainBegun())
    stage.happen(TerminalConnected(2))
    stage.terminal_says(stage.withdrawal("000003"), connection=2)
    assert isinstance(stage.closed[-1], CloseTerminal)
    assert not stage.engine.is_idle
    stage.bank_says("0200", stage.requests()[0], {39: "00"})
    assert stage.code == "00"
    assert stage.engine.is_idle


def test_a_process_whose_clock_is_off_takes_nothing_until_it_agrees_again(stage: Stage) -> None:
    stage.happen(ClocksCompared(MOST_SKEW_MS))
    assert stage.engine.is_ready
    stage.happen(ClocksCompared(-MOST_SKEW_MS - 1))
    assert stage.report("clock_off") == {"ahead_ms": -MOST_SKEW_MS - 1}
    stage.terminal_says(stage.withdrawal("000003"))
    assert isinstance(stage.closed[-1], CloseTerminal)
    assert _take_overs(stage, 10_000) == 0
    stage.happen(ClocksCompared(0))
    assert stage.engine.is_ready
    assert _take_overs(stage, 10_000) > 0


def test_after_the_ledger_was_away_the_others_get_the_time_to_renew(stage: Stage) -> None:
    lease_ms = stage.configuration.timers.lease_ms
    unknown: list[Operation] = []

    def lose(operation: Operation) -> str:
        if isinstance(operation, Renew) and not unknown:
            unknown.append(operation)
            return "kept"
        return ""

    assert _take_overs(stage, lease_ms) > 0
    stage.lose = lose
    assert _take_overs(stage, lease_ms) == 0
    assert unknown
    assert _take_overs(stage, lease_ms) > 0


def _take_overs(stage: Stage, for_ms: int) -> int:
    """Count how often leases are looked at while time passes."""
    seen: list[Operation] = []
    before = stage.lose

    def watch(operation: Operation) -> str:
        seen.extend([operation] * isinstance(operation, TakeOver))
        return before(operation)

    stage.lose = watch
    stage.pass_time(for_ms)
    stage.lose = before
    return len(seen)
