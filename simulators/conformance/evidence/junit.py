"""A conformance report as JUnit XML (simulators/conformance), for whoever runs it in a build.

Requirements are test cases: a broken `must` is a failure; one that was not looked at, or is only a
`should`, is skipped with its reason.
"""

from __future__ import annotations

from collections.abc import Iterator

from simulators.conformance.evidence.report import Finding, Line, Report
from switch.report import junit as writer


def junit(report: Report) -> str:
    """Return the report as JUnit XML."""
    return writer.junit("conformance", _cases(report))


def _cases(report: Report) -> Iterator[writer.Case]:
    for line in report.lines:
        found = "; ".join(_told(each) for each in line.findings[:5])
        skipped = {"open": "no message showed it", "warn": f"should: {found}"}
        yield writer.Case(
            name=f"{line.requirement.id} {line.requirement.en}",
            group=line.requirement.area,
            failure=found if line.verdict == "fail" else "",
            skipped=skipped.get(line.verdict, ""),
        )
    for each in report.cases:
        yield writer.Case(
            name=f"{each.case.id} {each.case.en}",
            group=f"case.{each.terminal}",
            failure=f"broken: {', '.join(each.broken)}" if each.verdict == "fail" else "",
            skipped="not done" if each.verdict == "open" else "",
        )


def _told(finding: Finding) -> str:
    place = f"record {finding.record}"
    if finding.field:
        place += f", field {finding.field}"
    if finding.offset >= 0:
        place += f", byte {finding.offset}"
    return f"{place}: expected {finding.expected}, found {finding.found}"


def summary(line: Line) -> str:
    """Return one requirement in one line, for a terminal."""
    found = f": {_told(line.findings[0])}" if line.findings else ""
    return f"{line.verdict:5} {line.requirement.id}  {line.requirement.en}{found}"
