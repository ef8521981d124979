"""The host's line: what it refuses says why, and nothing is believed that carries no good MAC."""

from __future__ import annotations

import pytest

from messages.crypto.keys import Mak
from simulators.installation import ZONE_MAK, wires
from simulators.issuer import Temper, heads_of
from simulators.social_security.host import SocialHost
from simulators.social_security.sample import (
    contribution,
    host_identity,
    payment,
    person_of,
    sample_books,
    treatment,
)
from simulators.wire import Heard
from switch.core.moment import Moment

AT = Moment(0, 1_780_000_000_000)
PERSON = f"S6010{person_of(0).number}"
BILL = contribution(0)
_WIRE = wires()[1]
_MAC = _WIRE.mac(Mak.from_hex(ZONE_MAK))


def _host() -> SocialHost:
    host = SocialHost(host_identity(), _WIRE, sample_books(range(2)))
    host.connected()
    return host


def _ask(host: SocialHost, mti: str, code: str, tags: str, **changes: str) -> Heard:
    fields = {
        2: person_of(0).pan,
        3: code,
        4: "000000012000",
        7: "0601120000",
        11: "000001",
        12: "120000",
        13: "0601",
        25: "00",
        32: "99900000",
        33: "99900000",
        37: "616900000001",
        41: "50010001",
        42: "999653080110001",
        48: f"SS{tags}",
        49: "156",
        102: BILL,
    }
    fields |= {int(number[1:]): text for number, text in changes.items()}
    frame = _WIRE.say(heads_of(_WIRE, host.identity), mti, fields, _MAC)
    (answer,) = host.received(_WIRE.bare(frame), AT)
    return _WIRE.hear(_WIRE.bare(answer))


def test_a_bill_is_asked_for_and_paid() -> None:
    host = _host()
    told = _ask(host, "0100", "900000", f"S1003PAY{PERSON}").get(48)
    assert f"S5014{BILL}" in told
    assert "应付 120.00" in told
    pay = f"S1003PAYS5014{BILL}{PERSON}"
    assert _ask(host, "0200", "910000", pay).get(39) == "00"
    told = _ask(host, "0220", "910000", f"S1003PAYS5014{BILL}").get(48)
    assert "已缴 616900000001" in told
    assert host.heard_words == [("0220", "616900000001")]


@pytest.mark.parametrize(
    ("code", "tags", "changes", "said"),
    [
        ("910000", f"S1003PAYS5014{BILL}S6003999", {}, ("05", "查无此人")),
        ("920000", f"S1003FEES5014{BILL}{PERSON}", {}, ("12", "无此业务")),
        ("910000", f"S1003PAYS5014{BILL}{PERSON}", {"f4": "000000000001"}, ("64", "金额")),
        ("950000", f"S1003PAYS5014{BILL}", {"f103": "616900000009"}, ("25", "无此单据")),
        ("950000", f"S1003PAYS5014{BILL}", {}, ("30", "")),
        ("910000", f"S1003PAYS5014{BILL}{PERSON}", {"f103": "616900000009"}, ("30", "")),
        ("910000", f"S1003PAYS5014{BILL}{PERSON}", {"f102": "OTHER"}, ("30", "")),
        ("910000", "S1009PAY", {}, ("30", "")),
    ],
)
def test_a_refused_reservation_says_why(
    code: str, tags: str, changes: dict[str, str], said: tuple[str, str]
) -> None:
    answer = _ask(_host(), "0200", code, tags, **changes)
    assert answer.get(39) == said[0]
    assert said[1] in answer.get(48)


def test_a_settlement_tells_the_three_shares() -> None:
    told = _ask(_host(), "0100", "900000", f"S1003FEE{PERSON}").get(48)
    for line in ("应付 60.00", "总额 300.00", "统筹 180.00", "个人账户 60.00"):
        assert line in told


def test_when_nothing_is_due_it_says_so() -> None:
    host = _host()
    for bill in (treatment(0), treatment(0, 2)):
        host.books.dues.pop(bill)
    answer = _ask(host, "0100", "900000", f"S1003FEE{PERSON}")
    assert (answer.get(39), "无应缴单据" in answer.get(48)) == ("25", True)


def test_the_bill_of_another_card_is_not_shown() -> None:
    tags = f"S1003QRYS5014{contribution(1)}"
    assert _ask(_host(), "0100", "900000", tags).get(39) == "25"
    assert _ask(_host(), "0100", "900000", f"S1003QRYS5014{BILL}").get(39) == "00"


def test_benefits_are_told_with_their_status() -> None:
    host = _host()
    host.books.benefits[payment(0)].status = "paid"
    told = _ask(host, "0100", "930000", f"S1003BEN{PERSON}").get(48)
    assert "202606 1001 115.00 已发放" in told
    assert "202606 2001 80.00 待发放" in told


def test_an_unknown_inquiry_is_refused() -> None:
    assert _ask(_host(), "0100", "900000", f"S1003REC{PERSON}").get(39) == "12"
    assert _ask(_host(), "0100", "900000", "S1003QRYS6003999").get(39) == "05"
    assert _ask(_host(), "0100", "900000", "").get(39) == "05"


def test_a_wrong_mac_is_refused_and_does_nothing() -> None:
    host = _host()
    fields = {2: person_of(0).pan, 3: "910000", 7: "0601120000", 11: "000001", 37: "616900000001"}
    frame = _WIRE.say(heads_of(_WIRE, host.identity), "0200", fields | {128: "0" * 16})
    (answer,) = host.received(_WIRE.bare(frame), AT)
    assert _WIRE.hear(_WIRE.bare(answer)).get(39) == "A0"
    assert not host.books.deeds


def test_moods_are_as_a_bank_s() -> None:
    host = _host()
    host.temper = lambda _: Temper(code="96")
    assert _ask(host, "0100", "900000", f"S1003QRY{PERSON}").get(39) == "96"
