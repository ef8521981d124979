"""Days at a counter: what the customer's account has after everything that a terminal can do."""

from __future__ import annotations

import pytest

from simulators.issuer import Temper
from simulators.requests import BANK_SALE
from simulators.terminal_memory import Kind, Verdict
from switch.core.transaction import State
from tests.scenarios.counter import OPENING_FEN, Counter


@pytest.fixture
def counter() -> Counter:
    """Return a counter that is open."""
    return Counter()


def test_a_sale_is_debited_and_its_void_gives_it_back(counter: Counter) -> None:
    for code in ("", BANK_SALE):
        assert counter.do(Kind.SALE, 300, code=code).verdict is Verdict.APPROVED
        assert counter.balance_fen == OPENING_FEN - 30_000
        sold = counter.slip
        assert counter.do(Kind.VOID, 300, sold).code == "00"
        assert counter.balance_fen == OPENING_FEN
        assert counter.do(Kind.VOID, 300, sold).code == "22"


def test_a_bill_is_paid_and_its_void_reversed_so_that_it_is_paid(counter: Counter) -> None:
    counter.do(Kind.PAYMENT, 120)
    paid = counter.slip
    counter.do(Kind.VOID, 120, paid)
    assert counter.do(Kind.REVERSAL, code="06").verdict is Verdict.APPROVED
    counter.pass_time(3)
    assert counter.balance_fen == OPENING_FEN - 12_000
    assert counter.do(Kind.VOID, 120, paid).code == "00"
    assert counter.balance_fen == OPENING_FEN


def test_refunds_in_parts_reach_the_account_after_the_line_is_back(counter: Counter) -> None:
    counter.do(Kind.SALE, 300)
    sold = counter.slip
    counter.bank.temper = lambda heard: Temper(ignores=heard.mti.startswith("022"))
    assert counter.do(Kind.REFUND, 100, sold).verdict is Verdict.APPROVED
    assert counter.do(Kind.REFUND, 200, sold).verdict is Verdict.APPROVED
    assert counter.do(Kind.REFUND, 1, sold).code == "64"
    counter.pass_time(5)
    assert counter.balance_fen == OPENING_FEN - 30_000
    counter.bank.temper = lambda _: Temper()
    counter.pass_time(120)
    assert counter.balance_fen == OPENING_FEN
    assert {row.state for row in counter.ledger.transactions()} == {State.APPROVED}


@pytest.mark.parametrize("kind", [Kind.COMPLETION, Kind.COMPLETION_ADVICE])
def test_an_authorisation_holds_and_its_completion_debits(counter: Counter, kind: Kind) -> None:
    counter.do(Kind.AUTHORISATION, 1_000)
    assert counter.balance_fen == OPENING_FEN - 100_000
    held = counter.slip
    assert counter.do(kind, 1_150, held).code == "00"
    counter.pass_time(2)
    assert counter.balance_fen == OPENING_FEN - 115_000
    assert counter.do(Kind.AUTHORISATION_VOID, 1_000, held).code == "22"


def test_a_voided_authorisation_frees_what_it_held(counter: Counter) -> None:
    counter.do(Kind.AUTHORISATION, 1_000)
    assert counter.do(Kind.AUTHORISATION_VOID, 1_000, counter.slip).code == "00"
    assert counter.balance_fen == OPENING_FEN


def test_a_voided_completion_is_not_debited(counter: Counter) -> None:
    counter.do(Kind.AUTHORISATION, 1_000)
    counter.do(Kind.COMPLETION, 800, counter.slip)
    assert counter.do(Kind.COMPLETION_VOID, 800, counter.slip).code == "00"
    assert counter.accounts.balance_fen(counter.card.pan) == OPENING_FEN - 100_000
    held = counter.terminal.memory.slips[0]
    assert counter.do(Kind.AUTHORISATION_VOID, 1_000, held).code == "00"
    assert counter.balance_fen == OPENING_FEN


def test_a_voided_completion_whose_void_is_reversed_is_debited(counter: Counter) -> None:
    counter.do(Kind.AUTHORISATION, 1_000)
    held = counter.slip
    counter.do(Kind.COMPLETION, 800, held)
    done = counter.slip
    counter.do(Kind.COMPLETION_VOID, 800, done)
    assert counter.do(Kind.REVERSAL, code="06").verdict is Verdict.APPROVED
    counter.pass_time(3)
    assert counter.balance_fen == OPENING_FEN - 80_000
    assert counter.do(Kind.COMPLETION, 900, held).code == "22"
    assert counter.do(Kind.COMPLETION_VOID, 800, done).code == "00"
    assert counter.do(Kind.COMPLETION, 900, held).code == "00"
    assert counter.balance_fen == OPENING_FEN - 90_000


@pytest.mark.parametrize("kind", [Kind.SALE, Kind.PAYMENT, Kind.AUTHORISATION, Kind.WITHDRAWAL])
def test_silence_ends_in_a_reversal_and_an_untouched_account(counter: Counter, kind: Kind) -> None:
    counter.bank.temper = lambda heard: Temper(delay_ms=500_000 if heard.mti[1] in "12" else 0)
    counter.do(kind, 500)
    counter.pass_time(61)
    assert counter.terminal.results[-1].code == "98"
    assert counter.balance_fen == OPENING_FEN
    counter.bank.temper = lambda _: Temper()
    assert counter.do(Kind.BALANCE).balance_fen == OPENING_FEN
    assert not counter.terminal.memory.owed


def test_a_void_in_silence_leaves_the_sale_as_it_was(counter: Counter) -> None:
    counter.do(Kind.SALE, 300)
    sold = counter.slip
    counter.bank.temper = lambda heard: Temper(
        delay_ms=500_000 if heard.get(3).startswith("20") and heard.mti == "0200" else 0
    )
    counter.do(Kind.VOID, 300, sold)
    counter.pass_time(61)
    assert counter.balance_fen == OPENING_FEN - 30_000
    counter.bank.temper = lambda _: Temper()
    assert counter.do(Kind.VOID, 300, sold).code == "00"
    assert counter.balance_fen == OPENING_FEN


def test_an_echo_and_a_sign_off_touch_nothing(counter: Counter) -> None:
    counter.do(Kind.SALE, 10)
    assert counter.do(Kind.ECHO).code == "00"
    assert counter.do(Kind.SIGN_OFF).code == "00"
    assert counter.do(Kind.BALANCE).balance_fen == OPENING_FEN - 1_000


def test_a_terminal_with_a_track_key_sends_no_clear_track(counter: Counter) -> None:
    assert counter.do(Kind.SIGN_ON, code="004").verdict is Verdict.APPROVED
    assert counter.terminal.memory.tdk is not None
    assert counter.do(Kind.SALE, 20).code == "00"
    assert counter.balance_fen == OPENING_FEN - 2_000
