"""Checkers of social services and benefits, on worlds with planted bugs and on books by hand."""

from __future__ import annotations

from msgspec.structs import replace

from simulators.cards import FIRST_PAN
from simulators.services.deeds import Deed
from simulators.social_security.books import Books
from simulators.social_security.sample import contribution, person_of, sample_books
from simulators.world.history import History
from switch.core.operations import Row
from switch.core.social.bill import Bill, BillState
from switch.core.transaction import State
from tests.simulators import recording

BILL = contribution(0)


def books(*, confirms: bool = True, cancels: bool = False) -> Books:
    """Return the host's books with a reserved bill, and what became of it."""
    made = sample_books(range(1))
    deed = Deed(rrn=recording.RRN, bill=BILL, amount_fen=12_000, terminal="50010001", day=1)
    made.reserve(deed, made.persons[person_of(0).number])
    if confirms:
        made.confirm(recording.RRN)
    if cancels:
        made.cancel(recording.RRN)
    return made


def row(state: State, bill: BillState, fen: int = 50_000) -> Row:
    """Return the ledger's row of its payment."""
    made = recording.row(state, bill=Bill(BILL, "PAY", "social", "910000", bill))
    return replace(made, record=replace(made.record, amount_fen=fen))


def history(host: Books, *rows: Row, debits: bool = True, gives_back: bool = False) -> History:
    """Return a world that ended with these books; the bank debited the card, or did not."""
    bank = recording.accounts(withdraws=debits, gives_back=gives_back)
    assert bank.card(FIRST_PAN) is not None
    return recording.ended(rows=list(rows), issuers=[recording.side(bank)], social=host)
