"""Every mutant is caught by the requirement that it names, and nothing outside its list fails."""

from __future__ import annotations

import pytest

from simulators.conformance.mutants.catching import Caught, judge_mutant
from simulators.conformance.mutants.model import Mutant
from simulators.conformance.mutants.table import EVERY, HAND, MUTANTS
from simulators.conformance.rules.reading import packaged_suite


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.id)
def test_a_mutant_fails_what_it_names_and_nothing_else(mutant: Mutant) -> None:
    caught = judge_mutant(mutant)
    assert caught.is_caught, f"{mutant.id}: {mutant.breaks} did not fail"
    assert not caught.surplus
    if mutant.origin != "dialect":
        # A consequence that never comes would only make the list longer than the truth.
        assert caught.failed == {mutant.breaks, *mutant.also}


def test_every_requirement_has_a_mutant_or_says_why_not() -> None:
    tripped = {mutant.breaks for mutant in HAND}
    for requirement in packaged_suite().requirements:
        assert (requirement.id in tripped) != bool(requirement.unproven), requirement.id


def test_there_are_at_least_40_by_hand_and_each_has_its_name() -> None:
    assert len(HAND) >= 40
    assert len({mutant.id for mutant in EVERY}) == len(EVERY) > len(MUTANTS)


def test_what_was_missed_and_what_was_too_much_are_told() -> None:
    mutant = Mutant(id="m", en="does something", breaks="MAC-01", also=("PIN-01",))
    caught = Caught(mutant=mutant, failed=frozenset({"PIN-01", "REV-01"}))
    assert not caught.is_caught
    assert caught.surplus == {"REV-01"}
