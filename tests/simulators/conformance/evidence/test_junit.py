"""The JUnit file is one that its own library reads back, with a failure for each broken must."""

from __future__ import annotations

from junitparser import JUnitXml

from simulators.conformance.evidence.junit import junit, summary
from tests.simulators.conformance.evidence.made import report


def test_it_counts_failures_and_what_was_skipped() -> None:
    read = JUnitXml.fromstring(junit(report()).encode())
    made = report()
    failed_cases = sum(case.verdict == "fail" for case in made.cases)
    assert read.failures == made.count("fail") + failed_cases
    open_cases = sum(case.verdict == "open" for case in made.cases)
    assert read.skipped == made.count("open") + open_cases
    assert read.tests == len(made.lines) + len(made.cases)


def test_a_line_says_where_and_what() -> None:
    line = next(line for line in report().lines if line.verdict == "fail")
    told = summary(line)
    assert "ENC-03" in told
    assert "field 2, byte" in told
