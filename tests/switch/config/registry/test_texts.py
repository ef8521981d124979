"""Free texts: one line that can be seen, and no number that could be a card's."""

from __future__ import annotations

import pytest

from switch.config.registry.texts import no_card, one_line


@pytest.mark.parametrize(
    "text", ["two\nlines", "bell\x07", "\x1b[31mred", "\x85", "a\u2028b", "\u202eturned", "\udcff"]
)
def test_what_cannot_be_seen_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="should be one line"):
        one_line(text)


@pytest.mark.parametrize(
    "text",
    [
        "6219991234567890120",
        "card 6219991234567890120.",
        "６２19991234567890120",
        "4111111111111111",
        "card 6219 9912 3456 7890 120 of li",
        "4111-1111-1111-1111",
        "4111\u20131111\u20131111\u20131111",
        "621999 1234567890120",
    ],
)
def test_a_whole_card_number_is_refused_and_not_told(text: str) -> None:
    with pytest.raises(ValueError, match="could hold a whole card number") as refused:
        no_card(text)
    assert text not in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "重庆市 村卫生室",
        "621999",
        "2014-06-18",
        "渝银复〔2014〕7号",
        "999653080110001",
        "2014-06-17 2014-06-18 2014-06-19",
        "50010001 50010002 50010003",
        "4111 1111 1111 1112",
    ],
)
def test_other_texts_are_taken_as_they_are(text: str) -> None:
    assert no_card(one_line(text)) == text
