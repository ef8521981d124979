"""The store of settlement on PostgreSQL (switch/ledger), in the database of the ledger.

Two commands may clear at once: whoever comes second is refused.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeVar

from switch.ledger.postgres import PostgresLedger
from switch.ledger.settling.protocol import (
    AlreadyClearedError,
    ChangedMeanwhileError,
    Kept,
    Mark,
    MarkState,
)
from switch.ledger.shared.line import Line

T = TypeVar("T")
_DAYS: Final = "SELECT day FROM clearings ORDER BY day"
_LAST: Final = "SELECT coalesce(max(day), 0) FROM clearings"
_CLEARING: Final = "SELECT body FROM clearings WHERE day = $1"
_MARKS: Final = "SELECT rrn, day, state FROM clearing_marks WHERE rrn = ANY($1::text[])"
_CARRIED: Final = """
    SELECT rrn, day, state FROM clearing_marks WHERE state = 1 ORDER BY day, rrn COLLATE "C"
"""
_KEEP: Final = """
    INSERT INTO clearings SELECT $1::integer, $2::bytea
    WHERE NOT EXISTS (SELECT FROM clearings WHERE day >= $1)
    ON CONFLICT DO NOTHING RETURNING day"""
_KEEP_MARKS: Final = """
    INSERT INTO clearing_marks
    SELECT * FROM unnest($1::text[], $2::integer[], $3::smallint[])
    ON CONFLICT (rrn) DO UPDATE SET day = excluded.day, state = excluded.state"""
# What is there already is left out first, for a conflict would use up a number.
_ADD: Final = """
    INSERT INTO cases (key, version, is_open, body)
    SELECT key, 1, true, body
    FROM unnest($1::text[], $2::bytea[]) WITH ORDINALITY AS fresh (key, body, place)
    WHERE NOT EXISTS (SELECT FROM cases WHERE cases.key = fresh.key) ORDER BY place
    ON CONFLICT (key) DO NOTHING RETURNING number"""
_CASES: Final = """
    SELECT number, key, version, is_open, body FROM cases
    WHERE $1::boolean IS NULL OR is_open = $1 ORDER BY number"""
_CASE: Final = "SELECT number, key, version, is_open, body FROM cases WHERE number = $1"
_CHANGE: Final = """
    UPDATE cases SET version = version + 1, is_open = $3, body = $4
    WHERE number = $1 AND version = $2 RETURNING number"""

_GENERATION: Final = "SELECT coalesce(sum(version), 0)::bigint FROM cases"


class PostgresSettlement:
    """Clearings, marks and cases in the ledger's database."""

    def __init__(self, ledger: PostgresLedger) -> None:
        """Use the connections of an open ledger, which stays its owner's."""
        self._ledger = ledger

    def last_day(self) -> int:
        """Return the last day that was cleared, 0 for none."""
        return int(self._fetch(_LAST)[0][0])

    def days(self) -> list[int]:
        """Return the days that were cleared, in order."""
        return [day for (day,) in self._fetch(_DAYS)]

    def clearing(self, day: int) -> bytes | None:
        """Return what was kept of a day, None where it was not cleared."""
        found = self._fetch(_CLEARING, day)
        return bytes(found[0][0]) if found else None

    def marks(self, rrns: Sequence[str]) -> dict[str, Mark]:
        """Return the marks of these transactions, where they have one."""
        return {mark.rrn: mark for mark in map(_mark, self._fetch(_MARKS, list(rrns)))}

    def carried(self) -> list[Mark]:
        """Return what still waits for its outcome, in order."""
        return [_mark(row) for row in self._fetch(_CARRIED)]

    def keep_clearing(self, day: int, body: bytes, marks: Sequence[Mark]) -> None:
        """Keep the clearing of a day with its marks. AlreadyClearedError."""

        async def keep(line: Line) -> bool:
            await line.execute("BEGIN; LOCK TABLE clearings IN EXCLUSIVE MODE")
            if not await line.fetch(_KEEP, day, body):
                await line.roll_back()
                return False
            columns = (
                [m.rrn for m in marks],
                [m.day for m in marks],
                [int(m.state) for m in marks],
            )
            await line.fetch(_KEEP_MARKS, *columns)
            await line.commit()
            return True

        if not self._do(keep):
            raise AlreadyClearedError(f"{day} is cleared already")

    def add_cases(self, cases: Sequence[tuple[str, bytes]]) -> int:
        """Add open cases by their keys; those that are there stay. Return how many are new."""
        return self.amend(cases, ())

    def cases(self, *, is_open: bool | None = None) -> list[Kept]:
        """Return cases by number; all of them, or those that are open, or those that are not."""
        return [Kept(*row) for row in self._fetch(_CASES, is_open)]

    def case(self, number: int) -> Kept | None:
        """Return a case, None where there is none of this number."""
        found = self._fetch(_CASE, number)
        return Kept(*found[0]) if found else None

    def change_case(self, kept: Kept) -> None:
        """Replace the version that was read (`kept.version`). ChangedMeanwhileError."""
        self.amend((), [kept])

    def generation(self) -> int:
        """Return a number that grows with every case that is added or changed."""
        return int(self._fetch(_GENERATION)[0][0])

    def amend(
        self, new: Sequence[tuple[str, bytes]], changed: Sequence[Kept], generation: int = 0
    ) -> int:
        """Add and change cases, all or none; return how many are new. ChangedMeanwhileError."""
        fresh: dict[str, bytes] = {}
        for key, body in new:
            fresh.setdefault(key, body)

        async def amend(line: Line) -> int | str:
            await line.execute("BEGIN; LOCK TABLE cases IN EXCLUSIVE MODE")
            if generation and (await line.fetch(_GENERATION))[0][0] != generation:
                await line.roll_back()
                return "cases were changed meanwhile"
            added = await line.fetch(_ADD, list(fresh), list(fresh.values())) if fresh else ()
            for kept in changed:
                values = (kept.number, kept.version, kept.is_open, kept.body)
                if not await line.fetch(_CHANGE, *values):
                    await line.roll_back()
                    return f"case {kept.number} was changed meanwhile"
            await line.commit()
            return len(added)

        done = self._do(amend)
        if isinstance(done, str):
            raise ChangedMeanwhileError(done)
        return done

    def close(self) -> None:
        """Leave the connections to the ledger's owner."""

    def _fetch(self, sql: str, *values: object) -> Sequence[Any]:
        async def fetch(line: Line) -> Sequence[Any]:
            return await line.fetch(sql, *values)

        return self._do(fetch)

    def _do(self, do: Callable[[Line], Awaitable[T]]) -> T:
        return self._ledger.on_line(do)


def _mark(row: Sequence[Any]) -> Mark:
    rrn, day, state = row
    return Mark(rrn, day, MarkState(state))
