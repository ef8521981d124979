"""What a batch needs is collected once each, searches stand alone, and rows are locked in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from switch.core.operations import LeaseNumbers, Operation, Resolve, TakeOver, Totals
from switch.ledger.rows import CapDay, CapKey
from switch.ledger.shared.reading import (
    Wanted,
    as_text,
    key_columns,
    read,
    request_of,
    segments,
)
from switch.ledger.shared.store import PostgresStore
from tests.switch.ledger.making import (
    BUCKET,
    CARD,
    DAY,
    attempt,
    claiming,
    closing,
    enlisting,
    key,
    opening,
)


def test_a_need_is_there_once_however_often_it_is_named() -> None:
    batch: list[Operation] = [
        opening(1),
        closing(2),
        LeaseNumbers(attempt(3), "stan", 10),
        claiming(4),
    ]
    wanted = Wanted(batch)
    assert list(wanted.keys) == [key()]
    assert list(wanted.caps) == [CapKey(BUCKET, CARD, DAY)]
    assert list(wanted.blocks) == ["stan"]
    assert "FOR SHARE" in wanted.leases
    assert "FOR NO KEY UPDATE" in Wanted([claiming(4), enlisting()]).leases
    assert list(Wanted([Resolve(attempt(1), attempt(2), key(3))]).unsure) == [key(3)]
    assert not Wanted([opening(1)]).is_rare


def test_what_searches_is_decided_alone_and_in_its_place() -> None:
    over, totals = TakeOver(attempt(9), 1, 0, 1), Totals(attempt(10))
    batch: list[Operation] = [opening(1), claiming(2), opening(3, 3), closing(4), over, totals]
    assert segments(batch) == [batch[:1], batch[1:2], batch[2:4], batch[4:5], batch[5:]]
    assert segments(batch[:1]) == [batch[:1]]


def test_keys_that_differ_are_different_as_bytes_too() -> None:
    one, other = replace(key(), merchant="a", batch="bc"), replace(key(), merchant="ab", batch="c")
    assert request_of(one) != request_of(other)
    assert as_text("a\0b") == "a\ufffdb"


async def test_a_row_brings_its_day_its_queue_and_the_fences_of_the_batch(
    store: PostgresStore,
) -> None:
    await store.submit([enlisting(), opening(1)])
    await store.submit([closing(2), Resolve(attempt(3), attempt(77), key(5))])
    line = await store.line()
    await line.execute("BEGIN")
    stored = await read(line.fetch, [replace(closing(4), attempt=attempt(77))])
    assert list(stored.transactions) == [key()]
    assert stored.caps == {CapKey(BUCKET, CARD, DAY): CapDay(0, 50_000)}
    assert stored.fences == {attempt(77): attempt(3)}
    line.cut()


async def test_what_is_not_there_is_probed_in_order_whoever_asks_for_it() -> None:
    probed: list[Sequence[object]] = []

    async def fetch(sql: str, *arguments: object) -> Sequence[Any]:
        if "ON CONFLICT DO NOTHING" not in sql:
            return []
        probed.append(arguments)
        return [(1,), (1,)]

    for stans in ((1, 2), (2, 1)):
        await read(fetch, [Resolve(attempt(3), attempt(7), key(stan)) for stan in stans])
    # Two processes that insert the same keys the other way round would wait for each other.
    assert probed == [key_columns([key(1), key(2)])] * 2
