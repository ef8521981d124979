"""A transfer as its terminal and the banks see it: debit first, then credit, then the answer."""

from __future__ import annotations

import pytest

from messages.codec import Codec
from messages.dialects.rules import classify, findings
from switch.core.configuration import Cap
from switch.core.operations import Acknowledge, Launch
from switch.core.rules import Rule
from switch.core.terminals.refusals import TOLD_EVERY_MS
from switch.core.transaction import State
from tests.switch.core.stage import INTERBANK, PAN
from tests.switch.core.stage.moving import (
    AMOUNT_FEN,
    KINDS,
    PAYEE,
    Books,
    counter,
    is_credit,
    is_debit,
    rows,
    send,
    states,
    take_back,
)

BOTH = (-AMOUNT_FEN, AMOUNT_FEN)
NONE = (0, 0)
HOUR_MS = 3_600_000
WITHDRAWALS = Cap(20110101, 100_000, "177")


@pytest.mark.parametrize("kind", KINDS)
def test_the_debit_goes_first_and_both_legs_are_rows_of_their_own(kind: str) -> None:
    books = Books()
    stage = counter(books)
    send(stage, kind)
    assert stage.code == "00"
    assert [(fields[3], fields[2]) for fields in stage.requests()] == [
        ("400000", PAN),
        ("460000", PAYEE),
    ]
    assert all((f[102], f[103]) == (PAN, PAYEE) for f in stage.requests())
    assert books.moved == BOTH
    parent, debit, credit = rows(stage)
    assert parent is not None
    assert debit is not None
    assert credit is not None
    assert states(stage) == ("APPROVED", "APPROVED", "APPROVED")
    assert parent.linked == (debit.key, credit.key)
    assert debit.linked == credit.linked == (parent.key,)
    assert debit.key.bucket == parent.key.bucket != credit.key.bucket
    assert [row.record.kind for row in (parent, debit, credit)] == [
        kind,
        f"{kind}_debit",
        f"{kind}_credit",
    ]
    assert len({row.record.rrn for row in (parent, debit, credit)}) == 3
    assert parent.answer is not None
    assert stage.last()[37] == parent.record.rrn == parent.answer.rrn
    assert stage.last()[38] == "A00002"


def test_the_messages_of_both_legs_keep_the_interbank_rules() -> None:
    books = Books()
    books.is_mute = lambda mti, fields: is_credit(mti, fields) and mti == "0200"
    stage = counter(books)
    send(stage)
    stage.pass_time(50_000)
    sent = [each for each in stage.sent if each[0][1] != "8"]
    assert [mti for mti, _ in sent] == ["0200", "0200", "0220"]
    for mti, fields in sent:
        found = classify(INTERBANK, mti, {str(n): text for n, text in fields.items()})
        message = Codec(INTERBANK).decode(Codec(INTERBANK).encode(mti, fields), 0)
        assert [f for f in findings(INTERBANK, message, found) if f.field != "26"] == []


def test_neither_card_is_kept_in_clear() -> None:
    stage = counter()
    send(stage)
    told = repr([*stage.ledger.transactions(), *stage.reports])
    assert PAN not in told
    assert PAYEE not in told
    assert "张三" not in told


@pytest.mark.parametrize("code", ["51", "14", "A0"])
def test_a_refused_debit_credits_nobody(code: str) -> None:
    books = Books()
    books.code = lambda mti, fields: code if is_debit(mti, fields) else ""
    stage = counter(books)
    send(stage)
    assert stage.code == ("96" if code == "A0" else code)
    assert books.moved == NONE
    assert states(stage) == ("DECLINED", "DECLINED", "UNSENT")
    assert len(stage.requests()) == 1


def test_the_debit_of_a_refused_credit_is_reversed() -> None:
    books = Books()
    books.code = lambda mti, fields: "A3" if is_credit(mti, fields) else ""
    stage = counter(books)
    send(stage)
    assert stage.code == "A3"
    stage.pass_time(1_000)
    assert books.moved == NONE
    assert states(stage) == ("DECLINED", "REVERSED", "DECLINED")
    assert [(fields[3], fields[102], fields[103]) for fields in stage.reversals()] == [
        ("400000", PAN, PAYEE)
    ]


