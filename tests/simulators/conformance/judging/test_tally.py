"""Judgements become verdicts of the requirements that they speak of."""

from __future__ import annotations

from simulators.conformance.judging.tally import MOST_KEPT, Tally
from simulators.conformance.rules.model import Requirement
from simulators.conformance.rules.vocabulary import Judgement


def _requirement(name: str, **where: list[str]) -> Requirement:
    return Requirement(id=name, area="", en="", zh="", source="", check="mac", where=where)


def _judgement(ok: bool, key: str) -> Judgement:
    return Judgement(check="mac", ok=ok, about={"key": key}, field="64")


def test_one_failure_is_enough_and_nothing_seen_is_open() -> None:
    tally = Tally([_requirement("A-01", key=["current"]), _requirement("A-02", key=["older"])])
    assert tally.verdicts() == {"A-01": "open", "A-02": "open"}
    tally.count(tally.of(_judgement(True, "current")), 1, "t", "c")
    assert tally.verdicts() == {"A-01": "pass", "A-02": "open"}
    failures = tally.count(tally.of(_judgement(False, "older")), 2, "t", "c")
    assert [(f.requirement, f.record, f.case) for f in failures] == [("A-02", 2, "c")]
    tally.count(tally.of(_judgement(True, "older")), 3, "t", "c")
    assert tally.failed() == {"A-02"}


def test_failures_that_are_kept_are_limited() -> None:
    tally = Tally([_requirement("A-01")])
    for number in range(2 * MOST_KEPT):
        tally.count(tally.of(_judgement(False, "x")), number, "t", "c")
    assert len(tally.failures) == MOST_KEPT
    assert tally.scores["A-01"].broken == 2 * MOST_KEPT
