"""Every host mutant is caught by the requirement that it names, and nothing else fails."""

from __future__ import annotations

import pytest

from simulators.conformance.mutants.of_hosts import HOST_MUTANTS, HostMutant
from simulators.conformance.probing.trial import run_probes
from simulators.conformance.rules.reading import host_requirements


@pytest.mark.parametrize("mutant", HOST_MUTANTS, ids=lambda mutant: mutant.id)
def test_a_host_mutant_fails_what_it_names_and_nothing_else(mutant: HostMutant) -> None:
    assert run_probes(mutant.seams).tally.failed() == {mutant.breaks, *mutant.also}


def test_every_requirement_of_hosts_has_a_mutant() -> None:
    assert {m.breaks for m in HOST_MUTANTS} == {r.id for r in host_requirements()}
