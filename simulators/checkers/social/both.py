"""A bill and its debit side by side (simulators): what each party's own books say of a payment.

A bill is one of the social-security host, or an order of the product host. The host's deeds and
the banks' accounts are kept apart, and know nothing of the switch. Only what a person has to look
at is asked of the ledger.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from simulators.accounts import Debit
from simulators.installation import PRODUCT_LINK, SOCIAL_LINK
from simulators.services.deeds import Deed, DeedBooks, Deeds, Payable
from simulators.world.history import History
from switch.core.operations import Row, SettleBill, TransactionKey
from switch.core.outcomes import Closed
from switch.core.social.bill import BillState
from switch.core.transaction import State

_MANUAL = frozenset({State.REVERSAL_EXPIRED, State.ADVICE_EXPIRED})


class Both(msgspec.Struct, frozen=True):
    """A payment of a bill: its RRN, what the host has of it, and what the banks and ledger have.

    `is_debited` says that money of the card paid it and stayed; `is_manual` that a person looks.
    """

    rrn: str
    deed: Deed | None
    due: Payable | None
    is_debited: bool
    is_manual: bool

    @property
    def is_paid(self) -> bool:
        """Whether the host has the bill as paid by it."""
        return self.due is not None and self.due.paid_by == self.rrn

    @property
    def is_held(self) -> bool:
        """Whether the host keeps the bill for it, neither paid nor let go."""
        is_open = self.deed is not None and self.deed.state is Deeds.RESERVED
        return is_open and self.due is not None and self.due.reserved_by == self.rrn


def payments(history: History) -> list[Both]:
    """Return every payment of a bill, or void of one, that the host or the ledger has heard of."""
    return history.once("bills", _payments)


def _payments(history: History) -> list[Both]:
    end = history.end
    hosts: list[tuple[DeedBooks[Any] | None, str]] = [
        (end.social, SOCIAL_LINK),
        (end.shop, PRODUCT_LINK),
    ]
    found: list[Both] = []
    for books, link in hosts:
        if books is not None:
            found += _payments_at(history, books, link)
    return found


def _payments_at(history: History, books: DeedBooks[Any], link: str) -> list[Both]:
    """Return those of one host, to which a line of that name leads."""
    end = history.end
    rows = {row.record.rrn: row for row in end.rows if row.bill and row.bill.link == link}
    debits = {d.rrn: d for side in end.issuers for d in side.accounts.debits.values()}
    manual = _manual(end.rows)
    deeds, dues = books.deeds, books.dues
    rrns = sorted({*deeds, *rows})
    return [
        Both(
            rrn,
            deeds.get(rrn),
            _due(deeds.get(rrn), rows.get(rrn), dues),
            _is_debited(debits.get(rrn), rows.get(rrn)),
            rrn in manual,
        )
        for rrn in rrns
    ]


def refused_late(history: History) -> set[tuple[str, str, str]]:
    """Return terminal, batch and STAN of payments whose bill the host would not confirm.

    Their cards got the money back. Where the refusal came after the terminal had been answered, it
    keeps a slip, which reconciliation finds.
    """
    return {
        (operation.key.terminal, operation.key.batch, operation.key.stan)
        for operation, outcome in ((each.operation, each.outcome) for each in history.applied)
        if isinstance(operation, SettleBill)
        and operation.state is BillState.CANCELLING
        and isinstance(outcome, Closed)
    }


def _due(deed: Deed | None, row: Row | None, dues: dict[str, Any]) -> Payable | None:
    number = deed.bill if deed is not None else ""
    if not number and row is not None and row.bill is not None:
        number = row.bill.number
    found: Payable | None = dues.get(number)
    return found


def _is_debited(debit: Debit | None, row: Row | None) -> bool:
    if debit is not None:
        return debit.effect_fen < 0 and not debit.is_returned and not debit.taken_fen
    # Nothing was left for the card to pay: no bank has heard of it.
    is_free = row is not None and not row.record.amount_fen
    return is_free and row is not None and row.state is State.APPROVED


def _manual(rows: list[Row]) -> set[str]:
    """Return the RRNs that a person looks at, and those of what such a void takes back."""
    by_key = {row.key: row for row in rows}
    found: set[str] = set()
    for row in rows:
        is_person = row.bill is not None and row.bill.state is BillState.PERSON
        if row.bill is not None and (row.state in _MANUAL or is_person):
            found.update(_with_original(row, by_key))
    return found


def _with_original(row: Row, rows: dict[TransactionKey, Row]) -> Iterator[str]:
    yield row.record.rrn
    original = rows.get(row.taking.of) if row.taking is not None else None
    if original is not None:
        yield original.record.rrn
