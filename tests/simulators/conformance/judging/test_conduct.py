"""What follows what: early repeats, skipped reversals, sign-ons that do not come."""

from __future__ import annotations

from simulators.conformance.judging import conduct
from simulators.conformance.judging.station import Asked, Owed, Station
from simulators.conformance.rules.model import Answer
from tests.simulators.conformance import frames
from tests.simulators.conformance.judging.talking import heard, new_host, signed_on

_S = 1_000_000_000


def _asked(answer: Answer, code: str = "00") -> Asked:
    return Asked(
        heard=heard(frames.WITHDRAWAL), at_ns=0, case="case", answer=answer, code=code,
        is_reversible=True,
    )  # fmt: skip


def _station(answer: Answer, code: str = "00", *, answered: bool = False) -> Station:
    station = signed_on(new_host())
    asked = _asked(answer, code)
    asked.answered_ns = 1 if answered else None
    station.out = station.last = asked
    if asked.cause in conduct.REASONS:
        reasons = conduct.REASONS[asked.cause]
        station.owed = [Owed(asked=asked, reasons=reasons, answer=Answer())]
    return station


def _judged(station: Station, frame: bytes, at_s: float) -> dict[tuple[str, str], bool]:
    found = conduct.judge_conduct(station, heard(frame), int(at_s * _S), 60)
    return {(j.check, j.about.get("cause", "")): j.ok for j in found}


def test_a_reversal_after_its_time_is_right_and_one_before_is_not() -> None:
    late = _judged(_station(Answer(kind="none")), frames.REVERSAL, 60)
    assert late["waits", "reversal"]
    assert late["reversed", "none"]
    assert late["reversal-reason", "none"]
    early = _judged(_station(Answer(kind="none")), frames.REVERSAL, 5)
    assert not early["waits", "reversal"]


def test_the_same_bytes_again_are_a_repeat_and_no_reused_number() -> None:
    found = _judged(_station(Answer(kind="none")), frames.WITHDRAWAL, 5)
    assert not found["waits", "repeat"]
    assert ("stan-new", "") not in found


def test_a_transaction_before_the_reversal_that_is_owed_is_found_and_a_sign_on_is_not() -> None:
    assert not _judged(_station(Answer(kind="none")), frames.BALANCE, 61)["reversed-first", "none"]
    assert ("reversed-first", "none") not in _judged(
        _station(Answer(kind="none")), frames.SIGN_ON, 61
    )


def test_two_transactions_later_the_reversal_is_given_up() -> None:
    station = _station(Answer(kind="none"))
    _judged(station, frames.BALANCE, 61)
    assert not _judged(station, frames.BALANCE, 62)["reversed", "none"]
    assert not station.open_debts()


def test_an_answer_that_was_good_is_taken_unless_it_is_reversed() -> None:
    assert _judged(_station(Answer(), answered=True), frames.BALANCE, 5)["answer-taken", "approve"]
    found = _judged(_station(Answer(), answered=True), frames.REVERSAL, 5)
    assert not found["answer-taken", "approve"]


def test_after_77_the_next_must_be_a_sign_on() -> None:
    station = _station(Answer(kind="decline", code="77"), "77", answered=True)
    station.must_sign_on = "77"
    assert not _judged(station, frames.BALANCE, 5)["sign-on-after", "77"]
    station.must_sign_on = "77"
    assert _judged(station, frames.SIGN_ON, 6)["sign-on-after", "77"]
    assert not station.must_sign_on


def test_a_number_that_was_used_is_found() -> None:
    station = signed_on(new_host())
    station.remember_stan("000003")
    found = conduct.judge_conduct(station, heard(frames.BALANCE), 0, 60)
    assert [j.ok for j in found if j.check == "stan-new"] == [False]


def test_what_never_came_is_told_at_the_end() -> None:
    (judgement,) = conduct.at_the_end(_station(Answer(kind="none")))
    assert (judgement.check, judgement.ok, judgement.about["case"]) == ("reversed", False, "case")
