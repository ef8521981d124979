"""The case of a message is told from the message."""

from __future__ import annotations

from simulators.conformance.judging import recognition
from simulators.conformance.judging.happenings import Received
from simulators.conformance.mutants.places import swap
from tests.simulators.conformance import frames
from tests.simulators.conformance.judging.talking import AT, heard, new_host, ready, signed_on


def _with_amount(yuan: int) -> bytes:
    body = swap(frames.WITHDRAWAL[13:], 4, bytes.fromhex(f"{yuan * 100:012d}"))
    return frames.WITHDRAWAL[:13] + body


def test_the_amount_tells_cases_apart_once_their_conditions_hold() -> None:
    host = new_host()
    station = signed_on(host)
    station.progress["sign-on"].state = "done"
    for yuan, name in ((500, "withdrawal"), (600, "no-answer"), (740, "cut")):
        case = recognition.case_of(host.suite, station, heard(_with_amount(yuan)))
        assert case is not None
        assert case.id == name
    assert recognition.case_of(host.suite, station, heard(_with_amount(100))) is None


def test_a_withdrawal_that_is_sent_as_something_else_still_belongs_to_its_case() -> None:
    host = ready()
    body = swap(_with_amount(500)[13:], 60, bytes.fromhex("22000002000600"))
    body = swap(body, 3, bytes(3))
    host.handle(Received(1, frames.WITHDRAWAL[:13] + body), AT)
    assert "DED-01" in host.tally.failed()


def test_a_sign_on_that_another_case_asks_for_gets_good_keys() -> None:
    host = new_host()
    station = signed_on(host)
    station.progress["sign-on"].state = "done"
    case = recognition.case_of(host.suite, station, heard(frames.SIGN_ON))
    assert case is not None
    assert case.id == "bad-pin-key"
    station.must_sign_on = "77"
    case = recognition.case_of(host.suite, station, heard(frames.SIGN_ON))
    assert case is None or case.answer.kind == "approve"


def test_cases_done_before_stay_done() -> None:
    host = new_host()
    station = signed_on(host)
    recognition.begin(host.suite, station, {"echo"})
    assert station.progress["echo"].state == "done"
    assert station.progress["sign-on"].state == "waiting"
