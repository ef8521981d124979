"""What is kept of a terminal: its debts by STAN, the newest first, and nothing of it printed."""

from __future__ import annotations

from simulators.conformance.judging.station import Asked, Owed, Station
from simulators.conformance.rules.model import Answer
from tests.simulators.conformance import frames
from tests.simulators.conformance.judging.talking import heard, new_host, signed_on


def _owed(answer: Answer, code: str = "00") -> Owed:
    asked = Asked(
        heard=heard(frames.WITHDRAWAL), at_ns=0, case="c", answer=answer, code=code,
        is_reversible=True,
    )  # fmt: skip
    return Owed(asked=asked, reasons=("98",), answer=Answer())


def test_the_newest_debt_of_a_stan_counts() -> None:
    station = Station("1")
    old, new = _owed(Answer(kind="none")), _owed(Answer(kind="late", after_s=65))
    old.is_ended = True
    station.owed = [old, new]
    assert station.owing("000002") is new
    assert station.owing("000009") is None
    assert station.open_debts() == [new]


def test_a_cause_is_the_code_of_a_refusal_or_the_kind_of_answer() -> None:
    assert _owed(Answer(kind="decline", code="98"), "98").cause == "98"
    assert _owed(Answer(kind="none")).cause == "none"
    assert _owed(Answer()).cause == "approve"


def test_keys_are_not_printed() -> None:
    station = signed_on(new_host())
    assert frames.MAK.hex().upper() not in repr(station.keys).upper()
