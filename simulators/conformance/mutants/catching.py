"""Whether the suite catches a mutant, and nothing but it (simulators/conformance).

A mutant is caught when the requirement that it names fails and no other one does, but for the
consequences that it lists.
"""

from __future__ import annotations

import msgspec

from simulators.conformance.driving.trial import Trial, run
from simulators.conformance.mutants.model import Mutant
from simulators.conformance.mutants.of_hosts import HostMutant
from simulators.conformance.probing.trial import run_probes


class Caught(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a mutant: what failed, and what should not have."""

    mutant: Mutant | HostMutant
    failed: frozenset[str]

    @property
    def is_caught(self) -> bool:
        """Whether its requirement failed."""
        return self.mutant.breaks in self.failed

    @property
    def surplus(self) -> frozenset[str]:
        """What failed beside its requirement and the allowed consequences."""
        return self.failed - {self.mutant.breaks, *self.mutant.also}


def judge_mutant(mutant: Mutant | HostMutant) -> Caught:
    """Run a mutant of a terminal through its cases, one of a host through the probes."""
    if isinstance(mutant, HostMutant):
        return Caught(mutant=mutant, failed=frozenset(run_probes(mutant.seams).tally.failed()))
    trial = Trial(parts=mutant.parts, cases=mutant.cases, is_composite=mutant.is_composite)
    ran = run(trial)
    return Caught(mutant=mutant, failed=frozenset(ran.host.tally.failed()))
