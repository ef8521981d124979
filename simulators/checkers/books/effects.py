"""What a transaction did to its account (simulators), told from the ledger's rows alone.

What takes of another undoes the effect of that one first: a void gives back all of it, a completion
turns it into a debit of its own amount. A kind that nobody knows here is a KeyError.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from switch.core.operations import Record, Row, TransactionKey

Rows = Mapping[TransactionKey, Row]


def _nothing(row: Row, rows: Rows) -> int:  # noqa: ARG001 - as the others
    return 0


def _debit(row: Row, rows: Rows) -> int:  # noqa: ARG001 - as the others
    return -row.record.amount_fen - row.record.fee_fen


def _void(row: Row, rows: Rows) -> int:
    return -_of_original(row, rows)


def _completion(row: Row, rows: Rows) -> int:
    return -_of_original(row, rows) + _debit(row, rows)


def _refund(row: Row, rows: Rows) -> int:  # noqa: ARG001 - as the others
    return row.record.amount_fen - row.record.fee_fen


def _credit(row: Row, rows: Rows) -> int:  # noqa: ARG001 - as the others
    return row.record.amount_fen


KINDS: Final[Mapping[str, tuple[str, Callable[[Row, Rows], int]]]] = {
    "rural_withdrawal": ("withdrawal", _debit),
    "bill_payment": ("payment", _debit),
    "social_sale": ("sale", _debit),
    "sale": ("sale", _debit),
    "pre_authorisation": ("preauthorisation", _debit),
    "social_balance_inquiry": ("inquiry", _nothing),
    "balance_inquiry": ("inquiry", _nothing),
    "social_void": ("void", _void),
    "sale_void": ("void", _void),
    "pre_authorisation_void": ("void", _void),
    "completion_void": ("void", _void),
    "completion": ("sale", _completion),
    "completion_advice": ("sale", _completion),
    "refund": ("refund", _refund),
    "social_payment": ("payment", _debit),
    "medical_settlement": ("sale", _debit),
    "social_inquiry": ("inquiry", _nothing),
    "benefit_inquiry": ("inquiry", _nothing),
    "product_inquiry": ("inquiry", _nothing),
    "bond_purchase": ("payment", _debit),
    "wealth_purchase": ("payment", _debit),
    "remote_purchase": ("sale", _debit),
    "benefit_payout": ("", _credit),
    "subsidy_payout": ("", _credit),
    "transfer": ("transfer", _nothing),
    "transfer_debit": ("transfer", _debit),
    "transfer_credit": ("transfer", _credit),
    "cash_remittance": ("remittance", _nothing),
    "cash_remittance_debit": ("remittance", _debit),
    "cash_remittance_credit": ("remittance", _credit),
}
"""Kind of a transaction -> what the fee tables call it, and what it does to its account."""


PAID_OUT: Final = frozenset({"benefit_payout", "subsidy_payout"})
"""What no terminal asks for, and no table of fees knows: an agency pays it out."""


def effect_fen(row: Row, rows: Rows) -> int:
    """Return what a transaction that was carried out did to its account, in fen."""
    return KINDS[row.record.kind][1](row, rows)


def priced_as(record: Record) -> str:
    """Return what the fee tables call a transaction."""
    return KINDS[record.kind][0]


def _of_original(row: Row, rows: Rows) -> int:
    if row.taking is None:
        raise ValueError(f"{row.record.rrn} is a {row.record.kind} of nothing")
    return effect_fen(rows[row.taking.of], rows)
