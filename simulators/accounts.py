"""An issuer's own books (simulators): accounts in fen, and every movement with its cause.

A balance is what is available: an authorisation lowers it as a sale does, a refund raises it.

They know nothing of the switch's ledger, so that the two can be compared. PANs are shown masked.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

import msgspec

from simulators.cards import Card

APPROVED: Final = "00"
_NO_ACCOUNT: Final = "A3"
_INSUFFICIENT: Final = "51"
_UNKNOWN_CARD: Final = "14"
_REVERSED_BEFORE: Final = "22"
_RELATED: Final = "22"
_TOO_MUCH: Final = "64"
NOT_FOUND: Final = "25"


class Use(Enum):
    """What takes of an earlier transaction."""

    VOID = "void"
    """All of it goes back."""
    REFUND = "refund"
    """A part goes back; parts add up."""
    COMPLETION = "completion"
    """An authorisation becomes a debit, of another amount perhaps."""


class Origin(msgspec.Struct, frozen=True, order=True):
    """What makes an interbank request the same: DE 7, DE 11, DE 32, DE 33."""

    transmission: str
    stan: str
    acquirer: str
    forwarder: str


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """One booking: a debit (negative fen), a credit, or its return by a reversal."""

    origin: Origin
    shown_card: str
    amount_fen: int
    rrn: str
    terminal: str
    stan_of_reversal: str = ""


class Debit(msgspec.Struct, kw_only=True):
    """A transaction as the issuer knows it; `is_returned` once it was reversed.

    `fee_fen` is DE 28, negative where it gives back; `effect_fen` is what it did to the balance,
    `taken_fen` what others have taken of it, `of` what it took `took_fen` of.
    """

    origin: Origin
    pan: str
    amount_fen: int
    rrn: str
    terminal: str
    fee_fen: int = 0
    is_returned: bool = False
    effect_fen: int = 0
    taken_fen: int = 0
    of: Origin | None = None
    took_fen: int = 0
    is_void: bool = False

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
        self.scripts: list[ScriptResult] = []
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
        return self._carry_out(debit, -debit.amount_fen - debit.fee_fen)

    def pay_in(self, credit: Debit) -> str:
        """Credit an account, as the second leg of a transfer; return DE 39: 00, A3 or 22."""
        if credit.origin in self.reversed_first:
            return _REVERSED_BEFORE
        if credit.pan not in self._balances:
            return _NO_ACCOUNT
        if credit.origin in self.debits:
            return APPROVED  # it is repeated until it is answered, perhaps over another line
        return self._carry_out(credit, credit.amount_fen)

    def take(self, debit: Debit, of: Origin, use: Use) -> str:
        """Carry out a void, refund or completion of an earlier transaction; return DE 39.

        25 for an original that is unknown or reversed, 22 for one that is of another card or taken
        already, 64 for more than is left of it.
        """
        if debit.origin in self.reversed_first:
            return _REVERSED_BEFORE
        original = self.debits.get(of)
        if original is None or original.is_returned:
            return NOT_FOUND
        took_fen = debit.amount_fen if use is Use.REFUND else original.amount_fen
        if original.taken_fen + took_fen > original.amount_fen:
            return _TOO_MUCH if use is Use.REFUND else _RELATED
        if original.pan != debit.pan:
            return _RELATED
        effect_fen = debit.amount_fen if use is Use.REFUND else -original.effect_fen
        if use is not Use.VOID:  # a void undoes the whole effect, its fee with it
            effect_fen -= debit.fee_fen
        if use is Use.COMPLETION:
            effect_fen -= debit.amount_fen
        code = self._carry_out(debit, effect_fen)
        if code == APPROVED:
            debit.of, debit.took_fen, debit.is_void = of, took_fen, use is Use.VOID
            original.taken_fen += took_fen
            if use is Use.VOID and original.of is not None:
                # What a voided completion took of its authorisation is held again, and free.
                self.debits[original.of].taken_fen -= original.took_fen
        return code

    def _carry_out(self, debit: Debit, effect_fen: int) -> str:
        balance = self._balances.get(debit.pan)
        if balance is None:
            return _UNKNOWN_CARD
        if balance + effect_fen < 0:
            return _INSUFFICIENT
        self._balances[debit.pan] = balance + effect_fen
        debit.effect_fen = effect_fen
        self.debits[debit.origin] = debit
        self._book(debit, effect_fen, "")
        return APPROVED

    def give_back(self, origin: Origin, stan: str) -> str:
        """Undo a transaction, once; return DE 39: 00, or 25 for an unknown original.

        22 for one that was voided, refunded or completed, 51 for a credit that is spent.

        An unknown original is remembered, and refused should it still come.
        """
        debit = self.debits.get(origin)
        if debit is None:
            self.reversed_first.add(origin)
            return NOT_FOUND
        if debit.taken_fen or not self._is_free(debit):
            return _RELATED
        if not debit.is_returned:
            if self._balances[debit.pan] < debit.effect_fen:
                return _INSUFFICIENT
            debit.is_returned = True
            self._balances[debit.pan] -= debit.effect_fen
            self._book(debit, -debit.effect_fen, stan)
            if debit.of is not None:
                original = self.debits[debit.of]
                original.taken_fen -= debit.took_fen
                if debit.is_void and original.of is not None:
                    self.debits[original.of].taken_fen += original.took_fen
        return APPROVED

    def _is_free(self, debit: Debit) -> bool:
        """Tell whether what a void freed can be taken again: nothing else has used it."""
        if not debit.is_void or debit.is_returned or debit.of is None:
            return True
        original = self.debits[debit.of]
        return original.of is None or not self._is_used(self.debits[original.of])

    def _is_used(self, first: Debit) -> bool:
        return first.is_returned or first.taken_fen > 0

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

    def note_script(self, pan: str, rrn: str, results: str) -> None:
        """Note what a card did with the scripts of a transaction (DF31)."""
        self.scripts.append(ScriptResult(self._cards[pan].shown, rrn, results))

    def book(self) -> Book:
        """Return the books as they stand, for a file or a comparison."""
        balances = {self._cards[pan].shown: fen for pan, fen in sorted(self._balances.items())}
        return Book(
            self.opening_fen,
            self.closing_fen,
            balances,
            tuple(self.movements),
            tuple(self.scripts),
        )


class ScriptResult(msgspec.Struct, frozen=True):
    """What a card did with the scripts of one answer: five bytes a script (DF31)."""

    shown_card: str
    rrn: str
    results: str


class Book(msgspec.Struct, frozen=True):
    """An issuer's books for comparison: sums, balances by masked PAN, movements in order."""

    opening_fen: int
    closing_fen: int
    balances: dict[str, int]
    movements: tuple[Movement, ...]
    scripts: tuple[ScriptResult, ...] = ()
