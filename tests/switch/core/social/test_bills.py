"""Two legs, one promise: bill and debit of social services, whatever fails between them."""

from __future__ import annotations

import pytest

from switch.core.moment import Moment
from switch.core.operations import Operation, SettleBill
from switch.core.terminals.answers import APPROVED
from tests.switch.core.social import (
    BILL,
    DUE_FEN,
    LEFT_FEN,
    NOTHING_LEFT,
    TREATMENT,
    Clinic,
)
from tests.switch.core.stage import approve, mute, saying, silent

_LONG_MS = 600_000


def test_a_contribution_is_reserved_debited_and_confirmed() -> None:
    clinic = Clinic()
    clinic.pay()
    assert clinic.code == "00"
    assert clinic.legs() == ("APPROVED", "CONFIRMED")
    assert clinic.due().paid_by == clinic.row("000003").record.rrn
    assert f"已缴 {clinic.due().paid_by}" in clinic.tags()["S7"]
    assert [mti for mti, _ in clinic.host.heard_words] == ["0220"]
    assert len(clinic.requests()) == 1


def test_a_settlement_debits_what_the_funds_leave() -> None:
    clinic = Clinic()
    clinic.pay(bill=TREATMENT, fen=LEFT_FEN)
    assert clinic.code == "00"
    assert clinic.requests()[0][4] == "000000006000"
    assert clinic.due(TREATMENT).paid_by
    assert clinic.host.books.persons["9000000000"].account_fen == 50_000 - 6_000


def test_a_settlement_that_the_funds_bear_debits_nothing() -> None:
    clinic = Clinic()
    clinic.pay(bill=NOTHING_LEFT, fen=0)
    assert clinic.code == "00"
    assert not clinic.requests()
    assert clinic.legs() == ("APPROVED", "CONFIRMED")


def test_a_declined_debit_cancels_its_bill() -> None:
    clinic = Clinic(saying("51"))
    clinic.pay()
    assert clinic.code == "51"
    assert clinic.legs() == ("DECLINED", "CANCELLED")
    assert not clinic.due().reserved_by
    assert not clinic.due().paid_by


def test_an_unknown_debit_is_reversed_before_its_bill_is_cancelled() -> None:
    clinic = Clinic(mute)
    clinic.pay()
    clinic.pass_time(46_000)
    assert clinic.code == "98"
    assert clinic.legs() == ("IN_DOUBT", "RESERVING")
    assert clinic.due().reserved_by
    clinic.issue = approve
    clinic.pass_time(_LONG_MS)
    assert clinic.reversals()
    assert clinic.legs() == ("REVERSED", "CANCELLED")
    assert not clinic.due().reserved_by


@pytest.mark.parametrize(
    ("fen", "bill", "code", "said"),
    [
        (DUE_FEN, "C9999999992026", "25", "无此单据"),
        (DUE_FEN - 1, BILL, "64", "金额与单据不符"),
    ],
)
def test_a_bill_that_the_host_refuses_debits_nobody(
    fen: int, bill: str, code: str, said: str
) -> None:
    clinic = Clinic()
    clinic.pay(bill=bill, fen=fen)
    assert clinic.code == code
    assert clinic.tags()["S7"] == said
    assert clinic.legs() == ("UNSENT", "CANCELLED")
    assert not clinic.requests()
    assert clinic.report("bill_refused")["code"] == code
    assert not clinic.host.heard_words


def test_a_paid_bill_is_not_paid_again() -> None:
    clinic = Clinic()
    clinic.pay("000003")
    clinic.pay("000004")
    assert clinic.code == "94"
    assert clinic.tags()["S7"] == "单据已缴费"
    assert len(clinic.requests()) == 1


def test_the_bill_of_another_person_is_not_paid() -> None:
    clinic = Clinic()
    clinic.serve("contribution", "000003", DUE_FEN, S1="PAY", S5=BILL, S6="9000000001")
    assert clinic.code == "05"
    assert clinic.tags()["S7"] == "查无此人"


def test_a_silent_host_is_told_to_cancel_and_the_card_is_not_asked() -> None:
    clinic = Clinic()
    clinic.temper("0200", answers=0)
    clinic.pay()
    clinic.pass_time(9_000)
    assert clinic.code == "91"
    assert not clinic.requests()
    assert clinic.legs() == ("UNSENT", "CANCELLED")
    assert not clinic.due().reserved_by


def test_a_late_answer_to_a_reservation_changes_nothing() -> None:
    clinic = Clinic()
    clinic.temper("0200", delay_ms=9_000)
    clinic.pay()
    clinic.pass_time(_LONG_MS)
    assert clinic.codes().count("00") == 1  # the sign-on
    assert not clinic.due().reserved_by


