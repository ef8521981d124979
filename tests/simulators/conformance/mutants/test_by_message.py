"""Mutants of messages write what they say, under a MAC that is right for it."""

from __future__ import annotations

from simulators.conformance.driving.driver import HEALTHY
from simulators.conformance.driving.trial import Trial, run
from simulators.conformance.mutants.by_message import MESSAGE_MUTANTS
from simulators.conformance.mutants.places import content
from simulators.conformance.rules.reading import packaged_suite

_BY_ID = {mutant.id: mutant for mutant in MESSAGE_MUTANTS}


def test_the_padding_mutants_write_the_other_nibble() -> None:
    ran = run(Trial(parts=_BY_ID["sequence-padded-right"].parts, cases=("withdrawal",)))
    frames = [n.frame for n in ran.notes if n.heard is not None and n.heard.mti == "0200"]
    assert frames
    assert all(content(frame[13:-8], 23) == b"\x00\x10" for frame in frames)
    assert ran.host.tally.scores["MAC-01"].kept


def test_every_one_has_a_seam_and_names_requirements_that_are_there() -> None:
    known = {r.id for r in packaged_suite().requirements}
    for mutant in MESSAGE_MUTANTS:
        assert mutant.parts is not HEALTHY
        assert {mutant.breaks, *mutant.also} <= known
