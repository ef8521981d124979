"""What was at stake: counted where it happened, and known by one name each."""

from __future__ import annotations

from simulators.world.telling.stakes import STAKES, stakes
from switch.core.operations import Advice, Claim, Operation, TakeOver
from switch.core.outcomes import (
    CapExceeded,
    Claimed,
    Closed,
    Fenced,
    Opened,
    Outcome,
    ReversalQueued,
    TakenOver,
)
from switch.core.transaction import State
from tests.simulators import recording
from tests.switch.ledger import making


def _counted(*done: tuple[Operation, Outcome]) -> dict[str, int]:
    history = recording.blank()
    for operation, outcome in done:
        recording.applied(history, operation, outcome)
    return {name: number for name, number in stakes(history).items() if number}


def test_every_stake_has_one_name_and_is_counted_even_where_it_never_was() -> None:
    assert len(set(STAKES)) == len(STAKES)
    assert sorted(stakes(recording.blank())) == sorted(STAKES)


def test_the_cap_is_at_stake_when_it_is_met_or_exceeded() -> None:
    assert _counted((making.opening(1), CapExceeded(100_000, 0, 90_000))) == {"cap exceeded": 1}
    assert _counted((making.opening(1), Opened(60_000, 40_000))) == {"cap met to the fen": 1}
    assert not _counted((making.opening(1), Opened(60_000, 30_000)))


def test_reversals_are_counted_by_the_state_that_they_met() -> None:
    opened = making.opening(1), Opened(0, 50_000)
    queued = ReversalQueued(recording.row(State.REVERSING), is_first=True)
    assert _counted(opened, (making.reversing(2), queued)) == {"reversal of what is in flight": 1}
    approved = making.closing(2), Closed(recording.row(State.APPROVED))
    found = _counted(opened, approved, (making.reversing(3), queued))
    assert found == {"reversal of an approval": 1}


def test_ends_of_reversals_are_told_apart() -> None:
    reversed_ = Closed(recording.row(State.REVERSED))
    assert _counted((making.acknowledging(1), reversed_)) == {"reversal acknowledged": 1}
    expired = making.acknowledging(1, state=State.REVERSAL_EXPIRED)
    row = Closed(recording.row(State.REVERSAL_EXPIRED))
    assert _counted((expired, row)) == {"reversal left to a person": 1}


def test_take_overs_and_fences_are_counted() -> None:
    take = TakeOver(1, 2, 0, 10)
    rows = (recording.row(State.FORWARDED),)
    assert _counted((take, TakenOver(rows))) == {"take-over of open transactions": 1}
    assert not _counted((take, TakenOver(())))
    assert _counted((making.closing(2), Fenced())) == {"close after a take-over": 1}


def test_a_reversal_that_is_sent_again_is_counted() -> None:
    claim = Claim(1, 1, 0, (1,), 10)
    advice = Advice(row=recording.row(State.REVERSING), tries=2, due_ms=0, owner=1)
    assert _counted((claim, Claimed((advice,)))) == {"reversal sent again": 1}


def test_what_only_shows_at_the_time_is_taken_from_the_history() -> None:
    history = recording.blank()
    history.lost_answers([Opened(0, 0), Closed(recording.row(State.APPROVED)), Fenced()])
    counted = stakes(history)
    assert counted["death between open and send"] == 1
    assert counted["death between close and answer"] == 1


def test_a_world_in_a_storm_has_much_at_stake() -> None:
    assert sum(number > 0 for number in stakes(recording.world(0)).values()) >= 8
