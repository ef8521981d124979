"""Which requirements and cases apply to a terminal."""

from __future__ import annotations

import pytest

from simulators.conformance.rules.reading import packaged_suite


def test_a_questionnaire_selects_what_a_terminal_can_do() -> None:
    suite = packaged_suite()
    chosen = suite.selected(frozenset({"chip", "pin_pad"}))
    assert {c.id for c in chosen.cases} < {c.id for c in suite.cases}
    assert not any("void" in c.needs for c in chosen.cases)
    assert not any("void" in r.needs for r in chosen.requirements)


def test_a_case_is_found_by_its_id_and_a_stranger_is_not() -> None:
    assert packaged_suite().case("withdrawal").match.yuan == 500
    with pytest.raises(KeyError):
        packaged_suite().case("nothing")
