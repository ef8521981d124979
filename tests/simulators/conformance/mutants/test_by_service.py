"""Mutants of composite terminals do in DE 62 what their sentence says."""

from __future__ import annotations

from simulators.conformance.driving.trial import Trial, run
from simulators.conformance.mutants.by_service import SERVICE_MUTANTS
from simulators.conformance.rules.reading import packaged_suite

_BY_ID = {mutant.id: mutant for mutant in SERVICE_MUTANTS}


def test_a_bill_of_the_terminals_own_is_in_its_payment() -> None:
    mutant = _BY_ID["own-bill-number"]
    ran = run(Trial(parts=mutant.parts, cases=mutant.cases, is_composite=True))
    (payment,) = (n.heard for n in ran.notes if n.heard and n.heard.transaction == "social_payment")
    assert payment.get("62.S5") == "T0000001"


def test_every_requirement_of_social_services_has_one() -> None:
    social = {r.id for r in packaged_suite().requirements if r.area == "social"}
    assert {mutant.breaks for mutant in SERVICE_MUTANTS} == social
    assert all(mutant.is_composite for mutant in SERVICE_MUTANTS)
