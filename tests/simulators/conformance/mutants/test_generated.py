"""Mutants made from the dialect's data: every rule of what our terminal sends is broken once."""

from __future__ import annotations

from simulators.conformance.mutants.generated import CASES, SERVICES, UNTOLD, generated
from simulators.conformance.mutants.places import composite, pos
from simulators.conformance.rules.reading import packaged_suite


def test_every_needed_field_of_every_message_is_left_out_once() -> None:
    names = {mutant.id for mutant in generated()}
    by_id = {rule.id: rule for rule in pos().transactions}
    for name in CASES:
        for number in by_id[name].presence.request_needs - {64}:
            assert (f"{name}-without-{number}" in names) != ((name, number) in UNTOLD)


def test_every_needed_field_of_every_social_service_is_left_out_once() -> None:
    names = {mutant.id for mutant in generated() if mutant.is_composite}
    by_id = {rule.id: rule for rule in composite().transactions}
    for name in SERVICES:
        for number in by_id[name].presence.request_needs - {64}:
            assert (f"{name}-without-{number}" in names) != ((name, number) in UNTOLD)


def test_they_name_requirements_and_cases_that_are_there() -> None:
    suite = packaged_suite()
    known, cases = {r.id for r in suite.requirements}, {c.id for c in suite.cases}
    for mutant in generated():
        assert {mutant.breaks, *mutant.also} <= known
        assert set(mutant.cases) <= cases
        assert mutant.origin == "dialect"