def test_a_debit_of_unknown_outcome_is_reversed_and_credits_nobody() -> None:
    books = Books()
    books.is_mute = is_debit
    stage = counter(books)
    send(stage)
    stage.pass_time(50_000)
    assert stage.code == "98"
    books.is_mute = lambda _mti, _fields: False
    stage.pass_time(HOUR_MS)
    assert books.moved == NONE
    assert states(stage) == ("DECLINED", "REVERSED", "UNSENT")


@pytest.mark.parametrize("is_done", [True, False])
def test_a_credit_of_unknown_outcome_is_repeated_until_it_is_answered(*, is_done: bool) -> None:
    books = Books()

    def first(mti: str, fields: dict[int, str]) -> bool:
        return is_credit(mti, fields) and mti == "0200"

    if is_done:
        books.is_mute = first
    else:
        books.is_silent = first
    stage = counter(books)
    send(stage)
    stage.pass_time(50_000)
    sent = [(mti, f[7], f[11]) for mti, f in stage.sent if is_credit(mti, f)]
    assert [mti for mti, _, _ in sent] == ["0200", "0220"]
    assert len({key[1:] for key in sent}) == 1
    assert stage.code == "00"
    assert books.moved == BOTH
    assert states(stage) == ("APPROVED", "APPROVED", "APPROVED")


def test_what_the_terminal_was_told_98_of_is_taken_back_when_the_credit_is_answered() -> None:
    books = Books()
    books.is_mute = is_credit
    stage = counter(books)
    send(stage)
    stage.pass_time(56_000)
    assert stage.code == "98"
    assert states(stage) == ("REVERSING", "APPROVED", "CREDITING")
    books.is_mute = lambda _mti, _fields: False
    stage.pass_time(HOUR_MS)
    assert states(stage) == ("REVERSED", "REVERSED", "REVERSED")
    assert books.moved == NONE
    assert [fields[3] for fields in stage.reversals()] == ["460000", "400000"]


@pytest.mark.parametrize("code", ["09", "68", "98", "A0"])
def test_an_answer_that_says_nothing_of_the_account_is_asked_again(code: str) -> None:
    books = Books()
    books.code = lambda mti, fields: code if is_credit(mti, fields) else ""
    stage = counter(books)
    send(stage)
    assert states(stage)[2] == "CREDITING"
    assert stage.report("credit_undecided")["code"] == code
    books.code = lambda _mti, _fields: ""
    stage.pass_time(50_000)
    assert stage.code == "00"
    assert books.moved == BOTH


def test_a_terminal_takes_an_answered_transfer_back_leg_by_leg() -> None:
    books = Books()
    stage = counter(books)
    send(stage)
    take_back(stage)
    assert stage.code == "00"
    stage.pass_time(HOUR_MS)
    assert books.moved == NONE
    assert states(stage) == ("REVERSED", "REVERSED", "REVERSED")
    take_back(stage)
    assert stage.code == "00"
    assert len(stage.reversals()) == 2


def test_a_credit_that_its_bank_does_not_give_back_keeps_the_debit_for_a_person() -> None:
    books = Books()
    stage = counter(books)
    send(stage)
    books.code = lambda mti, fields: "51" if mti[1] == "4" and is_credit(mti, fields) else ""
    take_back(stage)
    stage.pass_time(HOUR_MS)
    assert books.moved == BOTH
    assert states(stage) == ("REVERSING", "APPROVED", "REVERSAL_EXPIRED")
    # A person had the payee's bank give it back; the rest follows by itself.
    _, _, credit = rows(stage)
    assert credit is not None
    books.balances[PAYEE] -= AMOUNT_FEN
    stage.ledger.submit([Acknowledge(0, credit.key, State.REVERSED, "by hand")])
    stage.pass_time(HOUR_MS)
    assert books.moved == NONE
    assert states(stage) == ("REVERSED", "REVERSED", "REVERSED")


def test_a_reversal_that_comes_while_the_debit_is_out_ends_with_nothing_moved() -> None:
    books = Books()
    books.is_mute = is_debit
    stage = counter(books)
    send(stage)
    take_back(stage)
    assert stage.code == "00"
    books.is_mute = lambda _mti, _fields: False
    stage.pass_time(HOUR_MS)
    assert books.moved == NONE
    assert states(stage) == ("REVERSED", "REVERSED", "UNSENT")
    assert stage.codes().count("00") == 2  # the sign-on and the 0410: nothing was approved


