"""Clear card data in a report: seen wherever it stands in it."""

from __future__ import annotations

from simulators.cards import FIRST_PAN, Card
from simulators.checkers.masks import check
from tests.simulators.checkers import recording


def test_the_planted_bug_is_seen() -> None:
    assert recording.sees(check, "clear-pan")


def test_healthy_worlds_keep_the_promise() -> None:
    assert recording.is_content(check)


def test_a_card_inside_other_words_is_seen() -> None:
    history = recording.blank()
    history.switch_reported(1, "odd", {"why": [f"card {FIRST_PAN} is strange"]})
    assert list(check(history)) == ["the report odd holds a clear PAN"]


def test_a_masked_card_and_an_rrn_are_not() -> None:
    history = recording.blank()
    history.switch_reported(1, "odd", {"card": Card().shown, "rrn": "621900000001"})
    assert not list(check(history))
