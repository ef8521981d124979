"""What the social-security host is sent: inquiries, and what becomes of a bill.

Values only, in the interbank dialect: a bill is reserved with an 0200, confirmed with an 0220 and
cancelled with an 0420. What makes them one is the RRN (DE 37) and the bill's number (DE 102); what
undoes a payment names its RRN in DE 103, which the MAC covers.
"""

from __future__ import annotations

from typing import Final

from switch.core.operations import Row
from switch.core.social.bill import Bill, BillState
from switch.core.social.payload import BILL, SERVICE, to_host
from switch.core.terminals.request import Request, Transaction

RESERVE, CONFIRM, CANCEL = "0200", "0220", "0420"
UNDO: Final = "950000"
"""DE 3 of what undoes a payment."""
ECHOED: Final = (3, 32, 33, 37)
"""What an answer of the host must repeat."""
_YUAN: Final = "156"
_NO_AMOUNT: Final = "000000000000"


def inquiry_fields(txn: Transaction, own_id: str) -> dict[int, str]:
    """Return the fields of an inquiry, without its MAC."""
    return {**_place(txn, txn.rule.business.interbank_code if txn.rule.business else "", own_id)}


def reservation_fields(txn: Transaction, bill: Bill, own_id: str) -> dict[int, str]:
    """Return the fields of a reservation, without its MAC."""
    amount = txn.request.amount or _NO_AMOUNT
    fields = {**_place(txn, bill.code, own_id), 4: amount, 49: _YUAN, 102: bill.number}
    if txn.original is not None:
        # By its number alone a host would undo whatever paid the bill since.
        fields[103] = txn.original.record.rrn
    return fields


def _place(txn: Transaction, code: str, own_id: str) -> dict[int, str]:
    request, terminal, local = txn.request, txn.terminal, txn.local
    return {
        2: request.pan or "",
        3: code,
        7: txn.transmission,
        11: txn.stan,
        12: local.time,
        13: local.date,
        18: terminal.category,
        25: request.condition_code or "00",
        32: terminal.acquirer,
        33: own_id,
        37: txn.rrn,
        41: terminal.id,
        42: terminal.merchant,
        48: to_host(txn.payload),
    }


def word_fields(row: Row, bill: Bill, own_id: str, key: tuple[str, str]) -> dict[int, str]:
    """Return the fields of a confirmation or cancellation; `key` is its DE 7 and DE 11."""
    record = row.record
    return {
        3: bill.code,
        4: f"{record.amount_fen:012d}",
        7: key[0],
        11: key[1],
        12: record.time,
        13: record.date,
        25: record.condition_code or "00",
        32: record.acquirer,
        33: own_id,
        37: record.rrn,
        41: row.key.terminal,
        42: row.key.merchant,
        48: to_host({SERVICE: bill.service, BILL: bill.number}),
        49: _YUAN,
        102: bill.number,
    }


def word_mti(bill: Bill) -> str:
    """Return the MTI of what is queued about a bill."""
    return CONFIRM if bill.state is BillState.CONFIRMING else CANCEL


def totals_fields(
    request: Request, acquirer: str, payload: dict[str, str], numbers: tuple[str, str, str, str]
) -> dict[int, str]:
    """Return the fields of a reconciliation; `numbers` are DE 7, 11, 12 and our own id."""
    transmission, stan, time, own_id = numbers
    return {
        3: "940000",
        7: transmission,
        11: stan,
        12: time,
        13: transmission[:4],
        32: acquirer,
        33: own_id,
        41: request.terminal or "",
        42: request.merchant or "",
        48: to_host(payload),
    }
