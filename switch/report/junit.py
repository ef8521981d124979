"""Verdicts as JUnit XML (switch/report), which every CI system shows: suites, cases, failures.

Text comes from wires and files: what XML cannot carry becomes a question mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from io import BytesIO
from typing import Final

import msgspec
from junitparser import Failure, JUnitXml, Skipped, TestCase, TestSuite

_UNFIT: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 does not have."""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One case: `failure` says why it failed, `skipped` why nobody asked; both empty is passed."""

    name: str
    group: str
    failure: str = ""
    skipped: str = ""
    told: str = ""
    seconds: float = 0.0


def junit(suite_name: str, cases: Iterable[Case], seconds: float = 0.0) -> str:
    """Return a suite of cases as JUnit XML."""
    suite = TestSuite(_fit(suite_name))
    for each in cases:
        case = TestCase(_fit(each.name), _fit(each.group), round(each.seconds, 3))
        if each.failure:
            case.result = [Failure(_fit(each.failure))]
        elif each.skipped:
            case.result = [Skipped(_fit(each.skipped))]
        if each.told:
            case.system_out = _fit(each.told)
        suite.add_testcase(case)
    suite.time = round(seconds, 3)
    whole = JUnitXml()
    whole.add_testsuite(suite)
    whole.time = suite.time
    written = BytesIO()
    whole.write(written, pretty=True)
    return written.getvalue().decode("utf-8")


def _fit(text: str) -> str:
    return _UNFIT.sub("?", text)
