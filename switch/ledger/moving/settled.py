"""The settlement beside an embedded ledger, read and written whole (switch/ledger/moving).

Numbers of cases stay what they are, for people have written them down. Where nothing was ever
settled there is no file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final

import apsw

from switch.ledger.moving.records import CaseKept, ClearingKept, MarkKept, Settled
from switch.ledger.settling.embedded import SqliteSettlement
from switch.ledger.settling.protocol import Kept, Mark, MarkState

_Rows = list[tuple[object, ...]]
CLEARINGS: Final = "SELECT day, body FROM clearings"
MARKS: Final = "SELECT rrn, day, state FROM clearing_marks"
CASES: Final = "SELECT number, key, version, is_open, body FROM cases"


def read_settled(path: Path) -> Iterator[Settled]:
    """Yield everything that settlement has kept, as it is at one moment. LedgerOpenError."""
    if not path.exists():
        return
    SqliteSettlement(path).close()
    with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as tables, tables:
        for clearing in tables.execute(CLEARINGS):
            yield ClearingKept(*clearing)
        for rrn, day, state in tables.execute(MARKS):
            yield MarkKept(Mark(rrn, day, MarkState(state)))
        for number, key, version, is_open, body in tables.execute(CASES):
            yield CaseKept(Kept(number, key, version, bool(is_open), body))


def write_settled(path: Path, settled: Sequence[Settled]) -> None:
    """Add all this to a file, which is made where there is something to add. LedgerOpenError."""
    if not settled:
        return
    SqliteSettlement(path).close()
    clearings, marks, cases = columns(settled)
    with closing(apsw.Connection(str(path))) as tables, tables:
        tables.executemany("INSERT INTO clearings VALUES (?, ?)", clearings)
        tables.executemany("INSERT INTO clearing_marks VALUES (?, ?, ?)", marks)
        tables.executemany(
            "INSERT INTO cases (number, key, version, is_open, body) VALUES (?, ?, ?, ?, ?)", cases
        )


def columns(settled: Sequence[Settled]) -> tuple[_Rows, _Rows, _Rows]:
    """Return the rows of clearings, of marks and of cases, in the order of the columns above."""
    clearings, marks, cases = _Rows(), _Rows(), _Rows()
    for each in settled:
        match each:
            case ClearingKept(day, body):
                clearings.append((day, body))
            case MarkKept(mark):
                marks.append((mark.rrn, mark.day, int(mark.state)))
            case CaseKept(case):
                cases.append((case.number, case.key, case.version, case.is_open, case.body))
    return clearings, marks, cases
