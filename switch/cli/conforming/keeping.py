"""The evidence of a run on disk (switch/cli): appended record by record, so that nothing is lost.

A run that was broken off goes on from its evidence; reports are made from the evidence alone.
"""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, Final

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
from simulators.conformance.evidence.report import Report, plain, report_of, start_record
from simulators.conformance.judging.happenings import Note
from simulators.conformance.judging.host import DONE, Host, Setup
from switch.cli.outcome import stop

EVIDENCE: Final = "evidence.jsonl"


class Keeper:
    """Keeps the records of one run, in a folder where one is given."""

    def __init__(self, setup: Setup, folder: Path | None, told: dict[str, Any]) -> None:
        """Begin the evidence with what the run is about; OSError where it cannot be written."""
        self._setup = setup
        self._recorder = Recorder(setup.dialects)
        self._chain = Chain()
        self.records: list[Record] = []
        self._path = folder / EVIDENCE if folder is not None else None
        if self._path is not None:
            self._path.write_bytes(b"")
        begun_at = {"at": when(time.time_ns() // 1_000_000)}
        self._keep(start_record(setup.suite, setup.answers, {**begun_at, **told}))

    @property
    def head(self) -> str:
        """The hash of the last record."""
        return self._chain.head

    def resume(self, host: Host, before: list[Record]) -> None:
        """Go on from the records of a run that was broken off."""
        self.records.clear()
        self._chain = Chain()
        if self._path is not None:
            self._path.write_bytes(b"")
        for record in before:
            if record.get("what") != "end":
                self._keep({k: v for k, v in record.items() if k not in {"hash", "previous"}})
            if record.get("words") == DONE:
                host.finished.setdefault(str(record["terminal"]), set()).add(str(record["case"]))
        host.records = len(self.records)

    def note(self, note: Note) -> Record:
        """Keep what the core noted."""
        return self._keep(self._recorder.record(note))

    def end(self) -> Report:
        """Keep the end of the run; return its report."""
        report = report_of(self._setup.suite, self.records)
        verdicts = {line.requirement.id: line.verdict for line in report.lines}
        self._keep({"what": "end", "verdict": report.verdict, "verdicts": verdicts})
        return report_of(self._setup.suite, self.records)

    def _keep(self, record: dict[str, Any]) -> Record:
        sealed = self._chain.seal({**record, "n": len(self.records) + 1})
        self.records.append(sealed)
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(sealed, ensure_ascii=False) + "\n")
        return sealed


def begun(folder: Path) -> list[Record]:
    """Return the records of a run that was broken off; status 1 where they were altered."""
    path = folder / EVIDENCE
    try:
        records = read_records(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        return []
    except (OSError, UnicodeDecodeError, EvidenceError) as error:
        stop(f"{path}: {error}")
    if complaint := first_altered(records):
        stop(f"{path}: {complaint}", 1)
    return records


def write_reports(report: Report, folder: Path) -> None:
    """Write report.json, report.html and junit.xml."""
    text = json.dumps(plain(report), ensure_ascii=False, indent=1)
    (folder / "report.json").write_text(text + "\n", encoding="utf-8")
    (folder / "report.html").write_text(page(report), encoding="utf-8")
    (folder / "junit.xml").write_text(junit(report), encoding="utf-8")
