"""The books of the social-security host (simulators): persons, bills, deeds and benefits, in fen.

A deed is what one RRN does to a bill: it is reserved, then confirmed or cancelled, and each of the
three is done once however often it is asked. A cancelled deed never comes to life again.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

DONE, UNKNOWN_PERSON, BUSY, INVALID = "00", "05", "09", "12"
RELATED, NOT_FOUND, NOT_INSURED = "22", "25", "57"
TOO_LITTLE, WRONG_AMOUNT, PAID_BEFORE = "51", "64", "94"
"""DE 39 of the host: what it says of a person, a bill, an amount."""


class Purpose(StrEnum):
    """What a bill is for: S1."""

    CONTRIBUTION = "PAY"
    MEDICAL = "FEE"


class Deeds(StrEnum):
    """How a deed stands."""

    RESERVED = "reserved"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


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


class Deed(msgspec.Struct, kw_only=True):
    """What one RRN did to a bill. `undoes` is the deed that it takes back, empty for a payment."""

    rrn: str
    bill: str
    amount_fen: int
    terminal: str
    day: int
    undoes: str = ""
    state: Deeds = Deeds.RESERVED


class Benefit(msgspec.Struct, kw_only=True):
    """A benefit or subsidy to be paid out: its payment number, and what became of it."""

    number: str
    person: str
    fund: str
    period: str
    amount_fen: int
    status: str = "due"
    told: str = ""


class Books:
    """All of it; lookups by personal number, bill number and RRN."""

    def __init__(self) -> None:
        """Begin with nobody."""
        self.persons: dict[str, Person] = {}
        self.dues: dict[str, Due] = {}
        self.deeds: dict[str, Deed] = {}
        self.benefits: dict[str, Benefit] = {}
        self.cancelled_first: set[str] = set()
        """RRNs that were cancelled before the host had heard of them."""

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

    # -------------------------------------------------------------------------------- the deeds

    def reserve(self, deed: Deed, person: Person | None) -> str:
        """Reserve a bill for a payment, or for its undoing where no person is asked for."""
        if deed.rrn in self.cancelled_first:
            return RELATED
        known = self.deeds.get(deed.rrn)
        if known is not None:
            return RELATED if known.state is Deeds.CANCELLED else DONE
        due = self.dues.get(deed.bill)
        if due is None:
            return NOT_FOUND
        code = self._refusal(deed, due, person)
        if code:
            return code
        due.reserved_by = deed.rrn
        self.deeds[deed.rrn] = deed
        if person is not None:
            person.account_fen -= due.account_fen
        else:
            deed.undoes = due.paid_by
        return DONE

    def _refusal(self, deed: Deed, due: Due, person: Person | None) -> str:
        against = (
            (bool(due.reserved_by), BUSY),
            (person is None and not due.paid_by, NOT_FOUND),
            (person is not None and bool(due.paid_by), PAID_BEFORE),
            (person is not None and due.person != person.number, UNKNOWN_PERSON),
            (person is not None and not person.is_insured, NOT_INSURED),
            (deed.amount_fen != due.card_fen, WRONG_AMOUNT),
            (person is not None and person.account_fen < due.account_fen, TOO_LITTLE),
        )
        return next((code for is_so, code in against if is_so), "")

    def confirm(self, rrn: str) -> str:
        """Carry a reserved deed out."""
        deed = self.deeds.get(rrn)
        if deed is None:
            return RELATED if rrn in self.cancelled_first else NOT_FOUND
        if deed.state is Deeds.CANCELLED:
            return RELATED
        if deed.state is Deeds.RESERVED:
            deed.state = Deeds.CONFIRMED
            due = self.dues[deed.bill]
            due.reserved_by = ""
            due.paid_by = "" if deed.undoes else rrn
            if deed.undoes:
                self._move(due, due.account_fen)
        return DONE

    def cancel(self, rrn: str) -> str:
        """Undo whatever a deed did; one that is unknown is refused should it still come."""
        deed = self.deeds.get(rrn)
        if deed is None:
            self.cancelled_first.add(rrn)
            return NOT_FOUND
        due, was = self.dues[deed.bill], deed.state
        stands = "" if deed.undoes else rrn
        if was is Deeds.CONFIRMED and (due.paid_by != stands or due.reserved_by):
            return RELATED  # another deed came after it, and rests on it
        deed.state = Deeds.CANCELLED
        if was is Deeds.RESERVED:
            due.reserved_by = ""
        if was is Deeds.CONFIRMED:
            due.paid_by = deed.undoes
        if deed.undoes and was is Deeds.CONFIRMED:
            self._move(due, -due.account_fen)
        elif not deed.undoes and was is not Deeds.CANCELLED:
            self._move(due, due.account_fen)
        return DONE

    def _move(self, due: Due, fen: int) -> None:
        """Give back to the personal account what a bill took of it, or take it again."""
        self.persons[due.person].account_fen += fen

    def totals(self, terminal: str, day: int) -> tuple[int, int]:
        """Return count and sum in fen of a terminal's payments of a day that stand."""
        paid = {due.paid_by for due in self.dues.values()}
        standing = [
            deed.amount_fen
            for deed in self.deeds.values()
            if deed.rrn in paid and deed.terminal == terminal and deed.day == day
        ]
        return len(standing), sum(standing)
