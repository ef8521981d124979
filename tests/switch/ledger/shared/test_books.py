"""What people read of a shared ledger is what memory would show them."""

from __future__ import annotations

from msgspec.structs import replace

from switch.core.moment import local
from switch.core.operations import Operation
from switch.core.transaction import State
from switch.ledger.memory import MemoryLedger
from switch.ledger.postgres import PostgresLedger
from switch.ledger.protocol import Where
from tests.switch.ledger.making import (
    CARD,
    claiming,
    closing,
    counting_refusals,
    enlisting,
    opening,
    record,
    reversing,
)

AT_MS = 1_403_055_312_000
DAY_MS = 86_400_000


def test_books_show_what_memory_shows(postgres: PostgresLedger) -> None:
    memory = MemoryLedger()
    days = [
        replace(
            opening(stan, stan, 10_000),
            record=replace(
                record(10_000, rrn=f"41690000000{stan}"), opened_ms=AT_MS + stan * DAY_MS
            ),
        )
        for stan in range(1, 5)
    ]
    batch: list[Operation] = [
        enlisting(),
        *days,
        closing(11, 1),
        closing(12, 2, State.IN_DOUBT),
        claiming(13),
    ]
    for ledger in (memory, postgres):
        ledger.submit([*batch, reversing(14, 3)])
    day = local(AT_MS + 2 * DAY_MS).day
    for where in (
        Where(),
        Where(day=day),
        Where(rrn="416900000003"),
        Where(terminal="50010001", state=State.APPROVED),
        Where(terminal="nobody"),
    ):
        assert postgres.transactions(where=where) == memory.transactions(where=where)
    assert len(postgres.transactions(where=Where(day=day))) == 1
    assert postgres.transactions(2) == memory.transactions(2)
    assert postgres.caps(CARD) == memory.caps(CARD)
    assert postgres.advices() == memory.advices()
    assert len(postgres.advices()) == 2
    assert postgres.totals() == memory.totals()


def test_refusals_are_what_memory_has_whatever_comes_twice_or_late(
    postgres: PostgresLedger,
) -> None:
    memory = MemoryLedger()
    batches: list[list[Operation]] = [
        [counting_refusals(1, {"b": 2, "a": 1}), opening(2, 1)],
        [counting_refusals(3, {"a": 5}), counting_refusals(4, {"a": 7}, 2)],
        [counting_refusals(5, {"a": 4})],
    ]
    for batch in batches:
        for ledger in (memory, postgres):
            ledger.submit(batch)
    found = list(postgres.refusals(20140618, 20140618))
    assert found == list(memory.refusals(20140618, 20140618))
    assert [(each.reason, each.count) for each in found] == [("a", 12), ("b", 2)]
    assert list(postgres.refusals(20140619, 20140630)) == []
