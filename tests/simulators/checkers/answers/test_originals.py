"""What is taken of an original: seen when it is more than there is, whatever takes it."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from simulators.checkers.answers.originals import check
from switch.core.operations import Row, Taking
from switch.core.transaction import State
from tests.simulators import recording
from tests.switch.ledger import making

_ORIGINAL = recording.row(State.APPROVED)


def _taker(
    stan: int, kind: str, fen: int = 50_000, state: State = State.APPROVED, of: Row = _ORIGINAL
) -> Row:
    record = replace(making.record(fen), kind=kind, rrn=f"{stan:012d}")
    return recording.row(state, stan, record=record, taking=Taking(of.key, fen))


def _found(*takers: Row) -> list[str]:
    return list(check(recording.ended(rows=[_ORIGINAL, *takers])))


def test_the_planted_bug_is_seen() -> None:
    assert recording.sees(check, "taken-again")


def test_healthy_worlds_keep_the_promise() -> None:
    assert recording.is_content(check)


def test_refunds_may_take_all_and_not_a_fen_more() -> None:
    first = _taker(2, "refund", 30_000)
    assert not _found(first, _taker(3, "refund", 20_000))
    said = f"000000000002, 000000000003 took 50001 fen of {recording.RRN}, which has 50000"
    assert _found(first, _taker(3, "refund", 20_001)) == [said]


@pytest.mark.parametrize("kind", ["sale_void", "completion", "refund"])
def test_a_void_takes_all_of_it_whatever_it_says(kind: str) -> None:
    void = _taker(2, "sale_void", 1)
    assert not _found(void)
    assert _found(void, _taker(3, kind, 1))


@pytest.mark.parametrize("state", [State.REVERSED, State.DECLINED, State.UNSENT])
def test_what_does_not_stand_takes_nothing(state: State) -> None:
    assert not _found(_taker(2, "sale_void"), _taker(3, "refund", state=state))


def test_a_voided_completion_leaves_its_original_to_another() -> None:
    first = _taker(2, "completion")
    assert _found(first, _taker(3, "completion"))
    void = _taker(4, "completion_void", of=first)
    assert not _found(first, void, _taker(3, "completion"))


def test_what_takes_of_nothing_is_seen() -> None:
    history = recording.ended(rows=[_taker(2, "refund")])
    assert list(check(history)) == ["000000000002 takes of nothing"]
