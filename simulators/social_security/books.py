"""The books of the social-security host (simulators): persons, their bills and benefits, in fen.

What becomes of a bill is that of any host of services.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from simulators.services.deeds import Deed, DeedBooks

UNKNOWN_PERSON, INVALID, NOT_INSURED, TOO_LITTLE = "05", "12", "57", "51"
"""DE 39 of the host: what it says of a person."""


class Purpose(StrEnum):
    """What a bill is for: S1."""

    CONTRIBUTION = "PAY"
    MEDICAL = "FEE"


class Person(msgspec.Struct, kw_only=True):
    """An insured person: AAC002, AAC001, name, card, kind of insurance, medical account in fen."""

    identity: str
    number: str
    name: str
    pan: str
    insurance: str
    account_fen: int = 0
    is_insured: bool = True

    def __repr__(self) -> str:
        return f"Person({self.insurance}, insured={self.is_insured})"


class Due(msgspec.Struct, kw_only=True):
    """A bill: what it costs, and what the pooled fund and the personal account bear of it."""

    number: str
    person: str
    service: Purpose
    period: str
    total_fen: int
    pooled_fen: int = 0
    account_fen: int = 0
    reserved_by: str = ""
    """The deed that holds it, by RRN; empty where none does."""
    paid_by: str = ""
    """The deed that paid it; empty where it is open."""

    @property
    def card_fen(self) -> int:
        """What is left for the card."""
        return self.total_fen - self.pooled_fen - self.account_fen


class Benefit(msgspec.Struct, kw_only=True):
    """A benefit or subsidy to be paid out: its payment number, and what became of it."""

    number: str
    person: str
    fund: str
    period: str
    amount_fen: int
    status: str = "due"
    told: str = ""


class Books(DeedBooks[Due]):
    """All of it; lookups by personal number, bill number and RRN."""

    def __init__(self) -> None:
        """Begin with nobody."""
        super().__init__()
        self.persons: dict[str, Person] = {}
        self.benefits: dict[str, Benefit] = {}

    def __repr__(self) -> str:
        return f"Books({len(self.persons)} persons, {len(self.deeds)} deeds)"

    def person(self, identity: str, number: str, pan: str = "") -> Person | None:
        """Return the person whom the given marks agree on, None where there is none such."""
        found = self.persons.get(number) if number else self._by_identity(identity)
        if found is None or (identity and found.identity != identity):
            return None
        return None if pan and found.pan != pan else found

    def _by_identity(self, identity: str) -> Person | None:
        if not identity:
            return None
        return next((each for each in self.persons.values() if each.identity == identity), None)

    def open_bill(self, person: Person, service: Purpose) -> Due | None:
        """Return the first bill of a person that is not paid."""
        for due in self.dues.values():
            if due.person == person.number and due.service is service and not due.paid_by:
                return due
        return None

    def reserve(self, deed: Deed, person: Person | None) -> str:
        """Reserve a bill for a payment, or for its undoing where no person is asked for."""

        def refusal(due: Due) -> str:
            if person is None:
                return ""
            if due.person != person.number:
                return UNKNOWN_PERSON
            if not person.is_insured:
                return NOT_INSURED
            return TOO_LITTLE if person.account_fen < due.account_fen else ""

        return self.reserve_deed(deed, refusal)

    def _carry(self, due: Due, sign: int) -> None:
        """Take of the personal account what a bill takes of it, or give it back."""
        self.persons[due.person].account_fen -= sign * due.account_fen

    def totals(self, terminal: str, day: int) -> tuple[int, int]:
        """Return count and sum in fen of a terminal's payments of a day that stand."""
        paid = {due.paid_by for due in self.dues.values()}
        standing = [
            deed.amount_fen
            for deed in self.deeds.values()
            if deed.rrn in paid and deed.terminal == terminal and deed.day == day
        ]
        return len(standing), sum(standing)
