"""A finding: a sentence like any other, which knows its transaction and its step."""

from __future__ import annotations

from simulators.checkers.finding import Finding


def test_a_finding_is_its_sentence() -> None:
    found = Finding("416900000001 was approved twice", rrn="416900000001", step=7)
    assert found == "416900000001 was approved twice"
    assert (found.rrn, found.step) == ("416900000001", 7)


def test_what_is_not_known_is_empty() -> None:
    found = Finding("still busy")
    assert (found.rrn, found.step) == ("", 0)
