"""What voids and refunds take of their originals: never twice, never too much, and given back."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from switch.core.errors import InvariantBroken
from switch.core.operations import FindByRrn, Operation, Taking
from switch.core.outcomes import (
    Claimed,
    NotReversible,
    Opened,
    OriginalNotFound,
    Overtaken,
    Repeated,
    ReversalQueued,
    Spent,
    Superseded,
)
from switch.core.transaction import State
from switch.ledger.decide import decide
from tests.switch.ledger.making import (
    acknowledging,
    advising,
    answer,
    attempt,
    claiming,
    closing,
    freeing,
    key,
    opening,
    reversing,
    rrn,
    voiding,
)
from tests.switch.ledger.test_decide import last, row_of, run


def test_what_was_sold_is_voided_once() -> None:
    sold = (opening(1), closing(2))
    assert last(*sold, voiding(3, 2)) == Opened(0, 0)
    stored, (outcome,) = run([*sold, voiding(3, 2), closing(4, 2)], [voiding(5, 3)])
    assert isinstance(outcome, Spent)
    assert row_of(outcome).taken_fen == 50_000
    assert key(3) not in stored.transactions


def test_a_void_that_is_still_open_or_in_doubt_keeps_what_it_took() -> None:
    sold = (opening(1), closing(2), voiding(3, 2))
    assert isinstance(last(*sold, voiding(5, 3)), Spent)
    assert isinstance(last(*sold, closing(4, 2, State.IN_DOUBT), voiding(5, 3)), Spent)
    expired = acknowledging(5, 2, State.REVERSAL_EXPIRED)
    assert isinstance(last(*sold, closing(4, 2, State.IN_DOUBT), expired, voiding(6, 3)), Spent)


@pytest.mark.parametrize(
    "ends",
    [
        (closing(4, 2, State.DECLINED),),
        (closing(4, 2, State.UNSENT),),
        (closing(4, 2), reversing(5, 2), acknowledging(6, 2)),
    ],
)
def test_a_void_that_came_to_nothing_or_was_reversed_restores_the_sale(
    ends: tuple[Operation, ...],
) -> None:
    sold = (opening(1), closing(2), voiding(3, 2))
    assert last(*sold, *ends, voiding(7, 3)) == Opened(0, 0)


def test_refunds_add_up_to_the_amount_and_no_fen_more() -> None:
    sold = (opening(1), closing(2), advising(3, 2, fen=20_000), advising(4, 3, fen=29_999))
    assert last(*sold, advising(5, 4, fen=1)) == Opened(0, 0)
    assert isinstance(last(*sold, advising(5, 4, fen=2)), Spent)
    assert isinstance(last(*sold, voiding(5, 4)), Spent)


@pytest.mark.parametrize(
    "before",
    [
        (opening(1),),
        (opening(1), closing(2, 1, State.DECLINED)),
        (opening(1), closing(2, 1, State.IN_DOUBT)),
        (opening(1), closing(2), reversing(3), acknowledging(4)),
    ],
)
def test_nothing_is_taken_of_what_is_not_approved(before: tuple[Operation, ...]) -> None:
    assert isinstance(last(*before, voiding(5, 2)), Spent)
    assert last(voiding(5, 2)) == OriginalNotFound()
    assert last(reversing(4), voiding(5, 2)) == OriginalNotFound()


def test_what_something_was_taken_of_is_not_reversed_any_more() -> None:
    for taken in (voiding(3, 2), advising(3, 2)):
        assert isinstance(last(opening(1), closing(2), taken, reversing(4)), NotReversible)
        doubt = last(opening(1), closing(2), taken, closing(4, 1, State.IN_DOUBT))
        assert isinstance(doubt, Superseded)


def test_an_advice_is_queued_at_once_and_approved_when_its_issuer_has_it() -> None:
    stored, outcomes = run([opening(1), closing(2)], [advising(3, 2), claiming(4)])
    row = stored.transactions[key(2)]
    assert row.state is State.ADVISED
    assert row.answer == answer()
    assert isinstance(outcomes[1], Claimed)
    assert outcomes[1].advices[0].row == row
    done = decide([acknowledging(5, 2, State.APPROVED)], stored)
    assert row_of(done.outcomes[0]).state is State.APPROVED
    assert done.written.advices == {key(2): None}


def test_an_advice_that_its_issuer_refused_is_ended_by_a_person() -> None:
    sold = (opening(1), closing(2), advising(3, 2, fen=50_000))
    refused = acknowledging(4, 2, State.ADVICE_EXPIRED)
    assert isinstance(last(*sold, refused, voiding(5, 3)), Spent)
    for end, again in ((State.APPROVED, Spent), (State.DECLINED, Opened)):
        ended = acknowledging(6, 2, end)
        assert isinstance(last(*sold, refused, ended, voiding(7, 3)), again)
    # What a bank may refuse for good, as it does a pay-out, takes nothing any more.
    declined = acknowledging(4, 2, State.DECLINED)
    assert isinstance(last(*sold, declined, voiding(5, 3)), Opened)


def test_a_repeated_advice_takes_nothing_more() -> None:
    sold = (opening(1), closing(2), advising(3, 2, fen=30_000))
    assert last(*sold, advising(3, 2, fen=30_000)) == Opened(0, 0)
    assert isinstance(last(*sold, advising(4, 2, fen=30_000)), Repeated)
    stored, _ = run([*sold, advising(4, 2, fen=30_000)])
    assert stored.transactions[key()].taken_fen == 30_000


def test_a_transaction_is_found_by_its_rrn() -> None:
    outcome = last(opening(1, 3), FindByRrn(attempt(2), rrn(3)))
    assert row_of(outcome).key == key(3)
    assert last(opening(1, 3), FindByRrn(attempt(2), rrn(4))) == OriginalNotFound()


def test_nothing_is_taken_for_nothing() -> None:
    with pytest.raises(InvariantBroken):
        last(opening(1), closing(2), voiding(3, 2, fen=0))


_COMPLETED = (opening(1), closing(2), voiding(3, 2, of=1), closing(4, 2))


def test_a_voided_completion_frees_its_authorisation_once_the_void_is_approved() -> None:
    assert isinstance(last(*_COMPLETED, voiding(5, 3, of=1)), Spent)
    voided = (*_COMPLETED, freeing(5, 3, of=2))
    assert isinstance(last(*voided, voiding(7, 4, of=1)), Spent)  # it is still in flight
    assert isinstance(last(*voided, closing(6, 3, State.IN_DOUBT), voiding(7, 4, of=1)), Spent)
    stored, _ = run([*voided, closing(6, 3)])
    assert stored.transactions[key(1)].taken_fen == 0
    assert last(*voided, closing(6, 3), voiding(7, 4, of=1)) == Opened(0, 0)
    assert isinstance(last(*voided, closing(6, 3), reversing(7, 1)), ReversalQueued)


def test_a_void_that_is_reversed_restores_the_completion_with_all_it_took() -> None:
    voided = (*_COMPLETED, freeing(5, 3, of=2), closing(6, 3))
    stored, _ = run([*voided, reversing(7, 3), acknowledging(8, 3)])
    assert stored.transactions[key(1)].taken_fen == 50_000
    assert stored.transactions[key(2)].taken_fen == 0
    assert isinstance(last(*voided, reversing(7, 3), voiding(9, 4, of=1)), Spent)


@pytest.mark.parametrize(
    "used",
    [(voiding(7, 4, of=1),), (voiding(7, 4, of=1), closing(8, 4)), (reversing(7, 1),)],
    ids=["in flight", "completed again", "reversed"],
)
def test_a_void_is_not_reversed_once_what_it_freed_is_in_use(used: tuple[Operation, ...]) -> None:
    voided = (*_COMPLETED, freeing(5, 3, of=2), closing(6, 3))
    assert isinstance(last(*voided, *used, reversing(20, 3)), NotReversible)


def test_a_refund_that_was_priced_before_another_is_priced_anew() -> None:
    sold = (opening(1), closing(2))

    def priced(number: int, stan: int, before_fen: int) -> Operation:
        refund = advising(number, stan, of=1, fen=20_000)
        return replace(refund, taking=Taking(key(1), 20_000, before_fen))

    first = (*sold, priced(3, 2, 0))
    overtaken = last(*first, priced(4, 3, 0))
    assert isinstance(overtaken, Overtaken)
    assert overtaken.row.taken_fen == 20_000
    assert last(*first, priced(4, 3, 0), priced(5, 3, 20_000)) == Opened(0, 0)
    assert isinstance(last(*first, priced(4, 3, 20_000), priced(5, 4, 40_000)), Spent)
