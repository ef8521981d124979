"""Rules: numbers that ledgers hold, and words for each."""

from __future__ import annotations

from messages.reasons import Reason
from switch.core.rules import WORDS, Decline, Rule


def test_a_rule_keeps_its_number_for_ever() -> None:
    assert [rule.value for rule in Rule] == list(range(1, len(Rule) + 1))
    assert (Rule.TERMINAL_REGISTERED, Rule.DAILY_CAP, Rule.NUMBERS_AT_HAND) == (1, 19, 22)


def test_every_rule_has_words_in_both_languages() -> None:
    assert WORDS.keys() == set(Rule)
    for words in WORDS.values():
        assert words.en
        assert any(ord(character) > 0x2E80 for character in words.zh)


def test_a_trace_of_every_rule_fits_in_64_bytes() -> None:
    assert len(bytes(Rule)) < 64


def test_a_decline_has_no_figures_unless_it_is_given_some() -> None:
    assert Decline(Reason.DUPLICATE, Rule.FIRST_OF_ITS_KEY).facts == {}
