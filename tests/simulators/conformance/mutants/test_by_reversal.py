"""Mutants of reversals are our terminal but for one method or habit."""

from __future__ import annotations

from simulators.conformance.driving.driver import HEALTHY
from simulators.conformance.driving.trial import Trial, run
from simulators.conformance.mutants.by_reversal import REVERSAL_MUTANTS
from simulators.conformance.rules.reading import packaged_suite

_BY_ID = {mutant.id: mutant for mutant in REVERSAL_MUTANTS}


def test_the_fourth_try_is_a_fourth_frame() -> None:
    ran = run(Trial(parts=_BY_ID["fourth-try"].parts, cases=("reversal-unanswered",)))
    tries = [n for n in ran.notes if n.heard is not None and n.heard.kind == "reversal"]
    assert len(tries) == 4


def test_every_one_has_a_seam_and_names_requirements_that_are_there() -> None:
    known = {r.id for r in packaged_suite().requirements}
    for mutant in REVERSAL_MUTANTS:
        assert mutant.parts is not HEALTHY
        assert {mutant.breaks, *mutant.also} <= known
