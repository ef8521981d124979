"""The books: one fen that is missing somewhere is seen, and where."""

from __future__ import annotations

from simulators.load.books import LedgerBook, issuer_checks, ledger_checks, own_checks
from simulators.load.driving.banks import Book
from simulators.load.measuring.results import Accounts

_PAID = {"50010001": 5_000, "50010002": 700}


def _accounts() -> Accounts:
    return Accounts(
        intended=9, outcomes={"approved": 6, "declined": 3}, approved_fen=dict(_PAID), reversed=2
    )


def test_books_that_agree_hold() -> None:
    books = [
        Book(issuer=0, standing_fen={"50010001": 5_000}),
        Book(issuer=1, standing_fen={"50010002": 700}),
    ]
    checks = own_checks(_accounts()) + issuer_checks(_accounts(), books)
    checks += ledger_checks(_accounts(), LedgerBook(approved_fen=dict(_PAID)))
    assert all(check.holds for check in checks)
    assert len(checks) == 7


def test_a_missing_end_and_an_owed_reversal_are_seen() -> None:
    accounts = _accounts()
    accounts.intended, accounts.owed = 10, 1
    assert [check.holds for check in own_checks(accounts)] == [False, False]


def test_an_issuer_that_differs_is_seen_by_terminal() -> None:
    books = [Book(issuer=0, standing_fen={"50010001": 5_001, "50010002": 700}, balances=False)]
    balance, same = issuer_checks(_accounts(), books)
    assert not balance.holds
    assert not same.holds
    assert "50010001: 5000 and 5001 fen" in same.said
    assert issuer_checks(_accounts(), []) == []
    assert [check.holds for check in issuer_checks(_accounts(), None)] == [False]


def test_a_run_of_nothing_holds_nothing() -> None:
    ends, _ = own_checks(Accounts())
    assert (ends.holds, ends.said) == (False, "nothing was intended")


def test_a_ledger_that_differs_or_has_not_settled_is_seen() -> None:
    ledger = LedgerBook(approved_fen={"50010001": 5_000}, open_count=1, over_cap=1)
    assert [check.holds for check in ledger_checks(_accounts(), ledger)] == [False] * 3
