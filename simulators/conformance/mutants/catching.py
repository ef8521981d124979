"""Whether the suite catches a mutant, and nothing but it (simulators/conformance).

A mutant is caught when the requirement that it names fails and no other one does, but for the
consequences that it lists.
"""

from __future__ import annotations

import msgspec

from simulators.conformance.driving.trial import Trial, run
from simulators.conformance.mutants.model import Mutant


class Caught(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a mutant: what failed, and what should not have."""

    mutant: Mutant
    failed: frozenset[str]

    @property
    def is_caught(self) -> bool:
        """Whether its requirement failed."""
        return self.mutant.breaks in self.failed

    @property
    def surplus(self) -> frozenset[str]:
        """What failed beside its requirement and the allowed consequences."""
        return self.failed - {self.mutant.breaks, *self.mutant.also}


def judge_mutant(mutant: Mutant) -> Caught:
    """Run a mutant through its cases."""
    trial = Trial(parts=mutant.parts, cases=mutant.cases, is_composite=mutant.is_composite)
    ran = run(trial)
    return Caught(mutant=mutant, failed=frozenset(ran.host.tally.failed()))
