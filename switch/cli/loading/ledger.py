"""What the ledger of a switch says after a load run (switch/cli), read as any person may.

Only what began since the run started counts; the switch is given some time to settle.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

from simulators.load.books import LedgerBook
from switch.cli.books.reading import opened
from switch.core.operations import Row
from switch.core.transaction import HELD, State
from switch.ledger.protocol import Books

_LEAST_ROWS: Final = 1_000_000
_LOOK_S: Final = 0.5
_BEHIND_S: Final = 2.0
"""So far the tables of an embedded ledger may be behind what was answered."""


def read_ledger(folder: Path, since_ms: int, wait_s: float) -> LedgerBook:
    """Return the ledger's side once it has settled, or as it is when the time is over."""
    last = time.monotonic() + wait_s
    seen, since = LedgerBook(), time.monotonic()
    with opened(folder) as found:
        limit_fen = {cap.from_day: cap.limit_fen for cap in found.installation.configuration.caps}
        while True:
            book = _book(found.books, since_ms, max(limit_fen.values(), default=0))
            now = time.monotonic()
            if book != seen:
                seen, since = book, now
            is_settled = not (book.open_count or book.queued or book.held_fen)
            if (is_settled and now - since >= _BEHIND_S) or now > last:
                return book
            time.sleep(_LOOK_S)


def _book(books: Books, since_ms: int, limit_fen: int) -> LedgerBook:
    book = LedgerBook(queued=len(books.advices()))
    cards: set[bytes] = set()
    for row in books.transactions(_LEAST_ROWS):
        if row.record.opened_ms < since_ms:
            break
        cards.add(row.key.card)
        _add(book, row)
    for card in cards:
        for day in books.caps(card):
            book.held_fen += day.held_fen
            if limit_fen and day.held_fen + day.committed_fen > limit_fen:
                book.over_cap += 1
    return book


def _add(book: LedgerBook, row: Row) -> None:
    tid, fen = row.key.terminal, row.record.amount_fen
    if row.state is State.APPROVED and fen:
        book.approved_fen[tid] = book.approved_fen.get(tid, 0) + fen
        book.approved[tid] = book.approved.get(tid, 0) + 1
    elif row.state in HELD:
        book.open_count += 1
