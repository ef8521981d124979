"""What a transaction moves (switch/settlement): every leg as a payment between two accounts.

Principal goes from the cardholder over issuer and acquirer to the service point, or back; fees as
the ledger keeps them. Whatever one account loses another gets, so that all of them sum to zero.
"""

from __future__ import annotations

from collections.abc import Sequence
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


class ServiceFees(NamedTuple):
    """What banks and network pay each other for a transaction, in fen; nothing of anyone else.

    What an acquirer gets of the issuer and pays it, and what each of them pays the network.
    """

    gets: int
    pays: int
    acquirer_to_network: int
    issuer_to_network: int


def service_fees(record: Record) -> ServiceFees:
    """Return the service fees of a transaction; a merchant's and a cardholder's are no part."""
    fen: dict[str, int] = {}
    for parties, amount in record.legs:
        fen[parties] = fen.get(parties, 0) + amount
    return ServiceFees(
        fen.get("ia", 0),
        fen.get("ai", 0),
        fen.get("an", 0) - fen.get("na", 0),
        fen.get("in", 0) - fen.get("ni", 0),
    )


class PutRight(NamedTuple):
    """What an adjustment does between a cardholder's bank and an acquirer, in fen.

    `fen` goes off the card, towards the acquirer; negative where it goes to the card. The acquirer
    `gets` and `pays` service fees besides; `network` is what each bank pays the network.
    """

    acquirer: str
    issuer: str
    merchant: str
    fen: int
    gets: int
    pays: int
    network: dict[str, int]


def put_right(moved: Sequence[Movement], acquirer: str) -> list[PutRight]:
    """Read an adjustment, one part for each bank whose cardholder it touches.

    What a cardholder moves first is the principal; what a bank moves besides are fees.
    """
    accounts = [account for movement in moved for account in movement[:2]]
    cards = dict.fromkeys(each for each in accounts if each.startswith(CARDHOLDERS))
    merchant = next((each[len(POINT) :] for each in accounts if each.startswith(POINT)), "")
    banks = (each for each in accounts if not each.startswith((CARDHOLDERS, POINT, NETWORK)))
    issuers = [card[len(CARDHOLDERS) :] for card in cards]
    acquirer = acquirer or next((each for each in banks if each not in issuers), "")
    return [
        _part(moved, (acquirer, issuer, merchant), is_first=not at)
        for at, issuer in enumerate(issuers)
    ]


def _part(moved: Sequence[Movement], who: tuple[str, str, str], *, is_first: bool) -> PutRight:
    acquirer, issuer, merchant = who
    card = CARDHOLDERS + issuer
    principal = next(m for m in moved if card in {m.payer, m.payee})
    fees = {acquirer: 0, issuer: 0}
    network: dict[str, int] = {}
    is_principal = True
    for movement in moved:
        pair = {movement.payer, movement.payee}
        if pair == {issuer, acquirer}:
            if is_principal and movement.fen == principal.fen:
                is_principal = False
            else:
                fees[movement.payee] += movement.fen
        elif NETWORK in pair:
            is_paid = movement.payee == NETWORK
            bank = movement.payer if is_paid else movement.payee
            if bank == issuer or (bank == acquirer and is_first):
                fen = movement.fen if is_paid else -movement.fen
                network[bank] = network.get(bank, 0) + fen
    fen = principal.fen if principal.payer == card else -principal.fen
    return PutRight(acquirer, issuer, merchant, fen, fees[acquirer], fees[issuer], network)
