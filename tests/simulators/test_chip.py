"""The chip of a test card and its issuer: both cryptograms, right, wrong and missing."""

from __future__ import annotations

import pytest

from messages.crypto.chip import ChipKey
from messages.dialects.tlv import parse_ber
from simulators.cards import Card, card_accepts
from simulators.chip import (
    Chip,
    ChipCheck,
    issuer_script,
    script_chip,
    script_results,
    told_results,
)

CARD = Card(signs=True)
CHIP = Chip(CARD.pan, CARD.sequence)
ASKED = CARD.chip("50010001", 50_000, 20140618, 7)


def _values(chip: str) -> dict[str, bytes]:
    return {item.tag: item.value for item in parse_ber(bytes.fromhex(chip))}


def test_a_card_that_signs_changes_cryptogram_and_counter_only() -> None:
    plain, signed = _values(Card().chip("50010001", 50_000, 20140618, 7)), _values(ASKED)
    assert {tag for tag in plain if plain[tag] != signed[tag]} == {"9F26", "9F36"}
    assert plain.keys() == signed.keys()


def test_a_cryptogram_is_right_for_its_own_data_only() -> None:
    assert CHIP.is_right(ASKED)
    assert not CHIP.is_right(ASKED.replace("000000050000", "000000050001"))
    assert not Chip(CARD.pan, "002").is_right(ASKED)
    assert not Chip(CARD.pan, "001", ChipKey(bytes(16))).is_right(ASKED)
    assert not CHIP.is_right(Card().chip("50010001", 50_000, 20140618, 7))


@pytest.mark.parametrize("chip", ["", "9F26", "9F2608A1B2C3D4E5F60718", "00"])
def test_what_is_no_chip_data_is_not_right(chip: str) -> None:
    assert not CHIP.is_right(chip)


def test_a_card_takes_its_issuers_answer_and_no_other() -> None:
    answer = CHIP.answer(ASKED, "00")
    assert CHIP.accepts(ASKED, answer)
    assert not CHIP.accepts(ASKED, CHIP.answer(ASKED, "00", is_wrong=True))
    # The code is under the cryptogram: nobody turns a refusal into an approval on the way.
    refused = CHIP.answer(ASKED, "51")
    assert not CHIP.accepts(ASKED, refused.replace("3531", "3030"))
    assert not CHIP.accepts(ASKED, "9F360200079108" + "00" * 8)


def test_an_answer_without_a_cryptogram_is_taken() -> None:
    assert CHIP.accepts(ASKED, "9F36020007")
    assert card_accepts(CARD, ASKED, "")


def test_a_card_that_does_not_sign_takes_whatever_comes() -> None:
    wrong = CHIP.answer(ASKED, "00", is_wrong=True)
    assert card_accepts(Card(), ASKED, wrong)
    assert card_accepts(None, ASKED, wrong)
    assert not card_accepts(CARD, ASKED, wrong)


def test_what_an_issuer_may_do_about_chips_has_names() -> None:
    assert [check.value for check in ChipCheck] == ["ignore", "verify", "wrong"]


_GOOD, _SHORT, _OTHER_CLASS = "0418000000", "0418000002AB", "0018000000"


@pytest.mark.parametrize(
    ("scripts", "results"),
    [
        ([("00000001", _GOOD)], "2000000001"),
        ([("00000001", _GOOD), ("00000002", _GOOD, _SHORT)], "20000000011200000002"),
        ([("00000003", _OTHER_CLASS)], "1100000003"),
        ([], ""),
    ],
)
def test_a_card_says_of_each_script_whether_it_was_done(
    scripts: list[tuple[str, ...]], results: str
) -> None:
    answered = CHIP.answer(ASKED, "00") + "".join(issuer_script(*each) for each in scripts)
    assert script_results(answered) == results
    assert CHIP.accepts(ASKED, answered)


def test_a_script_that_is_no_tlv_failed() -> None:
    assert script_results("72029F18") == "1000000000"
    assert script_results("zz") == script_results("") == ""


def test_a_script_result_has_the_tags_of_its_kind_in_order() -> None:
    told = script_chip(ASKED, "2000000001")
    tags = ["9F33", "95", "9F37", "9F1E", "9F10", "9F26", "9F36", "82", "DF31", "9F1A", "9A"]
    assert [item.tag for item in parse_ber(bytes.fromhex(told))] == tags
    assert told_results(told) == "2000000001"
    assert told_results("") == told_results(ASKED) == ""


@pytest.mark.parametrize(
    "wrong", [("01", _GOOD), ("00000001",), ("00000001", "zz")], ids=["id", "empty", "hex"]
)
def test_what_is_no_script_is_not_made(wrong: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"script|hexadecimal"):
        issuer_script(*wrong)
    with pytest.raises(ValueError, match="template"):
        issuer_script("00000001", _GOOD, template="73")
