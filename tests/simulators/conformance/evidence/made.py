"""One small run with a broken terminal, as records in a chain, for tests of the reports."""

from __future__ import annotations

from functools import cache

from simulators.conformance.driving.trial import Trial, own_setup, run
from simulators.conformance.evidence.chain import Chain, Record
from simulators.conformance.evidence.records import Recorder
from simulators.conformance.evidence.report import Report, report_of, start_record
from simulators.conformance.mutants.by_message import MESSAGE_MUTANTS


@cache
def records(mutant: str = "pan-filled-with-f") -> tuple[Record, ...]:
    """Return the records of a withdrawal and a balance inquiry by a mutant."""
    parts = next(m for m in MESSAGE_MUTANTS if m.id == mutant).parts
    setup = own_setup()
    ran = run(Trial(parts=parts, cases=("withdrawal", "balance")), setup)
    recorder, chain = Recorder(setup.dialects), Chain()
    start = start_record(setup.suite, setup.answers, {"drives": "a test"})
    made = [chain.seal(start)]
    for note in ran.notes:
        made.append(chain.seal({**recorder.record(note), "n": len(made) + 1}))
    return tuple(made)


@cache
def report() -> Report:
    """Return the report of that run."""
    return report_of(own_setup().suite, records())
