"""Probes are data, and every requirement that speaks of one speaks of one that is there."""

from __future__ import annotations

from simulators.conformance.probing.probes import host_suite, packaged_probes
from simulators.conformance.rules.reading import host_requirements
from simulators.conformance.rules.vocabulary import HOST_CHECKS


def test_probes_have_names_of_their_own_and_words_in_both_languages() -> None:
    probes = packaged_probes()
    assert len({probe.id for probe in probes}) == len(probes) > 20
    assert all(probe.en and probe.zh for probe in probes)
    assert len(host_suite(probes).cases) == len(probes)


def test_requirements_name_probes_that_are_there_and_every_check_is_used() -> None:
    names = {probe.id for probe in packaged_probes()}
    for requirement in host_requirements():
        assert set(requirement.where.get("probe", ())) <= names, requirement.id
    assert {r.check for r in host_requirements()} == set(HOST_CHECKS)
