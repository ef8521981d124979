"""States, reasons, amounts and times in words."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from messages.dialects.loader import load_dialect
from switch.cli.books.words import (
    STATES,
    both,
    by_hand,
    day_text,
    is_by_hand,
    kind_words,
    moment_text,
    reason_words,
    reversal_words,
    yuan,
)
from switch.core.operations import Row
from switch.core.social.bill import Bill, BillState
from switch.core.transaction import State
from tests.switch.ledger import making

_POS, _BANK = load_dialect("pos"), load_dialect("interbank")


def _row(state: State, reason: str = "", *, planned: bool = False) -> Row:
    return Row(
        key=making.key(),
        fingerprint=b"",
        state=state,
        record=making.record(),
        cap=None,
        attempt=1,
        incarnation=1,
        reason=reason,
        plan=making.plan() if planned else None,
    )


def test_every_state_has_words_in_both_languages() -> None:
    assert STATES.keys() == set(State)
    assert all(words.en.isascii() and not words.zh.isascii() for words in STATES.values())
    assert both(STATES[State.APPROVED]) == "approved 已成功"


@pytest.mark.parametrize(("fen", "text"), [(0, "0.00"), (5, "0.05"), (50_000, "500.00")])
def test_amounts_are_in_yuan(fen: int, text: str) -> None:
    assert yuan(fen) == text


def test_times_are_those_of_shanghai() -> None:
    assert moment_text(1_403_055_312_000) == "2014-06-18 09:35:12"
    assert moment_text(1_403_107_200_000) == "2014-06-19 00:00:00"
    assert day_text(20140618) == "2014-06-18"


def test_a_kind_that_the_dialect_does_not_know_is_told_by_its_name() -> None:
    row = _row(State.APPROVED)
    named = replace(row, record=replace(row.record, kind="balance_inquiry"))
    assert kind_words(named, [_POS]).zh == "余额查询"
    unknown = replace(row, record=replace(row.record, kind="barter"))
    assert (kind_words(unknown, [_POS]).en, kind_words(unknown, [_POS]).zh) == ("barter", "barter")


def test_reasons_of_reversals_are_those_of_the_dialect() -> None:
    assert reversal_words("4021", _BANK).zh == "等待应答超时"
    assert reversal_words("9999", _BANK).en == "9999"


@pytest.mark.parametrize(
    ("row", "english", "chinese"),
    [
        (_row(State.FORWARDED), "with the issuer", "已转发"),
        (_row(State.UNSENT, "route_unavailable"), "no time or no line", "无线路"),
        (_row(State.DECLINED, "51"), "insufficient funds", "资金不足"),
        (_row(State.IN_DOUBT, planned=True), "timed out waiting", "等待应答超时"),
        (_row(State.IN_DOUBT), "the process ended before the answer came", "进程中断"),
        (_row(State.REVERSING, "4021"), "timed out waiting", "等待应答超时"),
        (_row(State.REVERSED, "00"), "acknowledged the reversal with 00", "确认冲正"),
        (_row(State.REVERSAL_EXPIRED, "expired"), "never acknowledged", "始终未确认"),
        (_row(State.ADVISED), "on its way to the issuer", "正在通知发卡行"),
        (_row(State.ADVICE_EXPIRED, "expired"), "never acknowledged", "始终未确认"),
        (_row(State.ADVICE_EXPIRED, "05"), "refused the advice with 05", "拒绝通知"),
        (_row(State.REVERSAL_EXPIRED, "05"), "refused the reversal with 05", "拒绝冲正"),
        (_row(State.REVERSAL_EXPIRED, by_hand("paid")), "by hand: paid", "人工处理：paid"),
    ],
)
def test_every_state_says_why(row: Row, english: str, chinese: str) -> None:
    words = reason_words(row, _POS, _BANK)
    assert english in words.en
    assert chinese in words.zh


def test_what_a_person_decided_is_known() -> None:
    assert is_by_hand(_row(State.REVERSED, by_hand("phone")))
    assert not is_by_hand(_row(State.REVERSED, "00"))


def test_a_bill_that_the_host_refused_says_so() -> None:
    bill = Bill("C1", "PAY", "social", "910000", BillState.CANCELLED, "64")
    words = reason_words(replace(_row(State.UNSENT, "64"), bill=bill), _POS, _BANK)
    assert words.en.endswith("host refused its bill with 64: original amount incorrect")


def test_a_kind_is_named_by_the_dialect_that_serves_it() -> None:
    row = _row(State.APPROVED)
    paid = replace(row, record=replace(row.record, kind="social_payment"))
    dialects = [_POS, load_dialect("composite")]
    assert kind_words(paid, dialects).zh == "社保费缴纳"
