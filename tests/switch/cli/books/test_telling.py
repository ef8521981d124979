"""A transaction as an object and as lines."""

from __future__ import annotations

from pathlib import Path

from switch.cli.books.reading import opened, row_of
from switch.cli.books.telling import brief, lines, rule_words, shown, whole
from switch.core.rules import WORDS, Rule
from tests.switch.cli.books.conftest import DECLINED, FORWARDED, IN_DOUBT, REVERSED, UNSENT


def test_every_rule_has_words_and_one_of_another_version_its_number() -> None:
    assert all(rule_words(rule) == WORDS[rule] for rule in Rule)
    assert rule_words(255).en == "rule 255 of another version"


def test_the_whole_has_all_of_the_brief(folder: Path) -> None:
    with opened(folder) as books:
        row = row_of(books, IN_DOUBT)
        assert brief(row, books).items() <= whole(row, books).items()


def test_each_sort_of_transaction_says_why_it_is_what_it_is(folder: Path) -> None:
    with opened(folder) as books:
        told = {
            rrn: dict(lines(row_of(books, rrn), books))["reason"]
            for rrn in (DECLINED, UNSENT, FORWARDED, IN_DOUBT, REVERSED)
        }
    assert "资金不足" in told[DECLINED]
    assert told[UNSENT].startswith("there was no time or no line to send it")
    assert told[FORWARDED].startswith("with the issuer, no outcome yet")
    assert told[IN_DOUBT].startswith("timed out waiting for response")
    assert told[REVERSED].startswith("the issuer acknowledged the reversal with 00")


def test_what_was_answered_and_what_is_queued_is_told(folder: Path) -> None:
    with opened(folder) as books:
        doubt, gone = (lines(row_of(books, rrn), books) for rrn in (IN_DOUBT, REVERSED))
        drawn = shown(row_of(books, IN_DOUBT), books, as_json=False)
    assert ("answer", "none is kept: the terminal was told nothing, or 98") in doubt
    assert any(line.startswith("queued: 0 tries so far") for _, line in doubt)
    assert ("", "no longer queued") in gone
    assert drawn.startswith("RRN ")
