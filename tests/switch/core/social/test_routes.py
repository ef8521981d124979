"""Social services go to the host over 金保专网 only, whatever the financial access is."""

from __future__ import annotations

from msgspec.structs import replace

from routing.links import LinkClass
from switch.core.configuration import Acquirer, Issuer
from switch.core.events import LinkDisconnected
from switch.core.rules import Rule
from switch.core.transaction import State
from tests.switch.core.social import BILL, DUE_FEN, Clinic


def test_an_inquiry_goes_to_the_host_and_to_no_bank() -> None:
    clinic = Clinic()
    clinic.serve("inquiry", "000003", S1="QRY")
    assert clinic.code == "00"
    assert clinic.tags()["S3"] == "310"
    assert "正常参保" in clinic.tags()["S7"]
    row = clinic.row("000003")
    assert (row.record.kind, row.record.link, row.state) == (
        "social_inquiry",
        "social",
        State.APPROVED,
    )
    assert Rule.ROUTE_SOCIAL in row.record.trace
    assert not clinic.requests()


def test_an_inquiry_needs_no_line_to_a_bank() -> None:
    clinic = Clinic()
    clinic.happen(LinkDisconnected("bank"))
    clinic.serve("inquiry", "000003", S1="PAY")
    assert clinic.code == "00"
    assert clinic.tags()["S5"] == BILL
    assert clinic.tags()["S7"].startswith("应付 120.00")


def test_what_became_of_a_bill_can_be_asked_and_printed_again() -> None:
    clinic = Clinic()
    clinic.pay("000003")
    first = clinic.tags()["S7"]
    clinic.serve("inquiry", "000004", S1="QRY", S5=BILL)
    assert clinic.tags()["S7"] == first


def test_benefits_are_asked_for() -> None:
    clinic = Clinic()
    clinic.serve("benefit", "000003", S1="BEN")
    assert "1001 115.00 待发放" in clinic.tags()["S7"]


def test_an_unknown_person_is_told_so() -> None:
    clinic = Clinic()
    clinic.serve("inquiry", "000003", S1="QRY", S6="9999999999")
    assert clinic.code == "05"
    assert clinic.tags()["S7"] == "查无此人"


def test_a_silent_host_is_told_as_such_and_nothing_is_reversed() -> None:
    clinic = Clinic()
    clinic.temper("0100", ignores=True)
    clinic.serve("inquiry", "000003", S1="QRY")
    clinic.pass_time(9_000)
    assert clinic.code == "98"
    assert clinic.row("000003").state is State.DECLINED
    assert not clinic.reversals()


def test_a_payload_that_is_wrong_is_a_format_error() -> None:
    clinic = Clinic()
    clinic.serve("contribution", "000003", DUE_FEN, S1="FEE", S5=BILL)
    assert clinic.code == "30"
    assert clinic.report("declined")["why"] == "S1 is none of PAY"


def test_a_bank_link_does_not_lead_to_the_host() -> None:
    clinic = Clinic()
    line = replace(clinic.configuration.links["social"], link_class=LinkClass.BANK)
    clinic.reconfigure(links={**clinic.configuration.links, "social": line})
    clinic.serve("inquiry", "000003", S1="QRY")
    assert clinic.code == "92"
    clinic.pay("000004")
    assert clinic.code == "92"


def test_the_host_is_reached_whatever_the_acquirer_registered() -> None:
    acquirer = Acquirer(
        id="99900000", name="A", other_cards_from=None, access=LinkClass.BANK, alternate=None
    )
    clinic = Clinic(acquirers={acquirer.id: acquirer})
    clinic.pay()
    assert clinic.code == "00"


def test_without_a_host_a_void_of_a_bill_is_not_begun() -> None:
    clinic = Clinic()
    clinic.pay("000003")
    clinic.reconfigure(social_host=Issuer(id="99980000", name="none", links=()))
    clinic.void("000004", "000003")
    assert clinic.code == "92"
    assert clinic.due().paid_by
