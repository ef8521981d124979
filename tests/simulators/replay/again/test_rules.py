"""Rule files are read whole, or refused with the place of what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators.cards import Card, fictional_card
from simulators.replay.again.rules import (
    CardRules,
    Ignore,
    Rules,
    cards_of,
    load_rules,
    signer_of,
    terminals_of,
)
from simulators.replay.trace.form import TraceError
from simulators.replay.verdict.comparing import Comparer
from tests.simulators.replay.again.test_chips import chip
from tests.simulators.replay.days import DIALECTS, TOKENS


def _file(tmp_path: Path, text: str) -> str:
    path = tmp_path / "rules.toml"
    path.write_text(text)
    return str(path)


def test_without_a_file_the_programs_own_ignore_list_counts() -> None:
    rules = load_rules("")
    assert {"37", "64", "60.2"} <= rules.ignored("terminal")
    assert {"7", "128"} <= rules.ignored("issuer")


def test_a_dialect_may_have_more_of_its_own() -> None:
    rules = Rules(format=1, ignore=Ignore(terminal=("54",), dialects={"pos": ("44",)}))
    assert rules.ignored("terminal", "pos") - rules.ignored("terminal") == {"44"}
    assert rules.ignored("terminal", "iso87-ascii") - rules.ignored("terminal") == {"7", "128"}
    assert "54" in rules.ignored("terminal", "iso87-ascii")
    assert "44" in Comparer(DIALECTS["terminal"], rules, "terminal")._ignored


def test_a_file_adds_to_it(tmp_path: Path) -> None:
    text = (
        'format = 1\n[ignore]\nterminal = ["54"]\n'
        '[[tolerate]]\nfield = "39"\nrecorded = "00"\nanswered = "94"\nwhy = "sent before"\n'
    )
    rules = load_rules(_file(tmp_path, text))
    assert {"54", "37"} <= rules.ignored("terminal")
    assert rules.tolerate[0].why == "sent before"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "format"),
        ("format = 2", "format"),
        ("format = 1\n[rewrite]\nstann = 'new'", "stann"),
        ("format = 1\n[rewrite]\nstan = 'old'", "rewrite.stan"),
        ("format = 1\n[[tolerate]]\nfield = '39'", "why"),
        ("format", "after a key"),
    ],
)
def test_a_wrong_rule_is_named(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(TraceError, match=why):
        load_rules(_file(tmp_path, text))
    with pytest.raises(TraceError, match="No such file"):
        load_rules(str(tmp_path / "none.toml"))


def test_fictional_cards_are_known_by_their_stand_ins(tmp_path: Path) -> None:
    cards = cards_of(CardRules(fictional="0-2, 7"), TOKENS, tmp_path)
    assert len(cards) == 4
    assert cards[TOKENS.pan(fictional_card(7).pan)] == fictional_card(7)
    with pytest.raises(TraceError, match="recording key"):
        cards_of(CardRules(fictional="0"), None, tmp_path)
    for wrong in ("x", "1-", "0-99999999", "-5"):
        with pytest.raises(TraceError):
            cards_of(CardRules(fictional=wrong), TOKENS, tmp_path)


def test_cards_come_from_a_file(tmp_path: Path) -> None:
    pan = fictional_card(3).pan
    (tmp_path / "c.csv").write_text(f"pan,expiry,pin\n{pan},4912,123456\n")
    (card,) = cards_of(CardRules(csv="c.csv"), TOKENS, tmp_path).values()
    assert card.pan == pan
    with pytest.raises(TraceError, match=r"c\.csv:2: token"):
        cards_of(CardRules(csv="c.csv"), None, tmp_path)
    (tmp_path / "c.csv").write_text(f"pan,expiry,pin\n{pan[:-1]}x,4912,123456\n")
    with pytest.raises(TraceError, match=r"c\.csv:2: pan") as refused:
        cards_of(CardRules(csv="c.csv"), TOKENS, tmp_path)
    assert pan[:-1] not in str(refused.value)


def test_chips_sign_with_the_key_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "chip.key").write_text("00112233445566778899AABBCCDDEEFF\n")
    card = Card(pan="5200828282828210")
    refusals = [
        signer_of(CardRules(chip_key=key), tmp_path).refusal(chip(card), card)
        for key in ("", "chip.key")
    ]
    assert refusals == ["chip data of a card whose key is not known (cards.chip_key)", ""]
    (tmp_path / "chip.key").write_text("0011")
    with pytest.raises(TraceError, match="chip_key: no key of 32"):
        signer_of(CardRules(chip_key="chip.key"), tmp_path)
    with pytest.raises(TraceError, match="No such file"):
        signer_of(CardRules(chip_key="none.key"), tmp_path)


def test_a_cards_file_may_name_sequence_numbers(tmp_path: Path) -> None:
    path = tmp_path / "cards.csv"
    path.write_text("pan,expiry,pin,token,sequence\n5200828282828210,4912,123456,1,2\n")
    assert cards_of(CardRules(csv="cards.csv"), None, tmp_path)["1"].sequence == "002"
    path.write_text("pan,expiry,pin,token,sequence\n5200828282828210,4912,123456,1,x\n")
    with pytest.raises(TraceError, match=r"cards\.csv:2: sequence"):
        cards_of(CardRules(csv="cards.csv"), None, tmp_path)


def test_terminals_come_from_the_file_of_a_fleet(tmp_path: Path) -> None:
    path = tmp_path / "fleet.csv"
    path.write_text(f"tid,merchant,master_key\n50010001,999653080110001,{'11' * 16}\n")
    found = terminals_of(str(path))
    assert {name: each.merchant for name, each in found.items()} == {"50010001": "999653080110001"}
    assert terminals_of("") == {}
    path.write_text("tid,merchant,master_key\n50010001,m,CAFE\n")
    with pytest.raises(TraceError, match=r"fleet.csv:2: master_key") as error:
        terminals_of(str(path))
    assert "CAFE" not in str(error.value)
    with pytest.raises(TraceError, match="cannot be read"):
        terminals_of(str(tmp_path / "none.csv"))
