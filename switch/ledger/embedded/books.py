"""The embedded ledger's tables for people (switch/ledger/embedded): read-only, from any process.

What is seen is what the last fill brought, up to a second and a fill old while the switch runs.
After a crash the rest is in the log, and comes with the next start.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import apsw
import msgspec

from switch.core.batches.values import Batch
from switch.core.operations import (
    Advice,
    Row,
)
from switch.core.outcomes import (
    TotalsAre,
)
from switch.ledger.protocol import (
    EVERYWHERE,
    NEWEST,
    CapShown,
    LedgerOpenError,
    Refusals,
    Where,
)

_TRANSACTIONS: Final = """
    SELECT body FROM transactions
    WHERE (?1 = '' OR rrn = ?1) AND (?2 = '' OR terminal = ?2)
        AND (?3 = 0 OR day = ?3) AND (?4 IS NULL OR state = ?4)
    ORDER BY number DESC LIMIT ?5"""
_ADVICES: Final = """
    SELECT body, tries, due_ms, owner FROM advices JOIN transactions USING (number)
    ORDER BY due_ms, number"""
_CAPS: Final = "SELECT day, held_fen, committed_fen FROM caps WHERE card = ? ORDER BY day"
_STATES: Final = """
    SELECT state, count(*), sum(amount_fen) FROM transactions GROUP BY state ORDER BY state"""
_REST: Final = """
    SELECT ifnull(sum(held_fen), 0), ifnull(sum(committed_fen), 0),
        (SELECT count(*) FROM advices) FROM caps"""

_BATCHES: Final = """
    SELECT body FROM batches WHERE day BETWEEN ? AND ? ORDER BY day, terminal, number"""
_ROWS: Final = """
    SELECT number, body FROM transactions
    WHERE day = ?1 AND number > ?2 ORDER BY number LIMIT ?3"""
_DAYS: Final = "SELECT DISTINCT day FROM transactions WHERE day BETWEEN ? AND ? ORDER BY day"
_REVERSED: Final = _ROWS.replace("ORDER", "AND state = 11 ORDER")
_FULL: Final = """
    SELECT card, day FROM caps WHERE day BETWEEN ? AND ? AND held_fen + committed_fen >= ?"""
_REFUSAL_DAYS: Final = "SELECT DISTINCT day FROM refusals WHERE day BETWEEN ? AND ? ORDER BY day"
_REFUSALS: Final = """
    SELECT day, merchant, issuer, code, reason, sum(count) FROM refusals
    WHERE day BETWEEN ? AND ? GROUP BY day, merchant, issuer, code, reason
    ORDER BY day, merchant, issuer, code, reason"""
_PAGE: Final = 2_000

_batch: Final = msgspec.msgpack.Decoder(Batch).decode
_row: Final = msgspec.msgpack.Decoder(Row).decode


class SqliteBooks:
    """The tables, on a connection that cannot write."""

    __slots__ = ("_connection",)

    def __init__(self, path: Path) -> None:
        """Open the tables. Raises LedgerOpenError where there are none."""
        try:
            self._connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
            self._connection.set_busy_timeout(1_000)
            self._connection.execute("SELECT filled_through FROM progress").get  # noqa: B018
        except apsw.Error as error:
            raise LedgerOpenError(f"{path} holds no ledger that can be read: {error}") from error

    def transactions(self, limit: int = NEWEST, where: Where = EVERYWHERE) -> list[Row]:
        """Return at most `limit` transactions, the newest first."""
        state = None if where.state is None else int(where.state)
        found = self._connection.execute(
            _TRANSACTIONS, (where.rrn, where.terminal, where.day, state, limit)
        )
        return [_row(body) for (body,) in found]

    def caps(self, card: bytes) -> list[CapShown]:
        """Return the days of a card (its keyed hash) in order."""
        return [CapShown(*day) for day in self._connection.execute(_CAPS, (card,))]

    def advices(self) -> list[Advice]:
        """Return the queued reversals, the first due first."""
        return [
            Advice(row=_row(body), tries=tries, due_ms=due_ms, owner=owner)
            for body, tries, due_ms, owner in self._connection.execute(_ADVICES)
        ]

    def batches(self, from_day: int, until_day: int) -> list[Batch]:
        """Return terminals' batches by clearing day, terminal and number; days inclusive."""
        found = self._connection.execute(_BATCHES, (from_day, until_day))
        return [_batch(body) for (body,) in found]

    def rows(self, from_day: int, until_day: int, *, only_reversed: bool = False) -> Iterator[Row]:
        """Yield the transactions of receipt days, both inclusive, by day and number.

        No statement stays open between the pages: a reader that takes its time would keep the
        switch from clearing its write-ahead log.
        """
        sql = _REVERSED if only_reversed else _ROWS
        days: list[Any] = self._connection.execute(_DAYS, (from_day, until_day)).fetchall()
        for (day,) in days:
            last, page = 0, self._page(sql, day, 0)
            while page:
                for last, body in page:  # noqa: B007 - the last one is where the next page begins
                    yield _row(body)
                page = self._page(sql, day, last)

    def _page(self, sql: str, day: int, after: int) -> list[Any]:
        return self._connection.execute(sql, (day, after, _PAGE)).fetchall()

    def first_day(self) -> int:
        """Return the first receipt day of all, 0 where there is no transaction."""
        return int(self._connection.execute("SELECT ifnull(min(day), 0) FROM transactions").get)

    def full_days(
        self, from_day: int, until_day: int, limit_fen: int
    ) -> Iterator[tuple[bytes, int]]:
        """Yield the days of cards (keyed hash and YYYYMMDD) that have no less than a limit."""
        for card, day in self._connection.execute(_FULL, (from_day, until_day, limit_fen)):
            yield bytes(card), day

    def refusals(self, from_day: int, until_day: int) -> Iterator[Refusals]:
        """Yield what was refused without a row, by day, point, bank, code and reason."""
        days = self._connection.execute(_REFUSAL_DAYS, (from_day, until_day)).fetchall()
        for (day,) in days:
            rows: list[Any] = self._connection.execute(_REFUSALS, (day, day)).fetchall()
            for row in rows:
                yield Refusals(*row)

    def totals(self) -> TotalsAre:
        """Return the sums over everything, added up from the rows: the whole file is read."""
        with self._connection:
            by_state: dict[int, tuple[int, int]] = {
                state: (count, total) for state, count, total in self._connection.execute(_STATES)
            }
            ((held_fen, committed_fen, queued),) = self._connection.execute(_REST)
        return TotalsAre(by_state, held_fen, committed_fen, queued)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
