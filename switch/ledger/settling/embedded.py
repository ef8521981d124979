"""The store of settlement beside an embedded ledger (switch/ledger): a SQLite file of its own.

The ledger's own file belongs to the switch that runs; here only commands write, one at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import apsw

from switch.ledger.embedded.migrations import migrate
from switch.ledger.protocol import LedgerOpenError
from switch.ledger.settling.protocol import (
    AlreadyClearedError,
    ChangedMeanwhileError,
    Kept,
    Mark,
    MarkState,
)

PREFIX: Final = "settlement-"
"""How its migrations are called."""
_PATIENCE_MS: Final = 5_000
_AT_ONCE: Final = 500
_ADD: Final = "INSERT OR IGNORE INTO cases (key, version, is_open, body) VALUES (?, 1, 1, ?)"

_CHANGE: Final = (
    "UPDATE cases SET version = version + 1, is_open = ?, body = ? WHERE number = ? AND version = ?"
)


def beside(ledger: Path) -> Path:
    """Return where the settlement of an embedded ledger is."""
    return ledger.with_name("settlement.sqlite")


class SqliteSettlement:
    """Clearings, marks and cases in one file."""

    def __init__(self, path: Path) -> None:
        """Open or make the file. Raises LedgerOpenError."""
        try:
            self._connection = apsw.Connection(str(path))
            self._connection.set_busy_timeout(_PATIENCE_MS)
            self._connection.pragma("journal_mode", "wal")
            self._connection.pragma("synchronous", "full")
            migrate(self._connection, path, PREFIX)
        except apsw.Error as error:
            raise LedgerOpenError(f"{path} cannot be opened: {error}") from error

    def last_day(self) -> int:
        """Return the last day that was cleared, 0 for none."""
        return int(self._ask("SELECT ifnull(max(day), 0) FROM clearings")[0][0])

    def days(self) -> list[int]:
        """Return the days that were cleared, in order."""
        return [day for (day,) in self._ask("SELECT day FROM clearings ORDER BY day")]

    def clearing(self, day: int) -> bytes | None:
        """Return what was kept of a day, None where it was not cleared."""
        found = self._ask("SELECT body FROM clearings WHERE day = ?", day)
        return bytes(found[0][0]) if found else None

    def marks(self, rrns: Sequence[str]) -> dict[str, Mark]:
        """Return the marks of these transactions, where they have one."""
        found: dict[str, Mark] = {}
        for at in range(0, len(rrns), _AT_ONCE):
            some = rrns[at : at + _AT_ONCE]
            marks = ", ".join("?" * len(some))
            sql = f"SELECT rrn, day, state FROM clearing_marks WHERE rrn IN ({marks})"  # noqa: S608
            found.update((mark.rrn, mark) for mark in map(_mark, self._ask(sql, *some)))
        return found

    def carried(self) -> list[Mark]:
        """Return what still waits for its outcome, in order."""
        return [
            _mark(row)
            for row in self._ask(
                "SELECT rrn, day, state FROM clearing_marks WHERE state = 1 ORDER BY day, rrn"
            )
        ]

    def keep_clearing(self, day: int, body: bytes, marks: Sequence[Mark]) -> None:
        """Keep the clearing of a day with its marks. AlreadyClearedError."""
        with self._connection:
            if self.last_day() >= day:
                raise AlreadyClearedError(f"{day} is cleared already")
            self._ask("INSERT INTO clearings VALUES (?, ?)", day, body)
            self._connection.executemany(
                "INSERT OR REPLACE INTO clearing_marks VALUES (?, ?, ?)",
                ((mark.rrn, mark.day, int(mark.state)) for mark in marks),
            )

    def add_cases(self, cases: Sequence[tuple[str, bytes]]) -> int:
        """Add open cases by their keys; those that are there stay. Return how many are new."""
        return self.amend(cases, ())

    def cases(self, *, is_open: bool | None = None) -> list[Kept]:
        """Return cases by number; all of them, or those that are open, or those that are not."""
        sql = "SELECT * FROM cases WHERE ?1 IS NULL OR is_open = ?1 ORDER BY number"
        return [_kept(row) for row in self._ask(sql, None if is_open is None else int(is_open))]

    def case(self, number: int) -> Kept | None:
        """Return a case, None where there is none of this number."""
        found = self._ask("SELECT * FROM cases WHERE number = ?", number)
        return _kept(found[0]) if found else None

    def change_case(self, kept: Kept) -> None:
        """Replace the version that was read (`kept.version`). ChangedMeanwhileError."""
        self.amend((), [kept])

    def generation(self) -> int:
        """Return a number that grows with every case that is added or changed."""
        return int(self._ask("SELECT ifnull(sum(version), 0) FROM cases")[0][0])

    def amend(
        self, new: Sequence[tuple[str, bytes]], changed: Sequence[Kept], generation: int = 0
    ) -> int:
        """Add and change cases, all or none; return how many are new. ChangedMeanwhileError."""
        added = 0
        self._ask("BEGIN IMMEDIATE")
        try:
            self._check_generation(generation)
            for key, body in new:
                self._ask(_ADD, key, body)
                added += self._connection.changes()
            for kept in changed:
                self._change(kept)
        except BaseException:
            self._ask("ROLLBACK")
            raise
        self._ask("COMMIT")
        return added

    def _check_generation(self, generation: int) -> None:
        if generation and self.generation() != generation:
            raise ChangedMeanwhileError("cases were changed meanwhile")

    def _change(self, kept: Kept) -> None:
        self._ask(_CHANGE, int(kept.is_open), kept.body, kept.number, kept.version)
        if not self._connection.changes():
            raise ChangedMeanwhileError(f"case {kept.number} was changed meanwhile")

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    def _ask(self, sql: str, *values: Any) -> list[Any]:  # noqa: ANN401 - what SQLite can hold
        return self._connection.execute(sql, values).fetchall()


def _mark(row: Sequence[Any]) -> Mark:
    rrn, day, state = row
    return Mark(rrn, day, MarkState(state))


def _kept(row: Sequence[Any]) -> Kept:
    number, key, version, is_open, body = row
    return Kept(number, key, version, bool(is_open), bytes(body))
