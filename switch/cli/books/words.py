"""What the ledger holds, in words (switch/cli): states, reasons, amounts and times.

English and Chinese stand side by side, as in every table of the command.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

from messages.dialects.dialect import Dialect, Words
from messages.reasons import Reason
from switch.core.issuers.messages import REJECTED, REJECTED_BY_HEADER
from switch.core.moment import SHANGHAI
from switch.core.operations import (
    Row,
)
from switch.core.transaction import State
from switch.core.transfers.legs import CREDIT, DEBIT

_FEN: Final = 100
_MS: Final = 1_000
_PRIVATE_60: Final = 60
_REASON_PATH: Final = "60.1"
_BY_HAND: Final = "by hand: "
"""Begins the reason of what a person decided."""

STATES: Final[Mapping[State, Words]] = {
    State.OPENING: Words("being opened", "正在登记"),
    State.OPEN_UNKNOWN: Words("nobody knows yet whether it was opened", "登记结果未知"),
    State.FORWARDED: Words("with the issuer, no outcome yet", "已转发，等待应答"),
    State.CLOSING: Words("being closed", "正在记录结果"),
    State.CLOSE_UNKNOWN: Words("nobody knows yet whether it was closed", "结果记录未知"),
    State.APPROVED: Words("approved", "已成功"),
    State.DECLINED: Words("declined, nothing held", "已拒绝，额度已释放"),
    State.UNSENT: Words("never sent to the issuer, nothing held", "未转发，额度已释放"),
    State.IN_DOUBT: Words("in doubt, being reversed, amount held", "结果不明，正在冲正"),
    State.REVERSING: Words("being reversed, amount held", "正在冲正，额度保留"),
    State.REVERSED: Words("reversed, nothing held", "已冲正，额度已释放"),
    State.REVERSAL_EXPIRED: Words("a person must look, amount held", "须人工处理，额度保留"),
    State.FORESTALLED: Words("its reversal came before it", "冲正先于原交易到达"),
    State.ADVISED: Words("accepted, on its way to the issuer", "已受理，正在通知发卡行"),
    State.ADVICE_EXPIRED: Words("a person must look: not acknowledged", "须人工处理：发卡行未确认"),
    State.MOVING: Words("a transfer whose legs are being carried out", "转账处理中"),
    State.CREDITING: Words("the credit of a transfer, on its way", "转入处理中，重发至收款行应答"),
}
"""Every state as a person reads it."""

_EXPIRY_WORDS: Final[Mapping[str, Words]] = {
    "expired": Words("the issuer never acknowledged it", "发卡行始终未确认"),
    "sealed": Words("its card data cannot be opened", "卡数据无法解密"),
}
_LEGS: Final = {DEBIT: Words(", debit", "（转出）"), CREDIT: Words(", credit", "（转入）")}
"""Endings of the kinds of a transfer's legs."""
_DIED: Final = Words("the process ended before the answer came", "应答前进程中断")
_NOT_SENT: Final = Words("there was no time or no line to send it", "来不及或无线路转发")


def by_hand(why: str) -> str:
    """Return the reason that the ledger keeps of a person's decision."""
    return f"{_BY_HAND}{why}"


def is_said_by_hand(reason: str) -> bool:
    """Tell whether a reason that the ledger keeps is a person's."""
    return reason.startswith(_BY_HAND)


def is_by_hand(row: Row) -> bool:
    """Tell whether a person decided what the row is now."""
    return is_said_by_hand(row.reason)


def both(words: Words) -> str:
    """Return English and Chinese side by side."""
    return f"{words.en} {words.zh}"


def yuan(fen: int) -> str:
    """Return an amount as people write it."""
    return f"{fen // _FEN}.{fen % _FEN:02d}"


def moment_text(utc_ms: int) -> str:
    """Return a time in Shanghai, to the second."""
    at = datetime.fromtimestamp(utc_ms / _MS, UTC) + SHANGHAI
    return at.strftime("%Y-%m-%d %H:%M:%S")


