"""Social services: what the host answers, which bills it remembers, and who may ask."""

from __future__ import annotations

from simulators.conformance.driving.trial import Trial, run
from simulators.conformance.judging.host import Host
from simulators.conformance.judging.recognition import case_of
from simulators.conformance.judging.station import Bill, Station
from simulators.conformance.services import is_service, judge_services, unpay
from simulators.terminals.services import told
from tests.simulators.conformance import frames
from tests.simulators.conformance.judging.talking import heard


def _host(*cases: str) -> Host:
    return run(Trial(cases=cases, is_composite=True)).host


def test_an_inquiry_is_answered_with_a_bill_and_its_payment_is_remembered() -> None:
    (station,) = _host("bill-payment").stations.values()
    assert {(b.number, b.to_pay_fen, b.paid_fen) for b in station.bills.values()} == {
        ("C2026000131", 13_100, 13_100)
    }
    assert all(bill.paid for bill in station.bills.values())


def test_a_payment_that_was_reversed_or_voided_does_not_stand() -> None:
    for case in ("bill-unanswered", "fee-void"):
        (station,) = _host(case).stations.values()
        assert not any(bill.paid for bill in station.bills.values()), case


def test_a_refusal_tells_so_and_names_no_bill() -> None:
    (station,) = _host("unknown-person").stations.values()
    assert not station.bills
    assert station.out is not None
    assert station.out.code == "05"


def test_what_is_no_service_is_left_alone_and_a_service_needs_a_composite_terminal() -> None:
    plain = heard(frames.WITHDRAWAL)
    assert not is_service(plain)
    (only,) = judge_services(Station("50010001"), plain, is_composite=False)
    assert (only.check, only.ok) == ("service-class", True)
    notes = run(Trial(cases=("social-inquiry",), is_composite=True)).notes
    (asked,) = (n.heard for n in notes if n.heard and is_service(n.heard))
    assert told(asked.get("62"))["S1"] == "QRY"
    first, *_ = judge_services(Station("50010001"), asked, is_composite=False)
    assert not first.ok


def test_only_the_payment_with_that_stan_is_taken_back() -> None:
    station = Station("50010001")
    station.bills = {
        stan: Bill(number=stan, to_pay_fen=1, paid=stan, paid_fen=1)
        for stan in ("000001", "000002")
    }
    unpay(station, "000001")
    assert [bill.paid for bill in station.bills.values()] == ["", "000002"]


def test_a_bill_may_be_asked_for_again_and_a_copy_of_a_payment_is_no_second_one() -> None:
    ran = run(Trial(cases=("bill-payment",), is_composite=True))
    (station,) = ran.host.stations.values()
    payment = next(
        n.heard for n in ran.notes if n.heard and n.heard.transaction == "social_payment"
    )
    about = {
        j.about.get("cause"): j.ok for j in judge_services(station, payment, is_composite=True)
    }
    assert about["once"]
    query = next(n.heard for n in ran.notes if n.heard and n.heard.transaction == "social_inquiry")
    case = case_of(ran.host.suite, station, query)
    assert case is not None
    assert case.id == "bill-query"
