"""Terminals and cards from numbers and files; no error quotes a key, a PAN or a PIN."""

from __future__ import annotations

from pathlib import Path

import pytest

from messages.crypto.chip import CardKey, ChipKey
from simulators.cards import FIRST_PAN, card_accepts, fictional_card
from simulators.chip import MASTER_KEY, Chip
from simulators.installation import TMK, issuer_of
from simulators.load.scenario.fleet import FleetError, card_number, cards, terminals
from simulators.load.scenario.model import Cards, Fleet


def test_fictional_terminals_and_cards_are_by_number(tmp_path: Path) -> None:
    found = terminals(Fleet(terminals=3, first=7), tmp_path)
    assert [each.id for each in found] == ["50010008", "50010009", "50010010"]
    drawn = cards(Cards(count=2, first=4), tmp_path)
    assert [each.card for each in drawn] == [fictional_card(4), fictional_card(5)]


def test_issuers_take_turns_and_keep_their_own_ranges(tmp_path: Path) -> None:
    told = Cards(count=6, issuers=3)
    assert [card_number(number, told) for number in range(6)] == [0, 1000, 2000, 1, 1001, 2001]
    for number, each in enumerate(cards(told, tmp_path)):
        assert each.link == f"bank-{issuer_of(card_number(number, told), 3) + 1}"


def test_files_are_read(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"tid,merchant,master_key\n60010001,999653080110001,{TMK}\n")
    (tmp_path / "c.csv").write_text(f"pan,expiry,pin,issuer\n{FIRST_PAN},4912,123456,east\n")
    (terminal,) = terminals(Fleet(csv="t.csv"), tmp_path)
    assert (terminal.id, terminal.merchant, terminal.master_key.reveal().hex().upper()) == (
        "60010001",
        "999653080110001",
        TMK,
    )
    (drawn,) = cards(Cards(csv="c.csv"), tmp_path)
    assert (drawn.card.pan, drawn.link) == (FIRST_PAN, "east")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("tid,merchant\n1,2\n", ":1: no column master_key"),
        (f"tid,merchant,master_key\n1,M,{TMK}\n", ":2: tid"),
        ("tid,merchant,master_key\n60010001,999653080110001,0123\n", ":2: master_key"),
        (f"tid,merchant,master_key\n60010001,M12,{TMK}\n", ":2: merchant"),
        (f"tid,merchant,master_key\n终端600100,999653080110001,{TMK}\n", ":2: tid"),
        (
            "tid,merchant,master_key\n" + 2 * f"60010001,999653080110001,{TMK}\n",
            "twice",
        ),
        ("tid,merchant,master_key\n60010001,M\n", ":2: not as many values"),
        ("tid,merchant,master_key\n", "nothing but a first line"),
    ],
)
def test_a_wrong_file_of_terminals_is_told_by_line_and_column(
    tmp_path: Path, text: str, why: str
) -> None:
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(FleetError, match=why) as caught:
        terminals(Fleet(csv="t.csv"), tmp_path)
    assert TMK not in str(caught.value)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (f"{FIRST_PAN[:-1]}9,4912,123456", "pan: its check digit"),
        (f"{FIRST_PAN},4912,12", "pin"),
        (f"{FIRST_PAN},49,123456", "expiry"),
    ],
)
def test_a_wrong_card_is_told_without_its_data(tmp_path: Path, row: str, why: str) -> None:
    (tmp_path / "c.csv").write_text(f"pan,expiry,pin\n{row}\n")
    with pytest.raises(FleetError, match=why) as caught:
        cards(Cards(csv="c.csv"), tmp_path)
    assert FIRST_PAN[:12] not in str(caught.value)
    assert "123456" not in str(caught.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FleetError, match=r"no\.csv: cannot be read"):
        cards(Cards(csv="no.csv"), tmp_path)


def test_a_card_with_a_key_makes_cryptograms_of_its_own(tmp_path: Path) -> None:
    key = ChipKey.from_hex(MASTER_KEY).card(FIRST_PAN, "01")
    text = key.reveal().hex()
    (tmp_path / "c.csv").write_text(
        f"pan,expiry,pin,card_key\n{FIRST_PAN},4912,123456,{text}\n{FIRST_PAN},4912,123456,\n"
    )
    signing, plain = (drawn.card for drawn in cards(Cards(csv="c.csv"), tmp_path))
    asked = signing.chip("50010001", 50_000, 20140618, 7)
    bank = Chip(FIRST_PAN, "001")  # it derives the key from its master key
    assert bank.is_right(asked)
    assert card_accepts(signing, asked, bank.answer(asked, "00"))
    assert not card_accepts(signing, asked, bank.answer(asked, "00", is_wrong=True))
    assert not bank.is_right(plain.chip("50010001", 50_000, 20140618, 7))
    other = Chip(FIRST_PAN, "001", CardKey(bytes(range(16))))
    assert not other.is_right(asked)


@pytest.mark.parametrize("key", ["12", "x" * 32, "00" * 24])
def test_a_wrong_card_key_is_told_and_not_quoted(tmp_path: Path, key: str) -> None:
    (tmp_path / "c.csv").write_text(f"pan,expiry,pin,card_key\n{FIRST_PAN},4912,123456,{key}\n")
    with pytest.raises(FleetError, match=r":2: card_key: ") as caught:
        cards(Cards(csv="c.csv"), tmp_path)
    assert key not in str(caught.value).replace(str(tmp_path), "")
    assert FIRST_PAN not in str(caught.value)
