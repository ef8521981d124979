"""Verdicts come from the records alone."""

from __future__ import annotations

from simulators.conformance.driving.trial import own_setup
from simulators.conformance.evidence.report import plain, report_of, suite_digest
from tests.simulators.conformance.evidence.made import records, report


def test_a_broken_must_fails_the_run_and_its_cases() -> None:
    made = report()
    assert made.verdict == "fail"
    assert {line.requirement.id for line in made.lines if line.verdict == "fail"} == {"ENC-03"}
    verdicts = {case.case.id: case.verdict for case in made.cases}
    assert (verdicts["withdrawal"], verdicts["sign-on"], verdicts["cut"]) == (
        "fail", "pass", "open",
    )  # fmt: skip
    assert "does not conform: 1 of" in made.sentence


def test_without_findings_but_with_cases_left_it_is_open() -> None:
    clean = [{k: v for k, v in r.items() if k != "broken"} for r in records()]
    assert report_of(own_setup().suite, clean).verdict == "open"
    assert report_of(own_setup().suite, []).verdict == "open"


def test_a_broken_should_is_no_failure() -> None:
    told = [{k: v for k, v in r.items() if k != "broken"} for r in records()]
    told[5]["broken"] = [{"requirement": "STN-03", "field": "11"}]
    made = report_of(own_setup().suite, told)
    assert made.count("warn") == 1
    assert made.verdict == "open"


def test_the_plain_form_has_all_of_it() -> None:
    told = plain(report())
    assert told["verdict"] == "fail"
    assert told["head"] == records()[-1]["hash"]
    assert len(told["requirements"]) == len(report().lines)
    assert suite_digest(own_setup().suite) == records()[0]["suite"]
