"""Every ledger keeps the one contract."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from switch.core.outcomes import (
    Opened,
)
from switch.core.transaction import State
from switch.ledger.memory import MemoryLedger
from switch.ledger.protocol import EVERYWHERE, Books, CapShown, Ledger, Where
from switch.ledger.sqlite import SqliteLedger
from tests.switch.ledger.making import CARD, DAY, opening


def test_all_ledgers_are_ledgers_and_books(tmp_path: Path) -> None:
    made = (MemoryLedger(), SqliteLedger(tmp_path / "ledger.db"))
    ledgers: tuple[Ledger, ...] = made
    books: tuple[Books, ...] = made
    for ledger, book in zip(ledgers, books, strict=True):
        with closing(ledger):
            assert ledger.submit([]) == []
            assert ledger.submit([opening(1)]) == [Opened(0, 50_000)]
            assert len(book.transactions()) == book.totals().by_state[State.FORWARDED][0] == 1
            assert book.caps(CARD) == [CapShown(DAY, 50_000, 0)]
            assert book.advices() == []


def test_everywhere_asks_for_nothing() -> None:
    assert Where() == EVERYWHERE
