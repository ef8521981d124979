"""Each approval of an issuer was answered as approved, or reversed and acknowledged."""

from __future__ import annotations

import pytest

from simulators.checkers.books.approvals import check
from simulators.terminal_memory import Unresolved
from simulators.world.history import History
from switch.core.transaction import State
from tests.simulators import recording
from tests.simulators.recording import RRN


def test_the_planted_bug_is_seen() -> None:
    assert recording.sees(check, "double-debit")


def test_healthy_worlds_keep_the_promise() -> None:
    assert recording.is_content(check)


def _ended(state: State, *, gives_back: bool = False) -> History:
    side = recording.side(recording.accounts(gives_back=gives_back))
    return recording.ended(rows=[recording.row(state)], issuers=[side], memories=recording.memory())


def test_an_approval_that_was_told_is_good() -> None:
    history = _ended(State.APPROVED)
    recording.told(history, "0210", {37: RRN, 39: "00"})
    assert not list(check(history))


def test_an_approval_that_nobody_was_told_is_seen() -> None:
    assert list(check(_ended(State.APPROVED))) == [
        f"{RRN} is approved in the ledger, and no terminal was told or knows"
    ]


def test_an_approval_that_the_terminal_keeps_for_reconciliation_is_good() -> None:
    history = _ended(State.APPROVED)
    history.end.memories["50010001"].unresolved.append(
        Unresolved(
            terminal="50010001", batch="000001", stan="000001", amount_fen=50_000, why="silence"
        )
    )
    assert not list(check(history))


@pytest.mark.parametrize(
    ("state", "gives_back", "words"),
    [
        (State.APPROVED, True, "is approved in the ledger, and the issuer gave it back"),
        (State.REVERSED, False, "is reversed in the ledger, and the issuer kept the money"),
        (State.DECLINED, False, "was approved by the issuer and is DECLINED"),
        (State.IN_DOUBT, False, "was approved by the issuer and is IN_DOUBT"),
    ],
)
def test_books_that_contradict_each_other_are_seen(
    state: State, words: str, *, gives_back: bool
) -> None:
    assert list(check(_ended(state, gives_back=gives_back))) == [f"{RRN} {words}"]


@pytest.mark.parametrize(
    ("state", "gives_back"), [(State.REVERSED, True), (State.REVERSAL_EXPIRED, False)]
)
def test_reversed_money_and_manual_cases_are_good(state: State, *, gives_back: bool) -> None:
    assert not list(check(_ended(state, gives_back=gives_back)))


def test_a_debit_that_the_ledger_lacks_is_seen() -> None:
    history = recording.ended(issuers=[recording.side(recording.accounts())])
    assert list(check(history)) == [f"bank debited {RRN} (000777), which the ledger lacks"]


def test_money_that_was_given_back_twice_is_seen() -> None:
    books = recording.accounts(gives_back=True)
    books.movements.append(books.movements[-1])
    history = recording.ended(rows=[recording.row(State.REVERSED)], issuers=[recording.side(books)])
    assert list(check(history)) == ["bank gave 1 withdrawals back twice"]
