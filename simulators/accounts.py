"""An issuer's own books (simulators): accounts in fen, and every movement with its cause.

They know nothing of the switch's ledger, so that the two can be compared. PANs are shown masked.
"""

from __future__ import annotations

from typing import Final

import msgspec

from simulators.cards import Card

APPROVED: Final = "00"
_INSUFFICIENT: Final = "51"
_UNKNOWN_CARD: Final = "14"
_REVERSED_BEFORE: Final = "22"
NOT_FOUND: Final = "25"


class Origin(msgspec.Struct, frozen=True, order=True):
    """What makes an interbank request the same: DE 7, DE 11, DE 32, DE 33."""

    transmission: str
    stan: str
    acquirer: str
    forwarder: str


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """One booking: a debit by a withdrawal (negative fen), or its return by a reversal."""

    origin: Origin
    shown_card: str
    amount_fen: int
    rrn: str
    terminal: str
    stan_of_reversal: str = ""


class Debit(msgspec.Struct, kw_only=True):
    """A withdrawal as the issuer knows it; `is_returned` once it was reversed."""

    origin: Origin
    pan: str
    amount_fen: int
    rrn: str
    terminal: str
    is_returned: bool = False

    def __repr__(self) -> str:
        return f"Debit({self.rrn}, {self.amount_fen} fen, returned={self.is_returned})"


class Accounts:
    """The accounts of one issuer. Amounts in fen."""

    def __init__(self) -> None:
        """Begin without any account."""
        self.opening_fen = 0
        self.movements: list[Movement] = []
        self.debits: dict[Origin, Debit] = {}
        self.reversed_first: set[Origin] = set()
        self._cards: dict[str, Card] = {}
        self._balances: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"Accounts({len(self._cards)} cards, {len(self.movements)} movements)"

    def open(self, card: Card, balance_fen: int) -> None:
        """Open the account of a card."""
        self._cards[card.pan] = card
        self._balances[card.pan] = balance_fen
        self.opening_fen += balance_fen

    def card(self, pan: str) -> Card | None:
        """Return the card with this number, None where it is not of this issuer."""
        return self._cards.get(pan)

    def balance_fen(self, pan: str) -> int:
        """Return what is in an account; KeyError for a card that is not ours."""
        return self._balances[pan]

    @property
    def closing_fen(self) -> int:
        """The sum of all balances now."""
        return sum(self._balances.values())

    def withdraw(self, debit: Debit) -> str:
        """Debit an account; return DE 39: 00, 14, 22 (its reversal came first) or 51."""
        if debit.origin in self.reversed_first:
            return _REVERSED_BEFORE
        balance = self._balances.get(debit.pan)
        if balance is None:
            return _UNKNOWN_CARD
        if balance < debit.amount_fen:
            return _INSUFFICIENT
        self._balances[debit.pan] = balance - debit.amount_fen
        self.debits[debit.origin] = debit
        self._book(debit, -debit.amount_fen, "")
        return APPROVED

    def give_back(self, origin: Origin, stan: str) -> str:
        """Return what a withdrawal took, once; return DE 39: 00, or 25 for an unknown original.

        An unknown original is remembered, and refused should it still come.
        """
        debit = self.debits.get(origin)
        if debit is None:
            self.reversed_first.add(origin)
            return NOT_FOUND
        if not debit.is_returned:
            debit.is_returned = True
            self._balances[debit.pan] += debit.amount_fen
            self._book(debit, debit.amount_fen, stan)
        return APPROVED

    def _book(self, debit: Debit, amount_fen: int, stan: str) -> None:
        self.movements.append(
            Movement(
                origin=debit.origin,
                shown_card=self._cards[debit.pan].shown,
                amount_fen=amount_fen,
                rrn=debit.rrn,
                terminal=debit.terminal,
                stan_of_reversal=stan,
            )
        )

    def book(self) -> Book:
        """Return the books as they stand, for a file or a comparison."""
        balances = {self._cards[pan].shown: fen for pan, fen in sorted(self._balances.items())}
        return Book(self.opening_fen, self.closing_fen, balances, tuple(self.movements))


class Book(msgspec.Struct, frozen=True):
    """An issuer's books for comparison: sums, balances by masked PAN, movements in order."""

    opening_fen: int
    closing_fen: int
    balances: dict[str, int]
    movements: tuple[Movement, ...]
