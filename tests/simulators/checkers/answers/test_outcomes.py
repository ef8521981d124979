"""At most one distinct outcome per request, whoever asks and however often."""

from __future__ import annotations

import pytest

from simulators.checkers.answers.outcomes import check
from switch.core.transaction import State
from tests.simulators import recording
from tests.simulators.recording import RRN

_APPROVED = {37: RRN, 38: "123456", 39: "00"}


def test_the_planted_bug_is_seen() -> None:
    assert recording.sees(check, "double-answer")


def test_healthy_worlds_keep_the_promise() -> None:
    assert recording.is_content(check)


def test_two_codes_under_one_rrn_are_seen() -> None:
    history = recording.blank()
    recording.told(history, "0210", _APPROVED)
    recording.told(history, "0210", {37: RRN, 39: "05"})
    assert list(check(history)) == [f"{RRN} was answered 00 and 05"]


def test_the_same_answer_again_and_a_94_are_no_second_outcome() -> None:
    history = recording.blank()
    for answer in (_APPROVED, _APPROVED, {37: RRN, 39: "94"}, {37: RRN, 39: "09"}):
        recording.told(history, "0210", answer)
    assert not list(check(history))


def test_a_request_approved_under_two_rrns_is_seen() -> None:
    history = recording.blank()
    recording.told(history, "0210", _APPROVED)
    recording.told(history, "0210", {**_APPROVED, 37: "416900000002"})
    assert list(check(history)) == [
        f"50010001 000001 000001 was approved as {RRN} and 416900000002"
    ]


def test_an_approval_after_its_accepted_reversal_is_seen() -> None:
    history = recording.blank()
    recording.told(history, "0410", {37: RRN, 39: "00"})
    recording.told(history, "0210", _APPROVED)
    assert list(check(history)) == ["50010001 000001 000001 was approved after its reversal"]


def test_what_was_answered_98_and_stays_approved_is_seen() -> None:
    history = recording.ended(rows=[recording.row(State.APPROVED)])
    recording.told(history, "0210", {37: RRN, 39: "98"})
    assert list(check(history)) == [f"{RRN} was answered 98 and stays approved"]


@pytest.mark.parametrize(
    ("at_ns", "by", "is_excused"),
    [(5, "a", True), (5, "b", False), (500_000_000_000, "a", False)],
)
def test_a_process_that_died_after_its_98_cannot_have_reversed_it(
    at_ns: int, by: str, *, is_excused: bool
) -> None:
    history = recording.ended(rows=[recording.row(State.APPROVED)])
    recording.told(history, "0210", {37: RRN, 39: "98"})
    history.deaths.append((at_ns, by))
    assert bool(list(check(history))) is not is_excused
