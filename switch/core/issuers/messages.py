"""What an issuer is sent: the request of a transaction, and the reversal of a stored one.

Values only: the link's wire makes bytes of them. DE numbers are the interbank dialect's.
"""

from __future__ import annotations

import msgspec

from messages.dialects.dialect import Business
from switch.core.configuration import Configuration
from switch.core.operations import Row
from switch.core.terminals.request import Request, Transaction

REVERSAL_TAGS = ("95", "9F10", "9F1E", "9F36", "DF31")
"""The tags of DE 55 that a reversal carries."""
_PURPOSE = b"reversal"
_LONGEST_PIN = "12"
_TERMINAL_TYPE = "03"
"""DE 60.2.5: a POS."""


class Sealed(msgspec.Struct, array_like=True, gc=False):
    """What only a reversal or a clearing file needs of a card and its place, kept encrypted."""

    pan: str
    expiry: str
    sequence: str
    chip: str
    place: str
    category: str
    tail: str


def seal(txn: Transaction, chip: str) -> bytes:
    """Return the sealed part of a transaction's record, under its attempt number."""
    request, terminal = txn.request, txn.terminal
    business = txn.rule.business
    sealed = Sealed(
        request.pan or "",
        request.expiry or "",
        request.card_sequence or "",
        chip,
        terminal.place,
        terminal.category,
        private_60(request, business)[4:] if business else "",
    )
    plain = msgspec.msgpack.encode(sealed)
    return txn.configuration.vault.seal(plain, txn.attempt, _PURPOSE)


def unseal(row: Row, configuration: Configuration) -> Sealed:
    """Return the sealed part of a row; SealError where the key is another one."""
    plain = configuration.vault.open(row.record.sealed, row.attempt, _PURPOSE)
    return msgspec.msgpack.decode(plain, type=Sealed)


def private_60(request: Request, business: Business, reason: str = "0000") -> str:
    """Return DE 60: 60.1 reason, 60.2 from the terminal's reading, 60.3 with the dedicated type."""
    capability = request.read_capability or "0"
    condition = request.ic_condition or "0"
    no_pin = "1" if (request.entry_mode or "")[2:] == "2" else "0"
    of_terminal = f"0{capability}{condition}0{_TERMINAL_TYPE}{no_pin}0000"
    mark = f"{business.special_fee_type}{business.special_fee_level}"
    return f"{reason}{of_terminal}{mark}{'0' * 12}"


def request_fields(txn: Transaction, pin_block: str | None) -> dict[int, str]:
    """Return the fields of an issuer's 0200, in ascending order, without its MAC."""
    request, terminal = txn.request, txn.terminal
    business = txn.rule.business
    has_pin = pin_block is not None
    fields = {
        2: request.pan,
        3: business.interbank_code if business else request.processing_code,
        4: request.amount,
        7: txn.transmission,
        11: txn.stan,
        12: txn.local.time,
        13: txn.local.date,
        14: request.expiry,
        18: terminal.category,
        22: request.entry_mode,
        23: request.card_sequence,
        25: request.condition_code,
        26: (request.pin_capture or _LONGEST_PIN) if has_pin else None,
        32: terminal.acquirer,
        33: txn.configuration.links[txn.issuer.link].own_id,
        35: request.track_2,
        36: request.track_3,
        37: txn.rrn,
        41: terminal.id,
        42: terminal.merchant,
        43: terminal.place,
        49: request.currency,
        52: pin_block,
        53: request.security if has_pin else None,
        55: request.chip,
        60: private_60(request, business) if business else None,
    }
    return {number: text for number, text in fields.items() if text is not None}


def reversal_fields(row: Row, sealed: Sealed, own_id: str) -> dict[int, str]:
    """Return the fields of the 0420 that reverses a stored row, without its MAC."""
    record, plan = row.record, row.plan
    fields = {2: sealed.pan, 3: record.processing_code, 4: f"{record.amount_fen:012d}"}
    if plan is not None:
        fields |= {7: plan.transmission, 11: plan.stan}
    fields |= {12: record.time, 13: record.date, 18: sealed.category, 22: record.entry_mode}
    if sealed.sequence:
        fields[23] = sealed.sequence
    fields |= {25: record.condition_code, 32: record.acquirer, 33: own_id, 37: record.rrn}
    if row.answer is not None and row.answer.authorisation:
        fields[38] = row.answer.authorisation
    fields |= {41: row.key.terminal, 42: row.key.merchant, 43: sealed.place, 49: "156"}
    if sealed.chip:
        fields[55] = sealed.chip
    reason = plan.reason if plan is not None else "0000"
    fields[60] = reason + sealed.tail
    fields[90] = (
        f"{record.mti}{record.link_stan}{record.transmission}{record.acquirer:0>11}{own_id:0>11}"
    )
    return fields