def test_an_unknown_confirmation_is_repeated_until_it_is_answered() -> None:
    clinic = Clinic()
    clinic.temper("022", ignores=True)
    clinic.pay()
    clinic.pass_time(9_000)
    # The debit is durable and the bill is ours: the terminal is told so.
    assert clinic.code == "00"
    assert clinic.legs() == ("APPROVED", "CONFIRMING")
    clinic.pass_time(_LONG_MS)
    assert clinic.legs() == ("APPROVED", "CONFIRMING")
    clinic.temper("none")
    clinic.pass_time(_LONG_MS)
    assert clinic.legs() == ("APPROVED", "CONFIRMED")
    assert clinic.due().paid_by
    assert clinic.codes().count("00") == 2


def test_a_host_that_is_busy_is_asked_again() -> None:
    clinic = Clinic()
    clinic.temper("022", code="09")
    clinic.pay()
    clinic.pass_time(9_000)
    assert clinic.legs() == ("APPROVED", "CONFIRMING")
    clinic.temper("none")
    clinic.pass_time(_LONG_MS)
    assert clinic.legs() == ("APPROVED", "CONFIRMED")


def test_a_debit_whose_bill_is_not_confirmed_is_given_back() -> None:
    clinic = Clinic()
    clinic.temper("022", code="22")
    clinic.pay()
    assert clinic.code == "22"
    assert clinic.report("bill_not_confirmed")["why"] == "22"
    clinic.pass_time(_LONG_MS)
    assert clinic.legs() == ("REVERSED", "CANCELLED")
    assert len(clinic.reversals()) == 1
    assert not clinic.due().paid_by


def test_a_cancellation_that_is_refused_is_a_case_for_a_person() -> None:
    clinic = Clinic(saying("51"))
    clinic.temper("042", code="12")
    clinic.pay()
    assert clinic.legs() == ("DECLINED", "PERSON")
    assert clinic.report("bill_needs_a_person")["why"] == "12"


def test_a_void_undoes_both_legs() -> None:
    clinic = Clinic()
    clinic.pay("000003")
    clinic.void("000004", "000003")
    assert clinic.code == "00"
    assert clinic.legs("000004") == ("APPROVED", "CONFIRMED")
    assert not clinic.due().paid_by
    assert clinic.row("000003").taken_fen == DUE_FEN
    clinic.pay("000005")
    assert clinic.code == "00"


def test_a_void_that_the_bank_declines_leaves_the_bill_paid() -> None:
    clinic = Clinic()
    clinic.pay("000003")
    clinic.issue = saying("22")
    clinic.void("000004", "000003")
    assert clinic.code == "22"
    assert clinic.legs("000004") == ("DECLINED", "CANCELLED")
    assert clinic.due().paid_by == clinic.row("000003").record.rrn
    assert not clinic.row("000003").taken_fen


def test_a_void_waits_for_the_confirmation_of_what_it_voids() -> None:
    clinic = Clinic()
    clinic.temper("022", ignores=True)
    clinic.pay("000003")
    clinic.pass_time(9_000)
    clinic.void("000004", "000003")
    assert clinic.code == "09"
    assert clinic.report("declined")["bill"] == "CONFIRMING"


def test_a_reversal_undoes_both_legs() -> None:
    clinic = Clinic()
    clinic.pay("000003")
    clinic.reverse_payment("000003")
    assert clinic.code == "00"
    clinic.pass_time(_LONG_MS)
    assert clinic.legs() == ("REVERSED", "CANCELLED")
    assert not clinic.due().paid_by


def test_a_reversal_of_a_void_restores_the_payment() -> None:
    clinic = Clinic()
    clinic.pay("000003")
    clinic.void("000004", "000003")
    clinic.reverse_payment("000004", code="200000")
    assert clinic.code == "00"
    clinic.pass_time(_LONG_MS)
    assert clinic.legs("000004") == ("REVERSED", "CANCELLED")
    assert clinic.legs("000003") == ("APPROVED", "CONFIRMED")
    assert clinic.due().paid_by == clinic.row("000003").record.rrn


def test_a_second_void_of_a_payment_does_not_undo_what_paid_the_bill_since() -> None:
    clinic = Clinic()
    clinic.pay("000003")
    clinic.void("000004", "000003")
    clinic.pay("000005")
    clinic.reverse_payment("000004", code="200000")
    clinic.pass_time(_LONG_MS)
    # The bill is somebody else's by now: a person looks at the first payment.
    assert clinic.legs("000004") == ("REVERSED", "PERSON")
    clinic.void("000006", "000003")
    assert clinic.code == "25"
    assert clinic.legs("000005") == ("APPROVED", "CONFIRMED")
    assert clinic.due().paid_by == clinic.row("000005").record.rrn


