"""An invariant that broke stopped the process."""

from __future__ import annotations

from simulators.checkers.system.stops import check
from tests.simulators import recording


def test_the_planted_bug_is_seen() -> None:
    assert recording.sees(check, "broken-invariant")


def test_healthy_worlds_keep_the_promise() -> None:
    assert recording.is_content(check)


def test_the_reason_is_told_in_its_own_words() -> None:
    history = recording.blank()
    history.stops.append("a released hold was not open")
    assert list(check(history)) == ["a released hold was not open"]
