"""What an issuer is sent: the request of a transaction, and the reversal of a stored one.

Values only: the link's wire makes bytes of them. DE numbers are the interbank dialect's.
"""

from __future__ import annotations

import msgspec

from routing.table import Case
from switch.core.configuration import Configuration
from switch.core.issuers.chip import reversal_chip
from switch.core.operations import (
    Record,
    Row,
)
from switch.core.terminals.request import Transaction

_CLEAR_TRACK = "0"
"""DE 53 digit 3."""
_PURPOSE = b"reversal"
_LONGEST_PIN = "12"
_FROM, _TO = 102, 103
"""The accounts of a transfer: who pays, and who is paid."""
NO_REASON = "0000"
REJECTED = "4003"
REJECTED_BY_HEADER = "rejected by the header"
"""Begins the reason of what no issuer processed; its reject code follows."""
"""Reversal reason (DE 60.1) of a request that its header says was never processed."""
"""DE 60.1 of what is no reversal."""


class Sealed(msgspec.Struct, array_like=True, gc=False):
    """What only a reversal, advice or clearing file needs of a card and its place, encrypted."""

    pan: str
    expiry: str
    sequence: str
    chip: str
    place: str
    category: str
    tail: str
    payer: str = ""
    payee: str = ""

    def __repr__(self) -> str:
        return "Sealed()"


def seal(txn: Transaction) -> bytes:
    """Return the sealed part of a transaction's record, under its attempt number."""
    request, terminal = txn.request, txn.terminal
    # An advice is sent later, from here; of a request only what its reversal says.
    chip = request.chip or "" if txn.rule.is_advice else reversal_chip(request.chip)
    sealed = Sealed(
        request.pan or "",
        request.expiry or "",
        request.card_sequence or "",
        chip,
        terminal.place,
        terminal.category,
        txn.tail,
        *accounts(txn),
    )
    return seal_values(sealed, txn.attempt, txn.configuration)


def seal_values(sealed: Sealed, attempt: int, configuration: Configuration) -> bytes:
    """Return the sealed part of a record, under its attempt number."""
    return configuration.vault.seal(_encode(sealed), attempt, _PURPOSE)


def accounts(txn: Transaction) -> tuple[str, str]:
    """Return who pays and who is paid by a transfer; empty for anything else."""
    part = txn.part
    if part is None or part.payee is None:
        return "", ""
    return txn.request.pan or "", part.payee.pan


def seal_credit(txn: Transaction, payee: str, attempt: int) -> bytes:
    """Return the sealed part of the credit of a transfer: the payee's account, and who pays."""
    terminal = txn.terminal
    sealed = Sealed(
        payee, "", "", "", terminal.place, terminal.category, txn.tail, txn.request.pan or "", payee
    )
    return txn.configuration.vault.seal(_encode(sealed), attempt, _PURPOSE)


def unseal(row: Row, configuration: Configuration) -> Sealed:
    """Return the sealed part of a row; SealError where the key is another one."""
    plain = configuration.vault.open(row.record.sealed, row.attempt, _PURPOSE)
    return msgspec.msgpack.decode(plain, type=Sealed)


_encode = msgspec.msgpack.Encoder().encode


def original_elements(record: Record, own_id: str) -> str:
    """Return DE 90 of a message about a stored transaction: MTI, DE 11, DE 7, DE 32, DE 33."""
    return f"{record.mti}{record.link_stan}{record.transmission}{record.acquirer:0>11}{own_id:0>11}"


def private_60_tail(txn: Transaction) -> str:
    """Return DE 60 but for 60.1: 60.2 of the terminal and its reading, 60.3 the dedicated type."""
    request, business = txn.request, txn.rule.business
    if business is None:
        return ""
    no_pin = "1" if (request.entry_mode or "")[2:] == "2" else "0"
    reading = f"{request.read_capability or '0'}{request.ic_condition or '0'}"
    return (
        f"0{reading}0{txn.terminal.type}{no_pin}"
        f"0000{business.special_fee_type}{business.special_fee_level}000000000000"
    )


def fee_text(fee_fen: int) -> str:
    """Return DE 28: `D` and the fen of a cardholder's fee, `C` of one that is given back."""
    return f"D{fee_fen:08d}" if fee_fen > 0 else f"C{-fee_fen:08d}"


