"""Mutants of conduct are our terminal but for one method."""

from __future__ import annotations

from simulators.conformance.driving.driver import HEALTHY
from simulators.conformance.driving.trial import Trial, run
from simulators.conformance.mutants.by_conduct import CONDUCT_MUTANTS
from simulators.conformance.rules.reading import packaged_suite

_BY_ID = {mutant.id: mutant for mutant in CONDUCT_MUTANTS}


def test_a_terminal_that_keeps_its_batch_says_its_own_number() -> None:
    ran = run(Trial(parts=_BY_ID["batch-not-adopted"].parts, cases=("withdrawal",)))
    batches = {n.heard.get("60.2") for n in ran.notes if n.heard and n.heard.mti == "0200"}
    assert batches == {"000001"}


def test_every_one_has_a_seam_and_names_requirements_that_are_there() -> None:
    known = {r.id for r in packaged_suite().requirements}
    for mutant in CONDUCT_MUTANTS:
        assert mutant.parts is not HEALTHY
        assert {mutant.breaks, *mutant.also} <= known
