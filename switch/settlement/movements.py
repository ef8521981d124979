"""What a transaction moves (switch/settlement): every leg as a payment between two accounts.

Principal goes from the cardholder over issuer and acquirer to the service point, or back; fees as
the ledger keeps them. Whatever one account loses another gets, so that all of them sum to zero.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final, NamedTuple

from switch.core.operations import Record, Row
from switch.settlement.rules import DEBIT, KindOf, Rules

NETWORK: Final = "network"
CARDHOLDERS: Final = "cardholders:"
POINT: Final = "point:"
"""Accounts: `cardholders:ISSUER`, `point:MERCHANT`, `network`; a bank's is its identifier."""
PRINCIPAL, FEE, DISCOUNT, SUBSIDY, ADJUSTMENT = (
    "principal", "fee", "discount", "subsidy", "adjustment",
)  # fmt: skip


class Movement(NamedTuple):
    """A payment: from which account to which, how many fen, and what for."""

    payer: str
    payee: str
    fen: int
    what: str


def movements(row: Row, kind: KindOf, rules: Rules) -> list[Movement]:
    """Return what a transaction moves once it is cleared."""
    record = row.record
    issuer, acquirer = record.issuer, record.acquirer
    cardholders, point = CARDHOLDERS + issuer, POINT + row.key.merchant
    # The agency of a pay-out stands where an acquirer does, and pays by itself.
    way = (
        [cardholders, issuer, acquirer]
        if kind.is_pay_out
        else [cardholders, issuer, acquirer, point]
    )
    if kind.side != DEBIT:
        way.reverse()
    found = [
        Movement(payer, payee, record.amount_fen, PRINCIPAL)
        for payer, payee in pairwise(way)
        if record.amount_fen
    ]
    accounts = {"c": cardholders, "i": issuer, "a": acquirer, "n": NETWORK, "m": point}
    for parties, fen in record.legs:
        payer, payee = accounts[parties[0]], accounts[parties[1]]
        found.append(Movement(payer, payee, fen, FEE))
        if kind.is_passed_on and parties in _PAID_BY_ACQUIRER:
            found.append(Movement(point, acquirer, fen, DISCOUNT))
        elif kind.is_passed_on and parties in _PAID_TO_ACQUIRER:
            found.append(Movement(acquirer, point, fen, DISCOUNT))
    if kind.is_rural_withdrawal and rules.subsidy_fen:
        found.append(Movement(acquirer, point, rules.subsidy_fen, SUBSIDY))
    return found


_PAID_BY_ACQUIRER: Final = frozenset({"ai", "an"})
_PAID_TO_ACQUIRER: Final = frozenset({"ia", "na"})


def acquirer_fees(record: Record) -> tuple[int, int, int]:
    """Return what an acquirer gets, what it pays, and what the network gets, in fen."""
    gets = pays = network = 0
    for parties, fen in record.legs:
        gets += fen * (parties[1] == "a")
        pays += fen * (parties[0] == "a")
        network += fen * (parties[1] == "n") - fen * (parties[0] == "n")
    return gets, pays, network
