"""Fictional cards: valid numbers, masked wherever they are printed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.crypto.keys import Pik
from messages.crypto.pin import PinBlockError, decode_pin_block
from messages.dialects.tlv import parse_ber
from messages.values import is_luhn_valid
from simulators.cards import BIN, Card, card_number, fictional_card, reversal_chip
from simulators.installation import PIK


@given(st.integers(0, 10**12 - 1))
def test_every_fictional_card_is_of_the_fictional_bin_with_a_good_check_digit(number: int) -> None:
    pan = fictional_card(number).pan
    assert pan.startswith(BIN)
    assert len(pan) == 19
    assert is_luhn_valid(pan)


def test_a_card_prints_masked_and_without_its_pin() -> None:
    shown = repr(Card()) + str(Card()) + repr(Card().__rich_repr__())
    assert Card().pan not in shown
    assert "pin" not in shown.lower()


def test_a_reversal_keeps_four_tags_of_the_chip() -> None:
    chip = Card().chip("50010001", 50_000, 20140618, 2)
    kept = [item.tag for item in parse_ber(bytes.fromhex(reversal_chip(chip)))]
    assert kept == ["95", "9F1E", "9F10", "9F36"]
    assert reversal_chip("") == ""


@pytest.mark.parametrize("number", [0, 1, 7, 999, 10**12 - 1])
def test_a_fictional_card_is_known_by_its_number(number: int) -> None:
    assert card_number(fictional_card(number).pan) == number
    with pytest.raises(ValueError, match="no fictional card"):
        card_number("6218881234567890125")


@pytest.mark.parametrize("pan", [None, Card().pan])
def test_a_pin_block_holds_the_pin_that_is_typed(pan: str | None) -> None:
    pik = Pik.from_hex(PIK)
    assert decode_pin_block(Card().pin_block(pik, pan), pan, pik) == Card().pin


@pytest.mark.parametrize("pin", ["123", "1234567890123", "12a4"])
def test_what_is_no_pin_has_no_block(pin: str) -> None:
    with pytest.raises(PinBlockError, match="4 to 12 digits"):
        Card(pin=pin).pin_block(Pik.from_hex(PIK), None)
