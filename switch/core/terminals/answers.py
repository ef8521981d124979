"""What a terminal is told: the fields of every kind of answer, and which of them carry a MAC.

A0, 77, 97 and 99 go without DE 64: the terminal may not share a key with us, and it accepts an
answer without a MAC only as a refusal.
"""

from __future__ import annotations

import msgspec

from messages.crypto.mac import MacAlgorithm
from messages.dialects.dialect import Dialect
from messages.reasons import Reason
from messages.values import Amount
from switch.core.operations import (
    Answer,
)
from switch.core.terminals.request import Request

APPROVED = frozenset({"00", "11", "A2", "A4", "A5", "A6"})
"""Codes of class A but 10, which gives less than was asked for."""
WITHOUT_MAC = frozenset({"A0", "77", "97", "99"})
SIGN_ON_AGAIN = frozenset(
    {Reason.NOT_SIGNED_ON, Reason.BATCH_MISMATCH, Reason.MAC_WRONG, Reason.PIN_BLOCK_WRONG}
)
"""Reasons for which the header asks the terminal to sign on again."""
_SCHEME = "CUP"
_SHORT_60 = 11
"""Answers carry DE 60 up to 60.3."""
_INSTITUTION = 11
_REMARK = 20
"""Characters of each of DE 63.2.1 (issuer), 63.2.2 (centre) and 63.2.3 (acquirer)."""


class Extra(msgspec.Struct, frozen=True, gc=False):
    """What only an answered transaction has: institutions, the chip's own answer, the fee."""

    acquirer: str = ""
    issuer: str = ""
    chip: str | None = None
    fee_fen: int = 0
    lines: str = ""
    """DE 62 of the answer to a social service, in hexadecimal."""


def code_for(dialect: Dialect, reason: Reason) -> str:
    """Return the response code by which this dialect says a reason."""
    return dialect.reasons[reason].code


def financial(request: Request, answer: Answer, extra: Extra) -> dict[int, str]:
    """Return the fields of an 0210 or 0410 without its MAC."""
    is_reversal = request.mti[1] == "4"
    # The answer to an inquiry tells of the account: it authorises nothing, and repeats neither
    # DE 14 nor DE 23.
    moves_money = request.amount is not None
    fields = {12: answer.time, 13: answer.date, 39: answer.code}
    for number, text in (
        (2, request.pan),
        (3, request.processing_code),
        (4, request.amount),
        (11, request.stan),
        (15, answer.settlement_date),
        (23, request.card_sequence if moves_money else None),
        (25, request.condition_code),
        (32, extra.acquirer),
        (37, answer.rrn),
        (38, answer.authorisation if moves_money else None),
        (41, request.terminal),
        (42, request.merchant),
        (49, request.currency),
        (54, answer.balances),
        (55, extra.chip),
        (62, extra.lines),
    ):
        if text:
            fields[number] = text  # noqa: PERF403 - a comprehension costs a call and a copy
    if request.private_60:
        fields[60] = request.private_60[:_SHORT_60]
    if not is_reversal:
        if request.expiry and moves_money:
            fields[14] = request.expiry
        if request.security:
            fields[53] = request.security
        if extra.issuer:
            fields[44] = f"{extra.issuer:<{_INSTITUTION}}{extra.acquirer:<{_INSTITUTION}}"
            if moves_money:
                fields[63] = _SCHEME + _remark(answer, extra.fee_fen)
    return fields


def _remark(answer: Answer, fee_fen: int) -> str:
    """Return DE 63.2.1-63.2.3: in the acquirer's remark, what the slip says of a fee."""
    if fee_fen <= 0 or answer.code not in APPROVED:
        return ""
    return " " * (2 * _REMARK) + f"FEE {Amount(fee_fen)}".ljust(_REMARK)


def management(request: Request, answer: Answer, acquirer: str) -> dict[int, str]:
    """Return the fields of an 0810 or 0830 without keys."""
    fields = {
        11: request.stan,
        12: answer.time,
        13: answer.date,
        32: acquirer or None,
        37: answer.rrn or None,
        39: answer.code,
        41: request.terminal,
        42: request.merchant,
        60: request.private_60,
    }
    return {number: text for number, text in fields.items() if text is not None}


def mac_for(code: str, mac: MacAlgorithm | None) -> MacAlgorithm | None:
    """Return the MAC with which an answer of this code goes, None for none."""
    return None if code in WITHOUT_MAC else mac
