"""Issuer links: sign-on, echo, key change, and answers that belong to an earlier connection."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from messages.crypto.keys import Mak, Pik, Zmk
from messages.crypto.mac import make_mac
from messages.crypto.pin import decode_pin_block
from messages.mab import element_mab
from switch.core.events import LinkConnected, LinkDisconnected, LinkFrameReceived
from tests.switch.core.stage import FRAMES, INTERBANK, PAN, Stage, mute, saying

_ZMK = Zmk.from_hex("0123456789ABCDEFFEDCBA9876543210")
_NEW = "1C2A3E4F5D6E7F8091A2B3C4D5E6F708"


@pytest.fixture
def stage() -> Stage:
    stage = Stage()
    stage.sign_on()
    return stage


def _asked(stage: Stage) -> list[str]:
    return [fields[70] for mti, fields in stage.sent if mti == "0820"]


def _change_key(stage: Stage, kind: str, key: str, mac: str = "") -> None:
    wrapped = _ZMK.wrap(Mak.from_hex(key) if kind == "2" else Pik.from_hex(key))
    fields = {7: "0618094000", 11: "777777", 48: f"NK{wrapped.hex().upper()}", 70: "101"}
    fields |= {53: f"{kind}600000000000000", 100: "99900000"}
    made = stage.zone_mac.compute(element_mab(INTERBANK, "0800", fields)).decode()
    stage.bank_sends("0800", fields | {128: mac or made})


def test_a_link_signs_on_when_it_comes_up(stage: Stage) -> None:
    assert _asked(stage) == ["001"]
    assert stage.report("link_ready") == {"link": "bank"}


def test_a_link_without_a_sign_on_takes_nothing() -> None:
    stage = Stage(lambda *_: None)
    stage.sign_on()
    stage.withdraw()
    assert stage.code == "91"
    assert stage.report("declined")["links"] == ["bank"]


@pytest.mark.parametrize("answer", [{39: "91"}, None])
def test_a_sign_on_that_fails_closes_the_link(answer: dict[int, str] | None) -> None:
    stage = Stage(lambda *_: answer)
    stage.pass_time(10_000)
    assert "the sign-on was not answered" in stage.closed[-1].reason
    stage.issue = saying("00")
    stage.happen(LinkDisconnected("bank"))
    stage.happen(LinkConnected("bank"))
    stage.sign_on()
    stage.withdraw()
    assert stage.code == "00"


def test_a_quiet_line_is_tested_every_minute(stage: Stage) -> None:
    stage.pass_time(180_000)
    assert _asked(stage) == ["001", "301", "301", "301"]


def test_an_echo_without_an_answer_closes_the_link_also_while_requests_wait(stage: Stage) -> None:
    stage.pass_time(59_000)
    stage.issue = lambda *_: None
    stage.withdraw()
    stage.pass_time(11_000)
    assert "the echo was not answered" in stage.closed[-1].reason
    stage.withdraw("000003", f4="000000001000")
    assert stage.code == "91"


def test_an_echo_of_the_connection_before_does_not_close_this_one(stage: Stage) -> None:
    stage.issue = lambda *_: None
    stage.pass_time(60_000)
    stage.happen(LinkDisconnected("bank"))
    stage.issue = saying("00")
    stage.happen(LinkConnected("bank"))
    stage.pass_time(20_000)
    assert stage.closed == []
    stage.withdraw()
    assert stage.code == "00"


def test_a_network_message_of_the_bank_is_answered(stage: Stage) -> None:
    for code, result in (("301", "00"), ("201", "00"), ("202", "00"), ("999", "12")):
        fields = {7: "0618094000", 11: "777777", 15: "0619", 70: code, 100: "99900000"}
        stage.bank_sends("0820", fields)
        mti, answer = stage.sent[-1]
        assert (mti, answer[39], answer[70], answer[11]) == ("0830", result, code, "777777")


def test_a_new_pin_key_is_used_from_now_on_also_for_what_is_being_opened(stage: Stage) -> None:
    stage.stall()
    stage.withdraw()
    _change_key(stage, "1", _NEW)
    assert (stage.sent[-1][0], stage.sent[-1][1][39]) == ("0810", "00")
    stage.flow()
    block = bytes.fromhex(stage.requests()[0][52])
    assert decode_pin_block(block, PAN, Pik.from_hex(_NEW)) == "123456"
    assert stage.report("key_changed")["kind"] == "PIK"


def test_after_a_new_mac_key_the_old_one_proves_what_is_in_flight(stage: Stage) -> None:
    stage.issue = mute
    stage.withdraw(f4="000000001000")
    old = stage.zone_mac
    _change_key(stage, "2", _NEW)
    new = make_mac("x9.19", Mak.from_hex(_NEW))
    stage.withdraw("000003", f4="000000001000")
    first, second = stage.requests()
    assert second[128] == new.compute(element_mab(INTERBANK, "0200", second)).decode()
    stage.bank_says("0200", first, {39: "00"})
    stage.zone_mac = new
    stage.bank_says("0200", second, {39: "00"})
    assert stage.codes()[1:] == ["00", "00"]
    stage.withdraw("000004", f4="000000001000")
    stage.pass_time(300_001)
    stage.zone_mac = old
    stage.withdraw("000005", f4="000000001000")
    stage.bank_says("0200", stage.requests()[-1], {39: "00"})
    assert stage.code == "98"


@pytest.mark.parametrize(
    ("kind", "mac", "code"), [("1", "00000000", "A0"), ("3", "", "30"), ("0", "", "30")]
)
def test_a_key_change_that_is_not_right_changes_nothing(
    stage: Stage, kind: str, mac: str, code: str
) -> None:
    _change_key(stage, kind, _NEW, mac)
    assert stage.sent[-1][1][39] == code
    assert stage.report("key_change_refused")["link"] == "bank"
    stage.withdraw()
    assert stage.code == "00"


@pytest.mark.parametrize("content", ["NK", "NKXY", "NK0123456789ABCDEF01", "XX"])
def test_a_key_that_is_no_key_is_refused(stage: Stage, content: str) -> None:
    fields = {7: "0618094000", 11: "777777", 48: content, 53: "1600000000000000", 70: "101"}
    fields[128] = stage.zone_mac.compute(element_mab(INTERBANK, "0800", fields)).decode()
    stage.bank_sends("0800", fields)
    assert stage.sent[-1][1][39] == "30"


def test_a_frame_that_cannot_be_read_is_reported_without_its_bytes(stage: Stage) -> None:
    stage.happen(LinkFrameReceived("bank", FRAMES["interbank-withdrawal"][4:-20]))
    assert PAN not in str(stage.report("link_frame_unreadable"))


def test_a_link_that_the_configuration_adds_signs_on(stage: Stage) -> None:
    link = stage.configuration.links["bank"]
    stage.reconfigure(number=2, links={"bank": link, "other": replace(link, name="other")})
    stage.happen(LinkConnected("other"))
    assert _asked(stage) == ["001", "001"]


def test_without_a_number_a_sign_on_waits_for_one() -> None:
    stage = Stage()
    stage.stall()
    stage.start()
    asked = len(_asked(stage))
    stage.flow()
    assert len(_asked(stage)) == asked + 1
