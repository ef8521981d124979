"""No debit for a bill that is neither paid nor given back."""

from __future__ import annotations

from simulators.checkers.social.debits import check
from simulators.social_security.sample import sample_books
from switch.core.social.bill import BillState
from switch.core.transaction import State
from tests.simulators import recording
from tests.simulators.checkers import social

_PAID = social.row(State.APPROVED, BillState.CONFIRMED)


def test_a_paid_bill_and_a_debit_that_was_given_back_are_content() -> None:
    assert not list(check(social.history(social.books(), _PAID)))
    back = social.books(cancels=True)
    reversed_ = social.row(State.REVERSED, BillState.CANCELLED)
    assert not list(check(social.history(back, reversed_, gives_back=True)))


def test_a_debit_whose_bill_is_open_is_found() -> None:
    [found] = check(social.history(social.books(confirms=False), _PAID))
    assert f"{recording.RRN} was debited, and bill {social.BILL} is not paid" in found
    [found] = check(social.history(social.books(cancels=True), _PAID))
    assert found.rrn == recording.RRN


def test_a_debit_of_whose_bill_the_host_never_heard_is_found() -> None:
    unheard = sample_books(range(1))
    assert list(check(social.history(unheard, _PAID)))


def test_what_a_person_looks_at_is_excused() -> None:
    expired = social.row(State.REVERSAL_EXPIRED, BillState.RESERVING)
    assert not list(check(social.history(social.books(confirms=False), expired)))
