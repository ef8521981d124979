"""What a transaction is to the fee tables, and what it gives back of its original (switch/core).

A void returns exactly what its original cost, a refund its part; the original's legs are in the
ledger, so no tariff of today is asked.
"""

from __future__ import annotations

from typing import Final

from fees.matrix import RETURNS
from fees.quote import Case, Refund
from routing.table import Case as Way
from switch.core.configuration import CardRange, Channel, Configuration, Terminal
from switch.core.operations import Row
from switch.core.terminals.request import Transaction

MOST_CASES: Final = 10_000
"""Cases kept: a terminal has one for each kind of transaction and range of cards, every day."""
_IN_PART = "refund"


def case_of(txn: Transaction, fee: str) -> Case:
    """Return the case that the fee tables call `fee`, for a transaction whose card is known."""
    configuration, terminal, card = txn.configuration, txn.terminal, txn.card
    asked = fee, terminal.id, card, txn.local.day
    case = configuration.cases.get(asked)
    if case is None:
        case = _case_of(configuration, terminal, card, fee, txn.local.day)
        if len(configuration.cases) >= MOST_CASES:
            configuration.cases.clear()
        configuration.cases[asked] = case
    return case


def _case_of(
    configuration: Configuration, terminal: Terminal, card: CardRange, fee: str, day: int
) -> Case:
    tariffs, channel = configuration.tariffs, terminal.channel
    issuer = configuration.issuers.get(card.issuer)
    way = configuration.routes.way(terminal.acquirer, card.issuer)
    is_card_in = issuer is not None and issuer.is_in_city
    return Case(
        fee,
        "social" if card.is_social else "debit" if card.is_debit else "credit",
        "on_us" if way.case is Way.ON_US else "off_us",
        tariffs.city(is_terminal_in=terminal.is_in_city, is_card_in=is_card_in),
        "R" if channel is Channel.RURAL else "U" if channel is Channel.URBAN else "M",
        tariffs.institution(terminal.category, is_public_welfare=terminal.is_public_welfare),
        terminal.category,
        day,
        card.issuer,
        terminal.acquirer,
    )


def give_back(txn: Transaction, original: Row) -> None:
    """Quote what a void or refund gives back; anything else keeps its own quote."""
    business = txn.rule.business
    if business is None or business.fee not in RETURNS:
        return
    tariffs, record = txn.configuration.tariffs, original.record
    legs = tariffs.legs(record.legs, record.fee_rules)
    case = case_of(txn, business.fee)
    if business.fee == _IN_PART:
        refund = Refund(record.amount_fen, original.taken_fen, txn.amount_fen)
        txn.quote = tariffs.give_back_part(case, legs, refund)
    else:
        txn.quote = tariffs.give_back(case, legs)
