"""What the host is sent: the deed by RRN, the bill by number, and little of the card."""

from __future__ import annotations

from simulators.issuer import Temper
from simulators.wire import Heard
from tests.switch.core.social import BILL, Clinic
from tests.switch.core.stage import PAN


def _heard(clinic: Clinic) -> list[Heard]:
    heard: list[Heard] = []
    usual = clinic.host.temper

    def tempered(message: Heard) -> Temper:
        heard.append(message)
        return usual(message)

    clinic.host.temper = tempered
    return heard


def test_a_reservation_and_its_confirmation_are_one_by_rrn_and_bill() -> None:
    clinic = Clinic()
    heard = _heard(clinic)
    clinic.pay()
    reserved, confirmed = heard
    assert (reserved.mti, confirmed.mti) == ("0200", "0220")
    assert reserved.get(37) == confirmed.get(37) == clinic.row("000003").record.rrn
    assert reserved.get(102) == confirmed.get(102) == BILL
    assert reserved.get(4) == confirmed.get(4)
    assert reserved.get(2) == PAN


def test_a_void_names_the_payment_that_it_undoes_and_a_payment_none() -> None:
    clinic = Clinic()
    heard = _heard(clinic)
    clinic.pay("000003")
    clinic.void("000004", "000003")
    paid, _, voided, _ = heard
    assert voided.get(103) == paid.get(37) == clinic.row("000003").record.rrn
    assert 103 not in paid.fields


def test_what_is_repeated_tells_nothing_of_card_or_person() -> None:
    clinic = Clinic()
    heard = _heard(clinic)
    clinic.pay()
    assert not {2, 14, 35, 52, 55} & heard[-1].fields.keys()
    assert heard[-1].get(48) == f"SSS1003PAYS5{len(BILL):03d}{BILL}"
    assert not {14, 35, 52, 55} & heard[0].fields.keys()


def test_a_repeat_has_the_repeat_s_message_type() -> None:
    clinic = Clinic()
    clinic.temper("022", ignores=True)
    clinic.pay()
    heard = _heard(clinic)
    clinic.pass_time(30_000)
    assert {message.mti for message in heard} == {"0221"}
