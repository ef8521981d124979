"""Every check that requirements name is one that the code tells, and the other way round."""

from __future__ import annotations

from simulators.conformance.rules.reading import packaged_suite
from simulators.conformance.rules.vocabulary import CHECKS, Judgement


def test_every_check_of_a_terminal_is_used_by_a_requirement() -> None:
    assert set(CHECKS) == {r.check for r in packaged_suite().requirements}


def test_a_judgement_says_where_and_what() -> None:
    judgement = Judgement(check="mac", ok=False, field="64", offset=12, found="another")
    assert (judgement.field, judgement.offset, judgement.about) == ("64", 12, {})
