"""No bill is paid, or stays reserved, without a debit."""

from __future__ import annotations

from simulators.checkers.social.bills import check
from switch.core.social.bill import BillState
from switch.core.transaction import State
from tests.simulators import recording
from tests.simulators.checkers import social

_PAID = social.row(State.APPROVED, BillState.CONFIRMED)


def test_a_bill_and_its_debit_that_agree_are_content() -> None:
    assert not list(check(social.history(social.books(), _PAID)))
    gone = social.books(confirms=False, cancels=True)
    assert not list(check(social.history(gone, debits=False)))
    assert not list(check(recording.blank()))


def test_a_paid_bill_without_a_debit_is_found() -> None:
    [found] = check(social.history(social.books(), _PAID, debits=False))
    assert f"bill {social.BILL} is paid by {recording.RRN}, and no card was" in found
    [found] = check(social.history(social.books(), _PAID, gives_back=True))
    assert found.rrn == recording.RRN


def test_a_bill_that_stays_reserved_is_found() -> None:
    declined = social.row(State.DECLINED, BillState.CANCELLED)
    held = social.history(social.books(confirms=False), declined, debits=False)
    [found] = check(held)
    assert "stays reserved" in found


def test_what_a_person_looks_at_is_excused() -> None:
    host = social.books(confirms=False)
    person = social.row(State.DECLINED, BillState.PERSON)
    assert not list(check(social.history(host, person, debits=False)))
    expired = social.row(State.REVERSAL_EXPIRED, BillState.RESERVING)
    assert not list(check(social.history(host, expired)))


def test_a_bill_whose_funds_bear_all_of_it_needs_no_debit() -> None:
    free = social.row(State.APPROVED, BillState.CONFIRMED, 0)
    assert not list(check(social.history(social.books(), free, debits=False)))