def request_fields(txn: Transaction, own_id: str) -> dict[int, str]:
    """Return the fields of an issuer's 0200, without its MAC."""
    request, terminal, local = txn.request, txn.terminal, txn.local
    business, pin_block = txn.rule.business, txn.translated_pin
    fields = {
        7: txn.transmission,
        11: txn.stan,
        12: local.time,
        13: local.date,
        18: terminal.category,
        32: terminal.acquirer,
        33: own_id,
        37: txn.rrn,
        41: terminal.id,
        42: terminal.merchant,
        43: terminal.place,
    }
    if txn.record.fee_fen:
        fields[28] = fee_text(txn.record.fee_fen)
    if txn.way.case is Case.DIRECT:
        # The clearing centre sets DE 15, and off us that is the switch itself.
        fields[15] = f"{txn.record.clearing_day % 10_000:04d}"
    if business is not None:
        fields[3] = business.interbank_code
        fields[60] = NO_REASON + txn.tail
    for number, text in (
        (2, request.pan),
        (4, request.amount),
        (14, request.expiry),
        (22, request.entry_mode),
        (23, request.card_sequence),
        (25, request.condition_code),
        (35, request.track_2),
        (36, request.track_3),
        (49, request.currency),
        (38, txn.record.authorisation or None),
        (55, request.chip),
        (90, txn.record.original or None),
    ):
        if text is not None:
            fields[number] = text  # noqa: PERF403 - a comprehension costs a call and a copy
    if pin_block is not None:
        fields[26] = request.pin_capture or _LONGEST_PIN
        fields[52] = pin_block
        if request.security is not None:
            # The track goes on in clear, whatever the terminal's own leg has.
            fields[53] = f"{request.security[:2]}{_CLEAR_TRACK}{request.security[3:]}"
    payer, payee = accounts(txn)
    if payee:
        fields |= {_FROM: payer, _TO: payee}
    return fields


def reversal_fields(row: Row, sealed: Sealed, own_id: str) -> dict[int, str]:
    """Return the fields of the 0420 that reverses a stored row, without its MAC."""
    record, plan = row.record, row.plan
    fields = {2: sealed.pan, 3: record.processing_code, 4: f"{record.amount_fen:012d}"}
    if plan is not None:
        fields |= {7: plan.transmission, 11: plan.stan}
    fields |= {12: record.time, 13: record.date, 18: sealed.category, 22: record.entry_mode}
    if sealed.sequence:
        fields[23] = sealed.sequence
    if record.fee_fen:
        # What was debited is DE 4 and this together: an issuer may book by the message alone.
        fields[28] = fee_text(record.fee_fen)
    fields |= {25: record.condition_code, 32: record.acquirer, 33: own_id, 37: record.rrn}
    if row.answer is not None and row.answer.authorisation:
        fields[38] = row.answer.authorisation
    fields |= {41: row.key.terminal, 42: row.key.merchant, 43: sealed.place, 49: "156"}
    if sealed.chip:
        fields[55] = sealed.chip
    reason = plan.reason if plan is not None else NO_REASON
    fields[60] = reason + sealed.tail
    fields[90] = original_elements(record, own_id)
    if sealed.payee:
        fields |= {_FROM: sealed.payer, _TO: sealed.payee}
    return fields


def advice_fields(row: Row, sealed: Sealed, own_id: str) -> dict[int, str]:
    """Return the fields of the 0220 or 0620 that a stored advice is, without its MAC."""
    record = row.record
    fields = {
        2: sealed.pan,
        3: record.processing_code,
        4: f"{record.amount_fen:012d}",
        7: record.transmission,
        11: record.link_stan,
        12: record.time,
        13: record.date,
        18: sealed.category,
        22: record.entry_mode,
        25: record.condition_code,
        32: record.acquirer,
        33: own_id,
        37: record.rrn,
        41: row.key.terminal,
        42: row.key.merchant,
        43: sealed.place,
        49: "156",
        60: NO_REASON + sealed.tail,
    }
    if not record.amount_fen:
        del fields[4]  # it tells of a transaction, and moves nothing
    maybe = {14: sealed.expiry, 23: sealed.sequence, 38: record.authorisation, 90: record.original}
    maybe[55] = sealed.chip
    maybe[28] = fee_text(record.fee_fen) if record.fee_fen else ""
    maybe |= {_FROM: sealed.payer, _TO: sealed.payee}
    fields |= {number: text for number, text in maybe.items() if text}
    return dict(sorted(fields.items()))
