"""What a run found, from its records alone (simulators/conformance): verdicts by requirement, case.

The verdicts in a report are those that anybody can work out again from the evidence in it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, Literal

import msgspec

from simulators.conformance.evidence.chain import Record
from simulators.conformance.judging.host import DONE
from simulators.conformance.rules.model import Case, Requirement, Suite
from simulators.conformance.rules.reading import Questionnaire

Verdict = Literal["pass", "fail", "warn", "open"]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One broken requirement in one record."""

    record: int
    terminal: str
    case: str
    field: str
    offset: int
    expected: str
    found: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One requirement with its verdict, and the records that show it."""

    requirement: Requirement
    verdict: Verdict
    kept_in: int
    findings: tuple[Finding, ...]
    count: int
    """How often it was kept."""


class CaseLine(msgspec.Struct, frozen=True, kw_only=True):
    """One case of one terminal: `pass`, `fail`, or `open` where it was not done."""

    case: Case
    terminal: str
    verdict: Verdict
    broken: tuple[str, ...]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A whole run, told from its records."""

    start: Record
    lines: tuple[Line, ...]
    cases: tuple[CaseLine, ...]
    records: Sequence[Record]
    is_ended: bool

    @property
    def verdict(self) -> Verdict:
        """Fail by one broken `must`; open where cases were left out; else pass.

        A pass of chosen cases is one of these alone, which its sentence says.
        """
        if any(line.verdict == "fail" for line in self.lines):
            return "fail"
        if not self.cases or any(case.verdict == "open" for case in self.cases):
            return "open"
        # Nothing broken is no verdict where nothing was looked at.
        return "pass" if self.count("pass") else "open"

    def count(self, verdict: Verdict) -> int:
        """Return how many requirements have a verdict."""
        return sum(line.verdict == verdict for line in self.lines)

    @property
    def sentence(self) -> str:
        """The outcome in one sentence."""
        failed, done = self.count("fail"), sum(c.verdict != "open" for c in self.cases)
        words = {
            "pass": (
                f"nothing broken in the cases chosen ({done}); {self.count('open')} requirements "
                "not judged"
                if self.start.get("chosen")
                else f"conforms: {self.count('pass')} requirements kept in {done} cases"
            ),
            "fail": f"does not conform: {failed} of {len(self.lines)} requirements broken",
            "open": f"not finished: {done} of {len(self.cases)} cases done, nothing broken so far",
        }
        return words[self.verdict]


def suite_digest(suite: Suite) -> str:
    """Return what names a set of requirements and cases: a hash of all they say."""
    return sha256(msgspec.json.encode(suite)).hexdigest()


def start_record(suite: Suite, answers: Questionnaire, told: Mapping[str, Any]) -> Record:
    """Return the first record of a run: what it is about."""
    return {
        "n": 1,
        "what": "start",
        "format": 1,
        "kind": "conformance-evidence",
        "suite": suite_digest(suite),
        "cases": [case.id for case in suite.cases],
        "answers": json.loads(msgspec.json.encode(answers)),
        **told,
    }


def report_of(suite: Suite, records: Sequence[Record]) -> Report:
    """Return the report that records make."""
    kept: dict[str, int] = {}
    first: dict[str, int] = {}
    broken: dict[str, list[Finding]] = {}
    by_case: dict[tuple[str, str], set[str]] = {}
    done: set[tuple[str, str]] = set()
    for record in records:
        number, terminal = int(record["n"]), str(record.get("terminal", ""))
        for name in record.get("kept", ()):
            kept[name] = kept.get(name, 0) + 1
            first.setdefault(name, number)
        for each in record.get("broken", ()):
            finding = _finding(each, record)
            broken.setdefault(each["requirement"], []).append(finding)
            by_case.setdefault((terminal, finding.case), set()).add(each["requirement"])
        if record.get("words") == DONE:
            done.add((terminal, str(record.get("case", ""))))
    requirements = (*suite.requirements, *_strangers(suite, broken))
    lines = tuple(
        Line(
            requirement=requirement,
            verdict=_verdict(requirement, kept.get(requirement.id, 0), requirement.id in broken),
            kept_in=first.get(requirement.id, 0),
            findings=tuple(broken.get(requirement.id, ())),
            count=kept.get(requirement.id, 0),
        )
        for requirement in requirements
    )
    musts = {r.id for r in requirements if r.level == "must"}
    terminals = sorted(_terminals(records))
    cases = tuple(
        _case_line(case, terminal, (terminal, case.id) in done, by_case, musts)
        for terminal in terminals
        for case in suite.cases
    )
    return Report(
        start=records[0] if records else {},
        lines=lines,
        cases=cases,
        records=records,
        is_ended=bool(records) and records[-1].get("what") == "end",
    )


def _strangers(suite: Suite, broken: Iterable[str]) -> Iterator[Requirement]:
    """Yield what was broken and is not at hand: it is broken all the same."""
    known = {requirement.id for requirement in suite.requirements}
    for name in sorted(set(broken) - known):
        yield Requirement(
            id=name,
            area="unknown",
            en="A requirement that is not among those at hand.",
            zh="不在现有要求之中的要求。",
            source="",
            check="",
        )


def _terminals(records: Sequence[Record]) -> set[str]:
    return {
        str(record["terminal"])
        for record in records
        if record.get("what") in {"received", "sent"} and "fields" in record
    }


def _finding(each: Mapping[str, Any], record: Mapping[str, Any]) -> Finding:
    return Finding(
        record=int(record["n"]),
        terminal=str(record.get("terminal", "")),
        case=str(each.get("case") or record.get("case", "")),
        field=str(each.get("field", "")),
        offset=int(each.get("offset", -1)),
        expected=str(each.get("expected", "")),
        found=str(each.get("found", "")),
    )


def _verdict(requirement: Requirement, kept: int, is_broken: bool) -> Verdict:  # noqa: FBT001
    if is_broken:
        return "fail" if requirement.level == "must" else "warn"
    return "pass" if kept else "open"


def _case_line(
    case: Case,
    terminal: str,
    is_done: bool,  # noqa: FBT001 - as it was found
    by_case: Mapping[tuple[str, str], set[str]],
    musts: set[str],
) -> CaseLine:
    broken = by_case.get((terminal, case.id), set())
    verdict: Verdict = "pass" if is_done else "open"
    if broken:
        verdict = "fail" if broken & musts else "warn"
    return CaseLine(case=case, terminal=terminal, verdict=verdict, broken=tuple(sorted(broken)))


def plain(report: Report) -> dict[str, Any]:
    """Return a report as plain values, for JSON: verdicts, and the evidence with its chain."""
    return {
        "format": 1,
        "kind": "conformance-report",
        "verdict": report.verdict,
        "sentence": report.sentence,
        "requirements": [_plain_line(line) for line in report.lines],
        "cases": [
            {
                "case": each.case.id,
                "terminal": each.terminal,
                "verdict": each.verdict,
                "broken": list(each.broken),
            }
            for each in report.cases
        ],
        "head": report.records[-1]["hash"] if report.records else "",
        "records": list(report.records),
    }


def _plain_line(line: Line) -> dict[str, Any]:
    requirement = line.requirement
    return {
        "requirement": requirement.id,
        "level": requirement.level,
        "en": requirement.en,
        "zh": requirement.zh,
        "source": requirement.source,
        "verdict": line.verdict,
        "kept": line.count,
        "findings": [json.loads(msgspec.json.encode(finding)) for finding in line.findings],
    }
