"""A world that never becomes quiet."""

from __future__ import annotations

from simulators.checkers.system.quiet import check
from tests.simulators import recording


def test_the_planted_bug_is_seen() -> None:
    assert recording.sees(check, "stuck-reversal")


def test_healthy_worlds_keep_the_promise() -> None:
    assert recording.is_content(check)


def test_what_is_still_waited_for_is_named() -> None:
    history = recording.ended(settled_after_ns=None, unsettled="bank-1, the ledger")
    assert list(check(history)) == ["still busy: bank-1, the ledger"]
