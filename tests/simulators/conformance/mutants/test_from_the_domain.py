"""The ten of the domain do what they say."""

from __future__ import annotations

from simulators.conformance.driving.trial import Trial, run
from simulators.conformance.mutants.from_the_domain import DOMAIN_MUTANTS

_BY_ID = {mutant.id: mutant for mutant in DOMAIN_MUTANTS}


def test_there_are_ten() -> None:
    assert len(_BY_ID) == len(DOMAIN_MUTANTS) == 10
    assert {mutant.origin for mutant in DOMAIN_MUTANTS} == {"domain"}


def test_the_one_that_restarts_its_numbers_says_000001_twice() -> None:
    mutant = _BY_ID["stan-restarts"]
    ran = run(Trial(parts=mutant.parts, cases=mutant.cases))
    stans = [n.heard.get("11") for n in ran.notes if n.heard and n.heard.mti == "0200"]
    assert stans.count("000001") > 1
