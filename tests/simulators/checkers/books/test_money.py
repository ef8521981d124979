"""Three books kept by three parties: issuer accounts, the ledger, the terminals' slips."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from simulators.checkers.books.money import check
from simulators.terminal_memory import Unresolved
from simulators.world.history import History
from switch.core.transaction import State
from tests.simulators import recording


def test_the_planted_bug_is_seen() -> None:
    assert recording.sees(check, "lost-reversal")


def test_healthy_worlds_keep_the_promise() -> None:
    assert recording.is_content(check)


def _ended(*slips_fen: int, state: State = State.APPROVED, withdraws: bool = True) -> History:
    side = recording.side(recording.accounts(withdraws=withdraws))
    return recording.ended(
        rows=[recording.row(state)], issuers=[side], memories=recording.memory(*slips_fen)
    )


def test_three_books_that_agree_are_good() -> None:
    assert not list(check(_ended(50_000)))


def test_accounts_that_are_down_without_the_ledger_are_seen() -> None:
    assert list(check(_ended(state=State.DECLINED))) == [
        "bank: accounts moved by -50000 fen, the ledger by 0"
    ]


def test_a_ledger_without_a_debit_is_seen() -> None:
    assert list(check(_ended(50_000, withdraws=False))) == [
        "bank: accounts moved by 0 fen, the ledger by -50000"
    ]


def test_a_slip_of_another_amount_is_seen() -> None:
    assert list(check(_ended(49_000))) == [
        "the slip 50010001 000001 000001 of 49000 fen and a fee of 0 is not approved in the ledger"
    ]


def test_an_approval_without_a_slip_is_seen_unless_the_terminal_asks() -> None:
    history = _ended()
    assert list(check(history)) == [
        "50010001 000001 000001 is approved in the ledger, without a slip or a question"
    ]
    history.end.memories["50010001"].unresolved.append(
        Unresolved(
            terminal="50010001", batch="000001", stan="000001", amount_fen=50_000, why="silence"
        )
    )
    assert not list(check(history))


def test_a_slip_printed_twice_is_seen() -> None:
    history = _ended(50_000)
    slips = history.end.memories["50010001"].slips
    slips.append(slips[0])
    assert list(check(history)) == ["50010001 000001 000001 was printed twice"]


def test_a_manual_case_may_differ() -> None:
    assert not list(check(_ended(state=State.REVERSAL_EXPIRED)))


def test_movements_that_do_not_explain_a_balance_are_seen() -> None:
    history = _ended(50_000)
    history.end.issuers[0].accounts.opening_fen += 1
    assert list(check(history)) == ["bank: the movements do not explain the balances"]


def _charged(ledger_fen: int, debited_fen: int, printed_fen: int) -> History:
    history = _ended(50_000)
    [row] = history.end.rows
    history.end.rows[:] = [replace(row, record=replace(row.record, fee_fen=ledger_fen))]
    [side] = history.end.issuers
    accounts = recording.accounts(withdraws=False)
    accounts.withdraw(replace(next(iter(side.accounts.debits.values())), fee_fen=debited_fen))
    history.end.issuers[:] = [replace(side, accounts=accounts)]
    slips = history.end.memories["50010001"].slips
    slips[:] = [replace(slip, fee_fen=printed_fen) for slip in slips]
    return history


def test_a_fee_is_part_of_all_three_books() -> None:
    assert not list(check(_charged(400, 400, 400)))


@pytest.mark.parametrize("fees_fen", [(400, 401, 400), (401, 400, 401), (400, 400, 399)])
def test_a_fee_that_is_one_fen_off_in_one_book_is_seen(fees_fen: tuple[int, int, int]) -> None:
    assert len(list(check(_charged(*fees_fen)))) == 1
