"""The trial of probes is the same whenever it is run."""

from __future__ import annotations

from simulators.conformance.probing.plain_host import Seams
from simulators.conformance.probing.trial import run_probes


def test_it_ends_and_is_the_same_again() -> None:
    one, other = run_probes(), run_probes()
    assert [n.at for n in one.notes] == [n.at for n in other.notes]
    assert one.tally.verdicts() == other.tally.verdicts()


def test_a_silent_host_ends_it_too() -> None:
    prober = run_probes(Seams(frame=lambda _frame, _heard: b""))
    assert prober.is_done
    assert "HST-01" in prober.tally.failed()
