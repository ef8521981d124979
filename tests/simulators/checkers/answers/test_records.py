"""No answer without its ledger record, and none before it."""

from __future__ import annotations

import pytest

from simulators.checkers.answers.records import check
from switch.core.operations import Operation, SignOn
from switch.core.outcomes import (
    Closed,
    NothingToReverse,
    OriginalNotFound,
    Outcome,
    ReversalQueued,
    SessionIs,
)
from switch.core.transaction import State
from tests.simulators import recording
from tests.simulators.recording import RRN
from tests.switch.ledger import making

_ROW = recording.row(State.APPROVED)


def test_the_planted_bug_is_seen() -> None:
    assert recording.sees(check, "early-answer")


def test_healthy_worlds_keep_the_promise() -> None:
    assert recording.is_content(check)


@pytest.mark.parametrize(
    ("mti", "fields", "operation", "outcome"),
    [
        ("0210", {37: RRN, 39: "00"}, making.closing(1), Closed(_ROW)),
        ("0410", {39: "00"}, making.reversing(1), ReversalQueued(_ROW, is_first=True)),
        ("0410", {39: "00"}, making.reversing(1), NothingToReverse(_ROW)),
        ("0410", {39: "25"}, making.reversing(1), OriginalNotFound()),
        ("0810", {39: "00"}, SignOn(1, "50010001", b""), SessionIs(None)),
    ],
)
def test_an_answer_before_its_record_is_seen(
    mti: str, fields: dict[int, str], operation: Operation, outcome: Outcome
) -> None:
    early, late = recording.blank(), recording.blank()
    recording.told(early, mti, fields)
    recording.applied(early, operation, outcome)
    recording.applied(late, operation, outcome)
    recording.told(late, mti, fields)
    assert len(list(check(early))) == 1
    assert not list(check(late))


def test_a_refusal_needs_no_record() -> None:
    history = recording.blank()
    recording.told(history, "0210", {37: RRN, 39: "61"})
    recording.told(history, "0410", {39: "A0"})
    assert not list(check(history))
