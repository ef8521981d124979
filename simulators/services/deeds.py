"""Bills and deeds of a host of services (simulators), in fen: whatever is paid there.

A deed is what one RRN does to a bill: it is reserved, then confirmed or cancelled, and each of the
three is done once however often it is asked. A cancelled deed never comes to life again.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

import msgspec

DONE, BUSY, RELATED, NOT_FOUND = "00", "09", "22", "25"
WRONG_AMOUNT, PAID_BEFORE = "64", "94"
"""DE 39 of a host: what it says of a bill and a deed."""


class Deeds(StrEnum):
    """How a deed stands."""

    RESERVED = "reserved"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class Deed(msgspec.Struct, kw_only=True):
    """What one RRN did to a bill. `undoes` is the payment that it takes back, if it does."""

    rrn: str
    bill: str
    amount_fen: int
    terminal: str
    day: int
    undoes: str = ""
    state: Deeds = Deeds.RESERVED


class Payable(Protocol):
    """What can be paid: `reserved_by` and `paid_by` are RRNs of deeds, empty where none does."""

    number: str
    reserved_by: str
    paid_by: str

    @property
    def card_fen(self) -> int:
        """What the card pays."""


P = TypeVar("P", bound=Payable)


class DeedBooks(Generic[P]):
    """Bills by number and deeds by RRN; what else a bill moves is told by `_carry`."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self.dues: dict[str, P] = {}
        self.deeds: dict[str, Deed] = {}
        self.cancelled_first: set[str] = set()
        """RRNs that were cancelled before the host had heard of them."""
        self.refused: dict[str, str] = {}
        """RRNs whose reservation was refused, and the code: a copy of it is told the same."""

    def _carry(self, due: P, sign: int) -> None:
        """Take what a bill moves beside the card's money (1), or give it back (-1)."""

    def reserve_deed(self, deed: Deed, refusal: Callable[[P], str]) -> str:
        """Reserve a bill for a payment or its undoing; `refusal` is what else speaks against it."""
        if deed.rrn in self.cancelled_first:
            return RELATED
        known = self.deeds.get(deed.rrn)
        if known is not None:
            return RELATED if known.state is Deeds.CANCELLED else DONE
        due = self.dues.get(deed.bill)
        if due is None:
            return NOT_FOUND
        code = self.refused.get(deed.rrn) or _standing(due, deed) or refusal(due)
        if not code and deed.amount_fen != due.card_fen:
            code = WRONG_AMOUNT
        if code:
            return self.refuse(deed.rrn, code)
        due.reserved_by = deed.rrn
        self.deeds[deed.rrn] = deed
        if not deed.undoes:
            self._carry(due, 1)
        return DONE

    def refuse(self, rrn: str, code: str) -> str:
        """Refuse a reservation for good, unless it was made already; return DE 39."""
        return DONE if rrn in self.deeds else self.refused.setdefault(rrn, code)

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
                self._carry(due, -1)
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
            self._carry(due, 1)
        elif not deed.undoes and was is not Deeds.CANCELLED:
            self._carry(due, -1)
        return DONE


def _standing(due: Payable, deed: Deed) -> str:
    """Return what a bill's own state says against another deed.

    What another payment paid meanwhile is not undone by a void of an earlier one.
    """
    if due.reserved_by:
        return BUSY
    if deed.undoes:
        return "" if due.paid_by == deed.undoes else NOT_FOUND
    return PAID_BEFORE if due.paid_by else ""
