"""The evidence of a run on disk (switch/cli): appended record by record, so that nothing is lost.

A run that was broken off goes on from its evidence; reports are made from the evidence alone.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, Final

import msgspec

from simulators.conformance.evidence.chain import (
    Chain,
    EvidenceError,
    Record,
    first_altered,
    read_records,
)
from simulators.conformance.evidence.junit import junit
from simulators.conformance.evidence.page import page
from simulators.conformance.evidence.records import Recorder, when
from simulators.conformance.evidence.report import (
    Report,
    plain,
    report_of,
    start_record,
    suite_digest,
)
from simulators.conformance.judging.happenings import Note
from simulators.conformance.judging.host import DONE, Host, Setup
from simulators.conformance.rules.model import Suite
from simulators.conformance.rules.reading import Questionnaire
from switch.cli.outcome import BAD, note, stop

EVIDENCE: Final = "evidence.jsonl"
_SAME: Final = {
    "role": "another role",
    "answers": "other answers",
    "suite": "other requirements or cases (--rules, --case, --outer)",
    "chosen": "other cases (--case)",
}
"""What a run that goes on has as it had, and how it is told where not."""


class Keeper:
    """Keeps the records of one run, in a folder where one is given.

    Nothing is written before there is something to keep, and what is there is never written over.
    """

    def __init__(self, setup: Setup, folder: Path | None, told: dict[str, Any]) -> None:
        """Know what the run is about; status 2 where a folder has the evidence of another run."""
        self._setup = setup
        self._told = told
        self._recorder = Recorder(setup.dialects)
        self._chain = Chain()
        self.records: list[Record] = []
        self._folder = folder
        self._goes_on = False

    @property
    def head(self) -> str:
        """The hash of the last record."""
        return self._chain.head

    def resume(self, host: Host, before: list[Record]) -> None:
        """Go on from the records of a run that was broken off; status 2 where it was another."""
        start = start_record(self._setup.suite, self._setup.answers, self._told)
        for name, words in _SAME.items():
            if before[0].get(name) != start.get(name):
                stop(f"--resume: {self._folder}: that run had {words}; give what it was given")
        self.records = list(before)
        self._chain = Chain(str(before[-1]["hash"]))
        self._goes_on = True
        for record in before:
            if record.get("words") == DONE:
                host.finished.setdefault(str(record["terminal"]), set()).add(str(record["case"]))
        host.records = len(self.records)

    def begin(self) -> None:
        """Begin the evidence with what the run is about, or go on with it; once."""
        if self._goes_on and self._folder is not None:
            mend(self._folder, self.records)
        self._goes_on = False
        if not self.records:
            if self._folder is not None:
                unused(self._folder)
            at = {"at": when(time.time_ns() // 1_000_000)}
            self._keep(start_record(self._setup.suite, self._setup.answers, {**at, **self._told}))

    def note(self, note: Note) -> Record:
        """Keep what the core noted."""
        self.begin()
        return self._keep(self._recorder.record(note))

    def end(self) -> Report:
        """Keep the end of the run; return its report."""
        self.begin()
        report = report_of(self._setup.suite, self.records)
        verdicts = {line.requirement.id: line.verdict for line in report.lines}
        self._keep({"what": "end", "verdict": report.verdict, "verdicts": verdicts})
        return report_of(self._setup.suite, self.records)

    def _keep(self, record: dict[str, Any]) -> Record:
        sealed = self._chain.seal({**record, "n": len(self.records) + 1})
        self.records.append(sealed)
        if self._folder is not None:
            path = self._folder / EVIDENCE
            try:
                with path.open("a", encoding="utf-8") as stream:
                    stream.write(_line(sealed))
            except OSError as error:
                stop(f"{path}: {error.strerror}")
        return sealed


def _line(record: Record) -> str:
    return json.dumps(record, ensure_ascii=False) + "\n"


def unused(folder: Path, goes_on: str = "") -> None:
    """Refuse a folder that holds the evidence of a run, which nobody wants to lose; status 2."""
    path = folder / EVIDENCE
    if path.exists() and path.stat().st_size:
        stop(f"{path}: the evidence of an earlier run; choose another folder{goes_on}")


def mend(folder: Path, records: list[Record]) -> None:
    """Have evidence end with its last whole record, where a run broke off while it wrote one."""
    path = folder / EVIDENCE
    whole = "".join(map(_line, records)).encode()
    try:
        if path.read_bytes().endswith(b"\n"):
            return
        beside = path.with_suffix(".mending")
        beside.write_bytes(whole)
        beside.replace(path)
    except OSError as error:
        stop(f"{path}: {error.strerror}")


def begun(folder: Path) -> list[Record]:
    """Return the records of a run that was broken off; status 1 where they were altered."""
    path = folder / EVIDENCE
    try:
        whole, end, last = path.read_bytes().rpartition(b"\n")
        if last and not _is_record(last):
            note(f"{path}: the last line was not written to its end, and is left out")
            last = b""
        text = (whole + end + last).decode()
        records = read_records(text, str(path)) if text else []
    except FileNotFoundError:
        return []
    except OSError as error:
        stop(f"{path}: {error.strerror}")
    except UnicodeDecodeError:
        stop(f"{path}: not UTF-8")
    except EvidenceError as error:
        stop(str(error))
    if not records:
        return []
    if complaint := first_altered(records):
        stop(f"{path}: {complaint}", 1)
    return records


def _is_record(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def suite_of(records: list[Record], suite: Suite, where: str) -> Suite:
    """Return what of a suite a run was judged by; status 2 where it was judged by another."""
    start = records[0]
    try:
        answers = msgspec.convert(start.get("answers"), Questionnaire)
        names = set(msgspec.convert(start.get("cases"), list[str]))
    except msgspec.ValidationError:
        stop(f"{where}: the first record does not say what the run was about", BAD)
    if start.get("role") != "host":
        suite = suite.selected(answers.having())
    chosen = tuple(case for case in suite.cases if case.id in names)
    suite = msgspec.structs.replace(suite, cases=chosen)
    if suite_digest(suite) != start.get("suite"):
        stop(
            f"{where}: that run was judged by other requirements or cases than these; "
            "give the --rules that it had"
        )
    return suite


def write_reports(report: Report, folder: Path) -> None:
    """Write report.json, report.html and junit.xml."""
    text = json.dumps(plain(report), ensure_ascii=False, indent=1)
    (folder / "report.json").write_text(text + "\n", encoding="utf-8")
    (folder / "report.html").write_text(page(report), encoding="utf-8")
    (folder / "junit.xml").write_text(junit(report), encoding="utf-8")
