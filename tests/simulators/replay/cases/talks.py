"""Conversations for the tests: our terminal and the host that judges, as a trace has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from messages.dialects.loader import load_dialect
from simulators.conformance.driving.driver import HEALTHY, Parts
from simulators.conformance.driving.trial import Ran, Trial, own_setup, run
from simulators.conformance.judging.happenings import Note
from simulators.conformance.rules.model import Suite
from simulators.conformance.rules.reading import packaged_suite, with_files
from simulators.replay.again.rules import load_rules
from simulators.replay.cases.conversation import Conversation
from simulators.replay.cases.of_terminals import cases_of
from simulators.replay.trace.form import Frame
from tests.simulators.replay.days import Raw, frames

DIALECTS = (load_dialect("pos"), load_dialect("composite"))
VOLATILE = load_rules("").volatile
_PREFIX = 2


def ran(cases: Sequence[str] = (), parts: Parts = HEALTHY, suite: Suite | None = None) -> Ran:
    """Run cases with our terminal, on virtual time."""
    return run(Trial(cases=tuple(cases), parts=parts), own_setup(suite))


def trace_of(notes: Iterable[Note], asks: str = "received") -> list[Frame]:
    """Return what was noted as a trace has it, clean; `asks` is what a request was to the noter."""
    raws = [
        Raw(
            note.at.utc_ms * 1_000 + note.number,
            "terminal",
            "terminal",
            "switch" if note.what == asks else "peer",
            note.frame[_PREFIX:],
        )
        for note in notes
        if note.frame
    ]
    return frames(raws)


def talk(*cases: str) -> Conversation:
    """Return what a trace teaches of these cases."""
    return Conversation(DIALECTS, {}).of(trace_of(ran(cases).notes))


def suite_of(told: Conversation, folder: Path) -> Suite:
    """Return the suite with the cases that a conversation teaches, and no others."""
    path = folder / "cases.toml"
    path.write_text(cases_of(told, "tuesday", VOLATILE), encoding="utf-8")
    return with_files(packaged_suite(), [str(path)])
