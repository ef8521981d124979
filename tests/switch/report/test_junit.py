"""JUnit XML is read back by whoever reads it, whatever stood in the texts."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from switch.report.junit import Case, junit


def test_passed_failed_and_skipped_cases_are_counted() -> None:
    cases = [
        Case(name="good", group="g", told="所说", seconds=1.25),
        Case(name="bad", group="g", failure="39: 00, not 05"),
        Case(name="left out", group="g", skipped="not asked"),
    ]
    suite = ET.fromstring(junit("s", cases, 2.5))[0]  # noqa: S314 - our own text
    assert [suite.get(name) for name in ("name", "tests", "failures", "skipped", "time")] == [
        "s", "3", "1", "1", "2.5",
    ]  # fmt: skip
    failure = suite.find("testcase[@name='bad']/failure")
    assert failure is not None
    assert failure.get("message") == "39: 00, not 05"
    assert suite.findtext("testcase[@name='good']/system-out") == "所说"
    assert suite.find("testcase[@name='left out']/skipped") is not None


@given(st.text(max_size=40), st.text(min_size=1, max_size=40))
def test_no_text_breaks_the_file(name: str, failure: str) -> None:
    written = junit("s", [Case(name=name, group="g", failure=failure, told=name)])
    suite = ET.fromstring(written)[0]  # noqa: S314 - our own text
    assert suite.get("failures") == "1"
