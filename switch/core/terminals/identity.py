"""Who a request is: the key that tells a repeat, and the record that the ledger keeps of it.

No clear card data leaves here: the card is a keyed hash, a mask, and a sealed box.
"""

from __future__ import annotations

import hashlib

from fees.quote import Quote, stored
from messages.values import mask_pan
from switch.core.configuration import Configuration
from switch.core.issuers.messages import original_elements, seal
from switch.core.operations import (
    Record,
    TransactionKey,
)
from switch.core.terminals.request import Request, Transaction
from switch.core.transfers.legs import bucket_of

_FINGERPRINT_BYTES = 16


def identify(txn: Transaction) -> None:
    """Give a transaction its key, and the fingerprint that tells a repeat from a clash."""
    request = txn.request
    if request.key is not None:
        txn.key, txn.fingerprint = request.key, request.fingerprint
        return
    txn.key = transaction_key(request, txn.configuration)
    txn.fingerprint = _fingerprint(request)


def foresee_identity(request: Request, configuration: Configuration) -> None:
    """Note key and fingerprint on a request that names its card in clear (DE 2)."""
    if request.pan:
        request.key = transaction_key(request, configuration)
        request.fingerprint = _fingerprint(request)


def _fingerprint(request: Request) -> bytes:
    text = (
        f"{request.mti}|{request.pan}|{request.processing_code}|{request.amount or ''}|"
        f"{request.entry_mode or ''}|{request.transaction_code}"
    )
    return hashlib.blake2b(text.encode(), digest_size=_FINGERPRINT_BYTES).digest()


def transaction_key(request: Request, configuration: Configuration) -> TransactionKey:
    """Return what makes this request the same as another (DE 2, 41, 42, 60.2, 11, 13 if sent)."""
    card = configuration.vault.card_hash(request.pan or "")
    return TransactionKey(
        bucket_of(card),
        card,
        request.terminal or "",
        request.merchant or "",
        request.batch or "",
        request.stan or "",
        request.date or "",
    )


def record_of(txn: Transaction, opened_ms: int) -> Record:
    """Return what the ledger keeps of a transaction; its numbers are given by now."""
    request, local = txn.request, txn.local
    quote = txn.quote
    return Record(
        txn.rule.id,
        txn.amount_fen,
        mask_pan(request.pan or ""),
        seal(txn),
        txn.rrn,
        txn.link,
        txn.stan,
        txn.transmission,
        txn.issuer.id,
        txn.acquirer,
        txn.clearing_day,
        opened_ms,
        local.time,
        local.date,
        request.mti,
        _interbank_code(txn),
        request.entry_mode or "",
        request.condition_code or "",
        txn.configuration.number,
        bytes(txn.trace),
        *(_NO_ORIGINAL if txn.original is None else _of_the_original(txn)),
        0 if quote is None else fee_of(quote),
        "" if quote is None else quote.rules,
        () if quote is None else stored(quote),
    )


_NO_ORIGINAL = ("", "")


def _interbank_code(txn: Transaction) -> str:
    """Return DE 3 towards the issuer: what only tells of a transaction has that one's."""
    business, row = txn.rule.business, txn.original
    if business is None:
        return ""
    if business.only_tells and row is not None:
        return row.record.processing_code
    return business.interbank_code


def _of_the_original(txn: Transaction) -> tuple[str, str]:
    """Return DE 90 and DE 38 of what takes of another; empty for all else."""
    row = txn.original
    if row is None:
        return "", ""
    own_id = txn.configuration.links[txn.link].own_id
    authorisation = row.answer.authorisation if row.answer is not None else ""
    return original_elements(row.record, own_id), authorisation


def fee_of(quote: Quote | None) -> int:
    """Return the cardholder's fee in fen, negative where it is given back."""
    if quote is None:
        return 0
    return -quote.cardholder_fen if quote.is_returned else quote.cardholder_fen
