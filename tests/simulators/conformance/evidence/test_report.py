"""Verdicts come from the records alone."""

from __future__ import annotations

import msgspec

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


def test_what_was_broken_and_is_not_known_is_broken_all_the_same() -> None:
    told = [{k: v for k, v in r.items() if k != "broken"} for r in records()]
    told[5]["broken"] = [{"requirement": "OWN-01", "field": "42"}]
    made = report_of(own_setup().suite, told)
    assert made.verdict == "fail"
    assert [line.requirement.id for line in made.lines if line.verdict == "fail"] == ["OWN-01"]


def test_nothing_broken_is_no_pass_where_nothing_was_kept() -> None:
    suite = own_setup().suite
    done = {case["case"] for case in plain(report())["cases"] if case["verdict"] == "pass"}
    few = msgspec.structs.replace(suite, cases=tuple(c for c in suite.cases if c.id in done))
    told = [{k: v for k, v in r.items() if k != "broken"} for r in records()]
    assert report_of(few, told).verdict == "pass"
    blind = [{k: v for k, v in r.items() if k != "kept"} for r in told]
    assert report_of(few, blind).verdict == "open"


def test_a_pass_of_chosen_cases_says_so() -> None:
    suite = own_setup().suite
    few = msgspec.structs.replace(
        suite, cases=tuple(c for c in suite.cases if c.id in {"sign-on", "balance"})
    )
    told = [{k: v for k, v in r.items() if k != "broken"} for r in records()]
    assert report_of(few, told).sentence.startswith("conforms: ")
    told[0] = {**told[0], "chosen": ["balance"]}
    made = report_of(few, told)
    expected = (
        f"nothing broken in the cases chosen (2); {made.count('open')} requirements not judged"
    )
    assert made.sentence == expected
