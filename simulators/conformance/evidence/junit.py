"""JUnit XML of a conformance report (simulators/conformance), for whoever runs it in a build.

Requirements are test cases: a broken `must` is a failure; one that was not looked at, or is only a
`should`, is skipped with its reason.
"""

from __future__ import annotations

from junitparser import Failure, JUnitXml, Skipped, TestCase, TestSuite

from simulators.conformance.evidence.report import Finding, Line, Report


def junit(report: Report) -> str:
    """Return the report as JUnit XML."""
    suite = TestSuite("conformance")
    for line in report.lines:
        case = TestCase(f"{line.requirement.id} {line.requirement.en}", line.requirement.area)
        if line.verdict == "fail":
            case.result = [Failure("; ".join(_clean(_told(each)) for each in line.findings[:5]))]
        elif line.verdict == "warn":
            case.result = [Skipped(f"should: {_clean(_told(line.findings[0]))}")]
        elif line.verdict == "open":
            case.result = [Skipped("no message showed it")]
        suite.add_testcase(case)
    for each in report.cases:
        case = TestCase(f"{each.case.id} {each.case.en}", f"case.{each.terminal}")
        if each.verdict == "fail":
            case.result = [Failure(f"broken: {', '.join(each.broken)}")]
        elif each.verdict == "open":
            case.result = [Skipped("not done")]
        suite.add_testcase(case)
    xml = JUnitXml()
    xml.add_testsuite(suite)
    xml.update_statistics()  # type: ignore[no-untyped-call]
    text: bytes = xml.tostring()  # type: ignore[no-untyped-call]
    return text.decode("utf-8")


def _told(finding: Finding) -> str:
    place = f"record {finding.record}"
    if finding.field:
        place += f", field {finding.field}"
    if finding.offset >= 0:
        place += f", byte {finding.offset}"
    return f"{place}: expected {finding.expected}, found {finding.found}"


def _clean(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)


def summary(line: Line) -> str:
    """Return one requirement in one line, for a terminal."""
    found = f": {_told(line.findings[0])}" if line.findings else ""
    return f"{line.verdict:5} {line.requirement.id}  {line.requirement.en}{found}"
