"""An issuer's own books: every movement, nothing twice, nothing in clear."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simulators.accounts import Accounts, Debit, Origin, Use
from simulators.cards import FIRST_PAN, Card, fictional_card


def _origin(number: int) -> Origin:
    return Origin("0618093510", f"{number:06d}", "99900000", "99900000")


def _debit(number: int, amount_fen: int, pan: str = FIRST_PAN) -> Debit:
    return Debit(
        origin=_origin(number),
        pan=pan,
        amount_fen=amount_fen,
        rrn=f"{number:012d}",
        terminal="50010001",
    )


def _accounts(balance_fen: int = 100_000) -> Accounts:
    accounts = Accounts()
    accounts.open(Card(), balance_fen)
    return accounts


def test_what_is_not_there_is_not_paid() -> None:
    accounts = _accounts(1_000)
    assert accounts.withdraw(_debit(1, 1_001)) == "51"
    assert accounts.withdraw(_debit(2, 1_000)) == "00"
    assert accounts.balance_fen(FIRST_PAN) == 0


def test_a_card_of_another_bank_is_unknown() -> None:
    assert _accounts().withdraw(_debit(1, 1_000, fictional_card(9).pan)) == "14"


def test_a_reversal_gives_back_once() -> None:
    accounts = _accounts()
    accounts.withdraw(_debit(1, 30_000))
    assert [accounts.give_back(_origin(1), "000002") for _ in range(3)] == ["00"] * 3
    assert accounts.balance_fen(FIRST_PAN) == 100_000
    assert [movement.amount_fen for movement in accounts.movements] == [-30_000, 30_000]


def test_an_original_after_its_reversal_is_refused() -> None:
    accounts = _accounts()
    assert accounts.give_back(_origin(1), "000002") == "25"
    assert accounts.withdraw(_debit(1, 30_000)) == "22"
    assert not accounts.movements


def test_books_show_no_clear_card() -> None:
    accounts = _accounts()
    accounts.withdraw(_debit(1, 30_000))
    shown = repr(accounts) + repr(accounts.book()) + repr(accounts.debits)
    assert FIRST_PAN not in shown


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 60_000), st.booleans()), max_size=30))
def test_movements_explain_the_balances(steps: list[tuple[int, int, bool]]) -> None:
    accounts = _accounts()
    for number, (key, amount_fen, is_reversal) in enumerate(steps):
        if is_reversal:
            accounts.give_back(_origin(key), f"{number:06d}")
        elif _origin(key) not in accounts.debits:
            accounts.withdraw(_debit(key, amount_fen))
    book = accounts.book()
    assert book.opening_fen + sum(m.amount_fen for m in book.movements) == book.closing_fen
    assert sum(book.balances.values()) == book.closing_fen >= 0


def test_an_account_is_given_back_what_was_voided_once() -> None:
    accounts = _accounts()
    accounts.withdraw(_debit(1, 30_000))
    assert accounts.take(_debit(2, 30_000), _origin(1), Use.VOID) == "00"
    assert accounts.balance_fen(FIRST_PAN) == 100_000
    assert accounts.take(_debit(3, 30_000), _origin(1), Use.VOID) == "22"
    assert accounts.give_back(_origin(1), "000009") == "22"
    assert accounts.give_back(_origin(2), "000009") == "00"
    assert accounts.balance_fen(FIRST_PAN) == 70_000
    assert accounts.take(_debit(4, 30_000), _origin(1), Use.VOID) == "00"


def test_refunds_add_up_and_completions_replace_what_was_held() -> None:
    accounts = _accounts()
    accounts.withdraw(_debit(1, 30_000))
    assert accounts.take(_debit(2, 20_000), _origin(1), Use.REFUND) == "00"
    assert accounts.take(_debit(3, 10_001), _origin(1), Use.REFUND) == "64"
    assert accounts.balance_fen(FIRST_PAN) == 90_000
    accounts.withdraw(_debit(4, 40_000))
    assert accounts.take(_debit(5, 46_000), _origin(4), Use.COMPLETION) == "00"
    assert accounts.balance_fen(FIRST_PAN) == 44_000


def test_what_takes_of_nothing_or_of_another_card_is_refused() -> None:
    accounts = _accounts()
    other = fictional_card(1)
    accounts.open(other, 50_000)
    assert accounts.take(_debit(2, 10_000), _origin(1), Use.VOID) == "25"
    accounts.withdraw(_debit(1, 10_000))
    assert accounts.take(_debit(3, 10_000, other.pan), _origin(1), Use.VOID) == "22"
    accounts.give_back(_origin(1), "000009")
    assert accounts.take(_debit(4, 10_000), _origin(1), Use.VOID) == "25"
    accounts.give_back(_origin(5), "000010")
    assert accounts.take(_debit(5, 10_000), _origin(1), Use.VOID) == "22"


def _charged(number: int, amount_fen: int, fee_fen: int) -> Debit:
    debit = _debit(number, amount_fen)
    debit.fee_fen = fee_fen
    return debit


def test_a_fee_goes_with_the_amount_and_comes_back_with_a_void_or_a_refund() -> None:
    accounts = _accounts()
    accounts.withdraw(_charged(1, 30_000, 100))
    assert accounts.balance_fen(FIRST_PAN) == 69_900
    accounts.take(_charged(2, 30_000, -100), _origin(1), Use.VOID)
    assert accounts.balance_fen(FIRST_PAN) == 100_000
    accounts.withdraw(_charged(3, 30_000, 100))
    accounts.take(_charged(4, 15_000, -50), _origin(3), Use.REFUND)
    assert accounts.balance_fen(FIRST_PAN) == 84_950
    assert accounts.give_back(_origin(4), "000009") == "00"
    assert accounts.balance_fen(FIRST_PAN) == 69_900


def test_a_completion_takes_its_own_fee_and_gives_back_that_of_the_authorisation() -> None:
    accounts = _accounts()
    accounts.withdraw(_charged(1, 30_000, 7))
    accounts.take(_charged(2, 20_000, 11), _origin(1), Use.COMPLETION)
    assert accounts.balance_fen(FIRST_PAN) == 79_989


def test_a_balance_that_misses_the_fee_is_51() -> None:
    assert _accounts(30_099).withdraw(_charged(1, 30_000, 100)) == "51"
