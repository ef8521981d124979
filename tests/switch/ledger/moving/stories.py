"""Ledgers with something in every table, for what reads and checks whole ones."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing as closing_of
from pathlib import Path

import msgspec
from msgspec.structs import replace

from switch.core.operations import LeaseNumbers, Operation, Resolve, SignOn
from switch.core.transaction import State
from switch.ledger.registry.embedded import SqliteRegistry
from switch.ledger.registry.protocol import Entry
from switch.ledger.settling.embedded import SqliteSettlement, beside
from switch.ledger.settling.protocol import Mark, MarkState, SettlementStore
from switch.ledger.sqlite import SqliteLedger
from switch.settlement.cases import Case, Note, encoded
from switch.settlement.clearing import Clearing
from tests.switch.ledger.making import (
    acknowledging,
    attempt,
    claiming,
    closing,
    counting_refusals,
    enlisting,
    key,
    opening,
    record,
    reversing,
    settling,
    uploading,
)


def opened(number: int, stan: int, fen: int) -> Operation:
    """Return an Open with a reference number of its own."""
    kept = record(fen, rrn=f"4169{stan:08d}")
    return replace(opening(number, stan, fen), record=kept)


STORY: Sequence[Sequence[Operation]] = (
    [enlisting(), enlisting(b"another"), SignOn(attempt(90), "50010001", b"sealed keys")],
    [LeaseNumbers(attempt(91), "stan", 500), Resolve(attempt(92), attempt(77), key(70))],
    [opened(1, 1, 30_000), opened(2, 2, 10_000), opened(3, 3, 10_000), opened(4, 4, 10_000)],
    [closing(5, 1), closing(6, 2, State.DECLINED), closing(7, 3, State.IN_DOUBT)],
    [opened(8, 5, 5_000), closing(9, 5, State.IN_DOUBT), claiming(10, limit=1)],
    [acknowledging(11, 3), reversing(12, 60), opened(13, 6, 1_000)],
    [settling(14, 30_000), uploading(15, 1)],
    [counting_refusals(16, {"daily_cap_exceeded": 3}), counting_refusals(17, {"x": 1}, 2)],
)
"""Six withdrawals in six states, and with them something in every other table."""

CHANGES = [
    Entry(number, "2014-06-18T09:30", "wang", "一", f'{{"removed":{{"point":["{number}"]}}}}')
    for number in range(1, 4)
]
"""A registry of three changes."""
CLEARED = msgspec.msgpack.encode(
    Clearing(day=20140618, positions={}, interbank={}, inside={}, classes={}, points={})
)


def settle(store: SettlementStore) -> None:
    """Clear a day, with a mark of each kind, and open and close cases."""
    marks = [Mark(f"41690000000{state:d}", 20140618, state) for state in MarkState]
    store.keep_clearing(20140618, CLEARED, marks)
    cases = [Case(kind=kind, found_by="-", rrn="1", day=1, deadline=1) for kind in ("a", "b", "c")]
    store.add_cases([(case.key, encoded(case)) for case in cases])
    first, *_ = store.cases()
    done = replace(cases[0], stage="closed", deadline=0, notes=(Note(0, "-", "no_error", "-"),))
    store.change_case(replace(first, is_open=False, body=encoded(done)))


def settled(path: Path) -> Path:
    """Make an embedded ledger of the story, with a registry, and a settlement beside it."""
    SqliteRegistry(embedded(path)).append(CHANGES)
    with closing_of(SqliteSettlement(beside(path))) as store:
        settle(store)
    return path


def embedded(path: Path) -> Path:
    """Make an embedded ledger of the story."""
    with closing_of(SqliteLedger(path, fill_every_s=None)) as ledger:
        for batch in STORY:
            ledger.submit(batch)
    return path
