"""A bill follows its debit in the same commit, and a row has one place in the queue."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from switch.core.errors import InvariantBroken
from switch.core.operations import Operation, Row, SettleBill
from switch.core.outcomes import Closed, Missing, Outcome, Superseded
from switch.core.social.bill import BillState
from switch.core.transaction import State
from switch.ledger.memory import MemoryLedger
from tests.switch.ledger.making import (
    acknowledging,
    answering,
    billing,
    claiming,
    closing,
    key,
    opening,
    reversing,
)


class Book:
    """A memory ledger with one payment."""

    def __init__(self, *operations: Operation) -> None:
        self.ledger = MemoryLedger()
        self.does(billing(1), *operations)

    def does(self, *operations: Operation) -> Outcome:
        """Submit operations one by one; return the last outcome."""
        return [self.ledger.submit([each])[0] for each in operations][-1]

    @property
    def row(self) -> Row:
        return self.ledger.transactions()[0]

    @property
    def legs(self) -> tuple[str, str]:
        assert self.row.bill is not None
        return self.row.state.name, self.row.bill.state.name

    def is_queued(self) -> bool:
        return bool(self.ledger.advices())


def test_an_approval_queues_the_confirmation() -> None:
    book = Book(closing(2))
    assert book.legs == ("APPROVED", "CONFIRMING")
    assert book.is_queued()
    book.does(answering(3))
    assert book.legs == ("APPROVED", "CONFIRMED")
    assert not book.is_queued()
    assert book.row.bill is not None
    assert book.row.bill.told == "00"


@pytest.mark.parametrize("state", [State.DECLINED, State.UNSENT])
def test_what_was_not_debited_queues_the_cancellation(state: State) -> None:
    book = Book(closing(2, state=state))
    assert book.legs == (state.name, "CANCELLING")
    book.does(answering(3, state=BillState.CANCELLED))
    assert book.legs == (state.name, "CANCELLED")
    assert not book.is_queued()


def test_a_bill_that_was_never_reserved_is_not_cancelled() -> None:
    close = replace(closing(2, state=State.UNSENT), bill=BillState.CANCELLED, told="64")
    book = Book(close)
    assert book.legs == ("UNSENT", "CANCELLED")
    assert not book.is_queued()
    assert book.row.bill is not None
    assert book.row.bill.told == "64"


def test_in_doubt_the_reversal_has_the_place_in_the_queue() -> None:
    book = Book(closing(2, state=State.IN_DOUBT))
    assert book.legs == ("IN_DOUBT", "RESERVING")
    book.does(acknowledging(3))
    assert book.legs == ("REVERSED", "CANCELLING")
    assert book.is_queued()
    book.does(answering(4, state=BillState.CANCELLED))
    assert not book.is_queued()


def test_a_reversal_takes_the_place_of_a_confirmation() -> None:
    book = Book(closing(2), reversing(3))
    assert book.legs == ("REVERSING", "CONFIRMING")
    assert isinstance(book.does(answering(4)), Superseded)
    assert book.is_queued()
    book.does(acknowledging(5))
    assert book.legs == ("REVERSED", "CANCELLING")


def test_a_reversal_whose_case_a_person_ends_cancels_the_bill() -> None:
    book = Book(closing(2, state=State.IN_DOUBT), acknowledging(3, state=State.REVERSAL_EXPIRED))
    assert book.legs == ("REVERSAL_EXPIRED", "RESERVING")
    assert not book.is_queued()
    book.does(acknowledging(4))
    assert book.legs == ("REVERSED", "CANCELLING")
    (advice,) = book.does(claiming(5, 10**15)).advices  # type: ignore[union-attr]
    assert advice.row.key == key()


def test_a_refused_confirmation_reverses_the_debit() -> None:
    book = Book(closing(2), answering(3, state=BillState.CANCELLING, told="22"))
    assert book.legs == ("REVERSING", "CONFIRMING")
    again = book.does(answering(4, state=BillState.CANCELLING, told="22"))
    assert isinstance(again, Closed)
    book.does(acknowledging(5))
    assert book.legs == ("REVERSED", "CANCELLING")


def test_a_refused_cancellation_is_a_case_for_a_person_and_can_end() -> None:
    book = Book(closing(2, state=State.DECLINED), answering(3, state=BillState.PERSON, told="12"))
    assert book.legs == ("DECLINED", "PERSON")
    assert not book.is_queued()
    book.does(answering(4, state=BillState.CANCELLED))
    assert book.legs == ("DECLINED", "CANCELLED")


def test_the_same_word_twice_changes_nothing() -> None:
    book = Book(closing(2), answering(3))
    before = book.row
    assert isinstance(book.does(answering(4)), Closed)
    assert book.row == before
    assert isinstance(book.does(answering(5, state=BillState.CANCELLED)), Superseded)
    assert book.row == before


def test_there_is_nothing_to_settle_without_a_bill() -> None:
    ledger = MemoryLedger()
    assert isinstance(ledger.submit([answering(1)])[0], Missing)
    ledger.submit([opening(2)])
    assert isinstance(ledger.submit([answering(3)])[0], Missing)


def test_what_is_no_answer_of_a_host_is_our_own_error() -> None:
    book = Book(closing(2))
    with pytest.raises(InvariantBroken):
        book.does(answering(3, state=BillState.RESERVING))
    with pytest.raises(InvariantBroken):
        book.does(replace(answering(4, state=BillState.CANCELLING), plan=None))


def test_what_a_person_says_of_a_bill_that_stays_is_kept_and_no_repeat_takes_its_place() -> None:
    refused = answering(3, state=BillState.PERSON, told="12")
    book = Book(closing(2, state=State.DECLINED), refused)
    book.does(replace(refused, attempt=0, told="by hand: paid at the counter"))
    book.does(refused)
    assert book.row.bill is not None
    assert book.row.bill.told == "by hand: paid at the counter"
    assert book.legs == ("DECLINED", "PERSON")


def _by_a_person() -> SettleBill:
    """Return a confirmation of no process's attempt."""
    return replace(answering(7), attempt=0)


def _expired(book: Book) -> Book:
    book.does(acknowledging(8, state=State.REVERSAL_EXPIRED))
    return book


@pytest.mark.parametrize("approved", [False, True])
def test_a_person_confirms_a_bill_whose_debit_nobody_gave_back(*, approved: bool) -> None:
    begun = (closing(2), reversing(3)) if approved else (closing(2, state=State.IN_DOUBT),)
    book = _expired(Book(*begun))
    assert book.legs[0] == "REVERSAL_EXPIRED"
    assert not book.is_queued()
    assert isinstance(book.does(_by_a_person()), Closed)
    assert book.legs == ("REVERSAL_EXPIRED", "CONFIRMED")
    # Given back after all: the host is told to let go of what it booked.
    book.does(acknowledging(9))
    assert book.legs == ("REVERSED", "CANCELLING")
    assert book.is_queued()


def test_nobody_confirms_a_bill_whose_reversal_is_on_its_way() -> None:
    book = Book(closing(2, state=State.IN_DOUBT))
    assert isinstance(book.does(_by_a_person()), Superseded)
    assert isinstance(_expired(book).does(answering(7)), Superseded), "a host is no person"
    assert book.legs == ("REVERSAL_EXPIRED", "RESERVING")
