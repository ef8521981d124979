"""A whole ledger on PostgreSQL, read and written (switch/ledger/moving).

It is read as it was at one moment, whatever goes on meanwhile, and written in one transaction.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from itertools import islice
from typing import Any, Final
from zlib import crc32

import msgspec

from switch.core.batches.values import Batch
from switch.core.operations import RefusalKey, Row, Session
from switch.ledger.moving.embedded import REFUSALS, changes_of, put, settled_of
from switch.ledger.moving.records import (
    BatchKept,
    CaseKept,
    ChangeKept,
    ClearingKept,
    Day,
    Fence,
    Incarnation,
    MarkKept,
    Numbers,
    Record,
    RefusalsKept,
    SessionKept,
    Settled,
    Transaction,
)
from switch.ledger.moving.settled import CASES, CLEARINGS, MARKS, columns
from switch.ledger.protocol import LedgerOpenError
from switch.ledger.registry.on_postgres import append
from switch.ledger.registry.protocol import CHANGES, OvertakenError, entries_of
from switch.ledger.rows import Block, CapDay, CapKey, Queued, ReadSet, WriteSet
from switch.ledger.settling.protocol import Kept, Mark, MarkState
from switch.ledger.shared.line import Line
from switch.ledger.shared.writing import write

_AT_ONCE: Final = 2_000
_IN_USE: Final = """
    SELECT EXISTS (SELECT FROM transactions) OR EXISTS (SELECT FROM caps)
        OR EXISTS (SELECT FROM blocks) OR EXISTS (SELECT FROM sessions)
        OR EXISTS (SELECT FROM clearings) OR EXISTS (SELECT FROM cases)
        OR EXISTS (SELECT FROM refusals) OR EXISTS (SELECT FROM registry_changes)"""
_SNAPSHOT: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
TRANSACTIONS: Final = """
    SELECT body, tries, due_ms, owner FROM transactions ORDER BY opened_ms, attempt"""
_CAPS: Final = "SELECT bucket, card, day, held_fen, committed_fen FROM caps"
_SESSIONS: Final = "SELECT body FROM sessions"
_BLOCKS: Final = "SELECT name, free, attempt, first FROM blocks"
_LEASES: Final = "SELECT incarnation, nonce FROM leases"
_BATCHES: Final = "SELECT body FROM batches"
_FENCES: Final = "SELECT attempt, said_by FROM fences"

_ADD_CLEARINGS: Final = "INSERT INTO clearings SELECT * FROM unnest($1::integer[], $2::bytea[])"
_ADD_MARKS: Final = """
    INSERT INTO clearing_marks SELECT * FROM unnest($1::text[], $2::integer[], $3::smallint[])"""
_ADD_CASES: Final = """
    INSERT INTO cases (number, key, version, is_open, body) OVERRIDING SYSTEM VALUE
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::bigint[], $4::boolean[], $5::bytea[])"""
# The next case must not get a number that is taken.
_NUMBER_ON: Final = """
    SELECT setval(pg_get_serial_sequence('cases', 'number'), max(number)) FROM cases"""

_row: Final = msgspec.msgpack.Decoder(Row).decode
_session: Final = msgspec.msgpack.Decoder(Session).decode
_batch: Final = msgspec.msgpack.Decoder(Batch).decode


async def read_shared(line: Line) -> AsyncIterator[Record]:
    """Yield everything in a ledger as it is now, transactions in the order of their opening."""
    await line.execute(_SNAPSHOT)
    async for record in read_within(line):
        yield record
    await line.roll_back()


async def read_within(line: Line) -> AsyncIterator[Record]:
    """Yield the same within the transaction that is open."""
    async for body, tries, due_ms, owner in paged(line, TRANSACTIONS):
        yield Transaction(_row(body), None if due_ms is None else Queued(tries, due_ms, owner))
    async for bucket, card, day, held, committed in paged(line, _CAPS):
        yield Day(CapKey(bucket, card, day), CapDay(held, committed))
    async for (body,) in paged(line, _SESSIONS):
        yield SessionKept(_session(body))
    async for name, free, attempt, first in paged(line, _BLOCKS):
        yield Numbers(name, Block(free, attempt, first))
    async for number, nonce in paged(line, _LEASES):
        yield Incarnation(number, nonce)
    async for attempt, said_by in paged(line, _FENCES):
        yield Fence(attempt, said_by)
    async for (body,) in paged(line, _BATCHES):
        yield BatchKept(_batch(body))
    async for *key, count in paged(line, REFUSALS):
        yield RefusalsKept(RefusalKey(*key), count)
    async for record in _kept_besides(line):
        yield record


async def _kept_besides(line: Line) -> AsyncIterator[ChangeKept | Settled]:
    """Yield what commands have written: the registry and the settlement."""
    for entry in entries_of([tuple(row) async for row in paged(line, CHANGES)]):
        yield ChangeKept(entry)
    async for day, body in paged(line, CLEARINGS):
        yield ClearingKept(day, body)
    async for rrn, day, state in paged(line, MARKS):
        yield MarkKept(Mark(rrn, day, MarkState(state)))
    async for number, key, version, is_open, body in paged(line, CASES):
        yield CaseKept(Kept(number, key, version, is_open, body))


async def write_shared(line: Line, records: Iterable[Record]) -> None:
    """Write all this into an empty ledger, and leave the transaction open. LedgerOpenError."""
    await line.execute("BEGIN")
    ((is_in_use,),) = await line.fetch(_IN_USE)
    if is_in_use:
        raise LedgerOpenError("the database has a ledger already: only an empty one can be written")
    left = iter(records)
    while some := list(islice(left, _AT_ONCE)):
        written = WriteSet()
        for record in some:
            put(written, record)
        await write(line.fetch, written, ReadSet())
        await _settle(line, settled_of(some))
        try:
            await append(line, changes_of(some))
        except OvertakenError as error:
            raise LedgerOpenError(f"the registry cannot be written: {error}") from error


async def _settle(line: Line, settled: list[Settled]) -> None:
    """Write what settlement has kept."""
    for sql, rows in zip((_ADD_CLEARINGS, _ADD_MARKS, _ADD_CASES), columns(settled), strict=True):
        if rows:
            await line.fetch(sql, *map(list, zip(*rows, strict=True)))
    if any(isinstance(each, CaseKept) for each in settled):
        await line.fetch(_NUMBER_ON)


async def paged(line: Line, sql: str) -> AsyncIterator[Any]:
    """Yield the records of a query, a page at a time, inside a transaction."""
    # A name for each query: what is fetched is prepared under it, with its columns.
    name = f"paged_{crc32(sql.encode()):08x}"
    await line.execute(f"DECLARE {name} NO SCROLL CURSOR FOR {sql}")
    while found := await line.fetch(f"FETCH {_AT_ONCE} FROM {name}"):
        for record in found:
            yield record
    await line.execute(f"CLOSE {name}")