def test_a_reversal_while_a_confirmation_is_out_ends_with_nothing_paid() -> None:
    clinic = Clinic()
    clinic.temper("022", answers=0)
    clinic.pay("000003")
    clinic.reverse_payment("000003")
    clinic.temper("none")
    clinic.pass_time(_LONG_MS)
    assert clinic.legs() == ("REVERSED", "CANCELLED")
    assert not clinic.due().paid_by
    assert clinic.codes()[-1] == "00"
    assert sum(code in APPROVED for code in clinic.codes()) == 2  # sign-on and 0410


def test_a_repeat_while_the_confirmation_is_out_gets_the_one_answer() -> None:
    clinic = Clinic()
    clinic.temper("022", ignores=True)
    frame = clinic.pay("000003")
    clinic.terminal_says(frame)
    clinic.pass_time(9_000)
    assert clinic.codes().count("00") == 2
    assert len(clinic.requests()) == 1


def test_with_the_host_s_line_down_nothing_is_begun() -> None:
    clinic = Clinic()
    clinic.disconnect_host()
    clinic.pay()
    assert clinic.code == "91"
    assert not clinic.rows()
    assert not clinic.requests()


def test_a_line_that_goes_down_before_the_reservation_refuses_it() -> None:
    clinic = Clinic()
    clinic.stall()
    clinic.pay()
    clinic.disconnect_host()
    clinic.flow()
    assert clinic.code == "91"
    assert clinic.legs() == ("UNSENT", "CANCELLED")


def test_a_cancellation_waits_for_the_host_s_line() -> None:
    clinic = Clinic(silent)
    clinic.pay()
    clinic.disconnect_host()
    clinic.pass_time(_LONG_MS)
    assert clinic.legs() == ("REVERSED", "CANCELLING")
    clinic.connect_host()
    clinic.pass_time(_LONG_MS)
    assert clinic.legs() == ("REVERSED", "CANCELLED")
    assert not clinic.due().reserved_by


def test_a_settled_bill_of_unknown_outcome_is_settled_again() -> None:
    clinic = Clinic()
    lost: list[Operation] = []

    def lose(operation: Operation) -> str:
        if isinstance(operation, SettleBill) and not lost:
            lost.append(operation)
            return "kept"
        return ""

    clinic.lose = lose
    clinic.pay()
    clinic.pass_time(1_000)
    assert lost
    assert clinic.code == "00"
    assert clinic.legs() == ("APPROVED", "CONFIRMED")


@pytest.mark.parametrize("steps", range(12))
@pytest.mark.parametrize("bank", [approve, saying("51"), silent])
def test_a_crash_between_any_two_steps_is_taken_up(steps: int, bank: object) -> None:
    clinic = Clinic(bank)  # type: ignore[arg-type]
    clinic.stall()
    clinic.pay()
    for _ in range(steps):
        if clinic.waiting:
            clinic.decide()
    clinic.is_stalled = False
    clinic.pass_time(11_000)
    clinic.start()
    clinic.issue = approve if bank is not silent else silent
    clinic.pass_time(_LONG_MS)
    assert not clinic.due().reserved_by
    for row in clinic.rows():
        assert row.bill is not None
        paid = clinic.due().paid_by == row.record.rrn
        assert (row.state.name, row.bill.state.name, paid) in {
            ("APPROVED", "CONFIRMED", True),
            ("DECLINED", "CANCELLED", False),
            ("UNSENT", "CANCELLED", False),
            ("REVERSED", "CANCELLED", False),
        }


def test_a_confirmation_that_a_header_rejected_is_told_with_its_reject_code_and_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clinic, heads_end = Clinic(), 4 + 46  # the length before the header, and the header
    plain = clinic.host.received

    def rejects(frame: bytes, at: Moment) -> list[bytes]:
        answers = plain(frame, at)
        return [
            each[: heads_end - 5] + b"00123" + each[heads_end:]
            if each[heads_end : heads_end + 4] == b"0230"
            else each
            for each in answers
        ]

    monkeypatch.setattr(clinic.host, "received", rejects)
    clinic.pay()
    told = clinic.report("answer_rejected_by_header")
    assert told["link"] == "social"
    assert (told["rrn"], told["reject_code"]) == (clinic.row("000003").record.rrn, "00123")
    assert clinic.legs() == ("APPROVED", "CONFIRMING")
    monkeypatch.undo()
    clinic.pass_time(_LONG_MS)
    assert clinic.legs() == ("APPROVED", "CONFIRMED")
