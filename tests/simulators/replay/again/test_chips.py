"""Chip data get a card's own number, day and cryptogram, or a reason why not."""

from __future__ import annotations

from datetime import date

import pytest

from messages.crypto.chip import ChipKey
from messages.dialects.tlv import parse_ber
from simulators.cards import Card, fictional_card, reversal_chip
from simulators.chip import Chip
from simulators.replay.again.chips import ChipError, Signer
from simulators.replay.again.dates import Dates
from simulators.replay.capture.logs import SHANGHAI
from tests.simulators.replay.days import START_US

_KEY = ChipKey.from_hex("00112233445566778899AABBCCDDEEFF")


def chip(card: Card) -> str:
    """Return DE 55 with another card's number and a cryptogram that is none."""
    others = "5A0A6219991111111111116F" + "570E6219991111111111D4912220000F" + "5F340109"
    return others + card.chip("50010001", 50_000, 20140618, 7)


def _values(text: str) -> dict[str, str]:
    return {item.tag: item.value.hex().upper() for item in parse_ber(bytes.fromhex(text))}


@pytest.mark.parametrize(
    ("card", "key"),
    [(fictional_card(3), None), (Card(pan="5200828282828210", sequence="002"), _KEY)],
)
def test_number_track_sequence_and_cryptogram_are_the_cards_own(
    card: Card, key: ChipKey | None
) -> None:
    signed = Signer(key).signed(chip(card), card)
    found = _values(signed)
    assert found["5A"].rstrip("F") == card.pan
    assert found["57"].rstrip("F") == card.track_2.replace("=", "D")
    assert found["5F34"] == card.sequence[-2:]
    assert Chip(card.pan, card.sequence, key).is_right(signed)
    assert not Chip(card.pan, card.sequence, key).is_right(chip(card))


def test_a_moved_day_is_signed_too() -> None:
    card = fictional_card(3)
    signed = Signer().signed(chip(card), card, Dates(START_US, SHANGHAI, date(2026, 3, 1)))
    assert _values(signed)["9A"] == "260301"
    assert Chip(card.pan, card.sequence).is_right(signed)


def test_chip_data_of_a_reversal_have_no_cryptogram_and_need_none() -> None:
    short = reversal_chip(chip(fictional_card(3)))
    stranger = Card(pan="5200828282828210")
    assert Signer().signed(short, stranger) == short
    assert Signer().refusal(short, stranger) == ""


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("9F", "cannot be read"),
        ("9F26080011223344556677", "without 9F02, which a cryptogram covers"),
        (chip(fictional_card(1)).replace("9F3602", "9F360300"), "counter"),
        (chip(fictional_card(1)), "whose key is not known"),
    ],
)
def test_what_cannot_be_signed_says_why(text: str, why: str) -> None:
    stranger = Card(pan="5200828282828210")
    assert why in Signer().refusal(text, stranger)
    with pytest.raises(ChipError, match=why):
        Signer().signed(text, stranger)
