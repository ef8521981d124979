"""The mutants of the domain do what they say, and nothing where they should not show."""

from __future__ import annotations

from simulators.conformance.driving.trial import Trial, run
from simulators.conformance.mutants.from_the_domain import DOMAIN_MUTANTS, READER_MUTANTS

_BY_ID = {mutant.id: mutant for mutant in DOMAIN_MUTANTS}


_READERS = {mutant.id: mutant for mutant in READER_MUTANTS}


def test_those_of_the_reader_do_not_show_in_a_plain_run() -> None:
    """Their specification says so; but for one, which every frame shows."""
    for mutant in READER_MUTANTS:
        plain = ("withdrawal", "settlement") if not mutant.is_composite else ("bill-payment",)
        ran = run(Trial(parts=mutant.parts, cases=plain, is_composite=mutant.is_composite))
        shown = ran.host.tally.failed()
        assert shown == ({"SUB-16"} if mutant.id == "kernel-runs-as-purchase" else set())


def test_a_reversal_of_the_reader_has_the_batch_that_is_open() -> None:
    mutant = _READERS["reversal-takes-current-batch"]
    ran = run(Trial(parts=mutant.parts, cases=mutant.cases))
    heard = [n.heard for n in ran.notes if n.heard and n.heard.get("4") == "000000086000"]
    (original, reversal) = heard
    assert (original.mti, reversal.mti) == ("0200", "0400")
    assert int(reversal.get("60.2")) == int(original.get("60.2")) + 1


def test_there_are_ten() -> None:
    assert len(_BY_ID) == len(DOMAIN_MUTANTS) == 10
    assert {mutant.origin for mutant in DOMAIN_MUTANTS} == {"domain"}


def test_the_one_that_restarts_its_numbers_says_000001_twice() -> None:
    mutant = _BY_ID["stan-restarts"]
    ran = run(Trial(parts=mutant.parts, cases=mutant.cases))
    stans = [n.heard.get("11") for n in ran.notes if n.heard and n.heard.mti == "0200"]
    assert stans.count("000001") > 1
