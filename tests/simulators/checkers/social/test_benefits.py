"""A benefit is paid once, and is what its result says."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from simulators.accounts import Accounts, Debit, Origin
from simulators.cards import FIRST_PAN, Card
from simulators.checkers.social.benefits import check
from simulators.installation import SOCIAL_HOST, Size, configuration
from simulators.world.history import History
from switch.core.operations import Row
from switch.core.social.payouts import TERMINAL, Payout, fingerprint_of, key_of
from switch.core.transaction import State
from tests.simulators import recording

ORDER = Payout("100100000001", FIRST_PAN, 11_500, "1001")
CITY = configuration(Size(social=True))


def _row(state: State) -> Row:
    made = recording.row(state)
    key = key_of(ORDER, SOCIAL_HOST, CITY)
    return replace(made, key=key, fingerprint=fingerprint_of(ORDER))


def _history(times: int, *rows: Row) -> History:
    books = Accounts()
    books.open(Card(), 0)
    for number in range(times):
        origin = Origin("0618093000", f"{number:06d}", "1", "1")
        books.pay_in(
            Debit(origin=origin, pan=FIRST_PAN, amount_fen=11_500, rrn="1", terminal=TERMINAL)
        )
    history = recording.ended(rows=list(rows), issuers=[recording.side(books)], payouts=(ORDER,))
    history.configuration = CITY
    return history


@pytest.mark.parametrize(
    ("times", "state", "told"),
    [
        (1, State.APPROVED, ""),
        (0, State.DECLINED, ""),
        (1, State.ADVICE_EXPIRED, ""),
        (0, State.ADVICE_EXPIRED, ""),
        (2, State.APPROVED, "was paid 2 times"),
        (0, State.APPROVED, "was not paid, and is paid"),
        (1, State.DECLINED, "was paid, and is rejected"),
        (1, State.ADVISED, "is still pending"),
    ],
)
def test_what_the_bank_paid_is_held_against_the_result(times: int, state: State, told: str) -> None:
    found = list(check(_history(times, _row(state))))
    assert [each for each in found if told in each] if told else not found


def test_what_was_paid_and_not_recorded_or_not_ordered_is_found() -> None:
    assert not list(check(_history(0)))
    assert "is not in the ledger" in next(check(_history(1)))
    ordered = _history(1, _row(State.APPROVED))
    ordered.end = replace(ordered.end, payouts=(replace(ORDER, number="100100000002"),))
    found = list(check(ordered))
    assert any("nobody ordered" in each for each in found)


def test_without_orders_there_is_nothing_to_find() -> None:
    assert not list(check(recording.blank()))
