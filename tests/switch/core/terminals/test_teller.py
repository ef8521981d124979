"""What is told is reported with its reason, and proven under the key that it came under."""

from __future__ import annotations

from messages.crypto.keys import Mak
from messages.crypto.mac import make_mac
from messages.view import Viewer
from tests.switch.core.stage import POS, Stage, mute


def test_a_refusal_is_reported_with_its_reason_rule_and_code() -> None:
    stage = Stage()
    stage.sign_on()
    stage.withdraw(f4="000000000500")
    assert stage.report("declined") == {
        "reason": "amount_invalid",
        "rule": 16,
        "code": "13",
        "terminal": "50010001",
        "stan": "000002",
        "asked_fen": 500,
        "step_fen": 1000,
    }


def test_an_answer_is_proven_by_the_key_of_its_request_after_a_new_sign_on() -> None:
    stage = Stage(mute)
    stage.sign_on()
    stage.withdraw()
    old = stage.mac
    stage.keys = (stage.keys[0], bytes.fromhex("4F6D8BA9C7E50321"))
    stage.sign_on()
    stage.bank_says("0200", stage.requests()[0], {39: "00"})
    view = Viewer(POS).index(stage.told[-1], 13)
    assert old.verify(view.mab(), view.raw(64))
    new = make_mac("pos-ecb", Mak.from_hex("4F6D8BA9C7E50321"))
    assert not new.verify(view.mab(), view.raw(64))


def test_a_refusal_before_the_issuer_has_no_clearing_date_and_no_rrn() -> None:
    stage = Stage()
    stage.sign_on()
    stage.withdraw(f4="000000000500")
    assert not {15, 37, 38, 44, 54, 55} & stage.last().keys()


def test_the_chips_answer_reaches_the_terminal() -> None:
    stage = Stage()
    chip = "9F36020012910A11223344556677883030"
    stage.issue = lambda mti, _: {39: "00", 38: "A00002"} | ({55: chip} if mti == "0200" else {})
    stage.sign_on()
    stage.withdraw()
    assert stage.last()[55] == chip