def day_text(day: int) -> str:
    """Return a day that is a number, YYYYMMDD, with hyphens."""
    text = f"{day:08d}"
    return f"{text[:4]}-{text[4:6]}-{text[6:]}"


def kind_words(row: Row, dialects: Sequence[Dialect]) -> Words:
    """Return what a transaction is called; its identifier where no dialect knows it."""
    kind = row.record.kind
    whole, leg = kind, Words("", "")
    for ending, words in _LEGS.items():
        if row.linked and kind.endswith(ending):
            whole, leg = kind.removesuffix(ending), words
    # The usual dialect comes first, but what it refuses is another one's to name.
    rules = (rule for dialect in dialects for rule in dialect.transactions)
    named = (rule.words for rule in rules if rule.id == whole and rule.refuse is None)
    found = next(named, None)
    return Words(f"{found.en}{leg.en}", f"{found.zh}{leg.zh}") if found else Words(kind, kind)


def reversal_words(reason: str, dialect: Dialect) -> Words:
    """Return why a reversal was asked for (DE 60.1 of the 0420)."""
    for layout in dialect.layouts.get(_PRIVATE_60, ()):
        for part in layout.parts:
            if part.path == _REASON_PATH and reason in part.values:
                return part.values[reason]
    return Words(reason, reason)


def reason_words(row: Row, terminals: Dialect, issuers: Dialect) -> Words:
    """Return why a row is in its state."""
    reason, plan, state = row.reason, row.plan, row.state
    if is_by_hand(row):
        words = Words(reason, f"人工处理：{reason.removeprefix(_BY_HAND)}")
    elif state in {State.FORWARDED, State.UNSENT}:
        words = _NOT_SENT if state is State.UNSENT else STATES[state]
        if reason and row.bill is not None:
            words = _host_said(reason, terminals)
    elif state in {State.REVERSING, State.FORESTALLED}:
        words = reversal_words(reason, issuers)
    elif state in {State.ADVISED, State.MOVING, State.CREDITING}:
        words = STATES[state]
    elif state in {State.REVERSED, State.REVERSAL_EXPIRED, State.ADVICE_EXPIRED}:
        words = _EXPIRY_WORDS.get(reason) or _rejected(reason) or _issuer_said(row, issuers)
    elif state is State.IN_DOUBT and plan is not None:
        words = reversal_words(plan.reason, issuers)
    elif reason == REJECTED:
        words = terminals.reasons[Reason.MESSAGE_REJECTED].words
    else:
        words = terminals.response(reason).words if reason else _DIED
    return words


def _rejected(reason: str) -> Words | None:
    """Return that a header refused a reversal or an advice, and with which reject code."""
    if not reason.startswith(REJECTED_BY_HEADER):
        return None
    code = reason.removeprefix(REJECTED_BY_HEADER).strip()
    en, zh = "the issuer's header rejected it, no action taken", "报文头被发卡行拒绝，未处理"
    return Words(f"{en}: reject code {code}", f"{zh}：拒绝码{code}") if code else Words(en, zh)


def _host_said(code: str, terminals: Dialect) -> Words:
    """Return why a payment was never sent: its bill was refused."""
    told = terminals.response(code).words
    en = f"the social-security host refused its bill with {code}: {told.en}"
    return Words(en, f"社保主机拒绝单据，应答{code}：{told.zh}")


def _issuer_said(row: Row, issuers: Dialect) -> Words:
    """Return what the issuer answered to the reversal or the advice."""
    code = row.reason
    told = issuers.response(code).words
    if row.state is State.REVERSED:
        en, zh = "the issuer acknowledged the reversal with", "发卡行确认冲正，应答"
    elif row.state is State.ADVICE_EXPIRED:
        en, zh = "the issuer refused the advice with", "发卡行拒绝通知，应答"
    else:
        en, zh = "the issuer refused the reversal with", "发卡行拒绝冲正，应答"
    return Words(f"{en} {code}: {told.en}", f"{zh}{code}：{told.zh}")