def test_a_reversal_that_comes_first_keeps_a_transfer_from_ever_beginning() -> None:
    books = Books()
    stage = counter(books)
    take_back(stage)
    assert stage.code == "25"
    send(stage)
    assert stage.code == "25"
    assert books.moved == NONE
    assert stage.requests() == []


def test_a_repeat_is_answered_once_and_moves_nothing_twice() -> None:
    books = Books()
    stage = counter(books)
    send(stage)
    send(stage)
    assert stage.codes()[-2:] == ["00", "94"]
    assert books.moved == BOTH
    again = counter(Books(), repeats_get_stored_answer=True)
    send(again)
    send(again)
    assert again.codes()[-2:] == ["00", "00"]
    assert len(again.requests()) == 2


def test_a_remittance_has_a_counter_of_its_own_on_the_payees_card() -> None:
    books = Books()
    stage = counter(books)
    for stan, fen in (("000003", 150_000), ("000004", 50_000), ("000005", 1)):
        send(stage, "cash_remittance", stan, f4=f"{fen:012d}")
    assert stage.codes()[-3:] == ["00", "00", "61"]
    assert stage.report("declined")["rule"] == Rule.COUNTER_ROOM
    assert books.moved == (-200_000, 200_000)
    # Of the refusal its row tells; that it was a cap, and not a bank, only this does.
    stage.pass_time(TOLD_EVERY_MS)
    (refusal,) = stage.ledger.refusals(20140101, 20991231)
    assert (refusal.code, refusal.reason, refusal.count) == ("", "daily_cap_exceeded", 1)
    # It has nothing to do with what the same card may withdraw, or transfer.
    stage.withdraw("000006", f4="000000100000", f2=PAN)
    assert stage.code == "00"
    send(stage, "transfer", "000007")
    assert stage.code == "00"


def test_what_is_not_credited_gives_the_counter_its_room_back() -> None:
    books = Books()
    stage = counter(books)
    books.code = lambda mti, fields: "A3" if is_credit(mti, fields) else ""
    send(stage, "cash_remittance", "000003", f4="000000200000")
    assert stage.code == "A3"
    books.code = lambda mti, fields: "51" if is_debit(mti, fields) else ""
    send(stage, "cash_remittance", "000004", f4="000000200000")
    assert stage.code == "51"
    books.code = lambda _mti, _fields: ""
    send(stage, "cash_remittance", "000005", f4="000000200000")
    assert stage.code == "00"
    take_back(stage, "cash_remittance", "000005")


def test_a_credit_on_its_way_holds_the_counter() -> None:
    books = Books()
    books.is_silent = is_credit
    stage = counter(books)
    send(stage, "cash_remittance", "000003", f4="000000200000")
    send(stage, "cash_remittance", "000004", f4="000000000100")
    assert stage.code == "61"
    assert stage.report("declined")["held_fen"] == 200_000


def test_a_transfer_counts_on_the_payer_where_a_limit_is_configured() -> None:
    stage = counter(caps=(WITHDRAWALS, Cap(20140101, 60_000, "ours", "transfer")))
    send(stage, "transfer", "000003")
    send(stage, "transfer", "000004")
    assert stage.codes()[-2:] == ["00", "61"]
    free = counter(caps=(WITHDRAWALS,))
    send(free, "transfer", "000003")
    send(free, "transfer", "000004")
    assert free.codes()[-2:] == ["00", "00"]


def test_a_counter_whose_first_limit_is_still_to_come_is_not_open() -> None:
    stage = counter(caps=(WITHDRAWALS, Cap(20140910, 200_000, "235", "remittance")))
    send(stage, "cash_remittance", "000003")
    assert stage.code == "40"
    assert stage.requests() == []


def test_numbers_that_are_lacking_refuse_it_before_anything_is_opened() -> None:
    stage = counter()
    carrying = stage.engine._transfers._carrying
    while carrying._stans.free >= 4:
        carrying._stans.take()
    send(stage)
    assert stage.code == "96"
    assert states(stage) == ("", "", "")


@pytest.mark.parametrize("fate", ["kept", "dropped"])
def test_a_launch_of_unknown_outcome_is_asked_again_and_sent_once(fate: str) -> None:
    books = Books()
    stage = counter(books)
    lost = iter([fate])
    stage.lose = lambda operation: next(lost, "") if isinstance(operation, Launch) else ""
    send(stage)
    stage.pass_time(5_000)
    assert stage.code == "00"
    assert books.moved == BOTH
    assert len(stage.requests()) == 2
