"""What a batch leaves behind, written to PostgreSQL (switch/ledger/shared): each row once.

What was not there when the batch was read is inserted, and the insert fails where another process
was first; what was there is locked, and is updated.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from switch.core.operations import Row, TransactionKey
from switch.ledger.rows import CapDay, CapKey, Queued, ReadSet, WriteSet
from switch.ledger.shared.reading import Fetch, as_text, numbers, request_of

_WRITE: Final = """
    WITH fresh AS (
        INSERT INTO transactions (
            card, request, terminal, rrn, body, bucket, opened_ms, attempt, incarnation, state,
            amount_fen, cap_day, tries, due_ms, owner
        )
        SELECT * FROM unnest(
            $1::bytea[], $2::bytea[], $3::text[], $4::text[], $5::bytea[], $6::text::smallint[],
            $7::text::bigint[], $8::text::bigint[], $9::text::bigint[], $10::text::smallint[],
            $11::text::bigint[], $12::text::integer[], $13::text::integer[],
            $14::text::bigint[], $15::text::bigint[]
        )
    ), changed AS (
        UPDATE transactions AS t
        SET incarnation = k.incarnation, state = k.state, amount_fen = k.amount_fen,
            tries = k.tries, due_ms = k.due_ms, owner = k.owner, body = k.body
        FROM unnest(
            $16::bytea[], $17::bytea[], $18::bytea[], $19::text::smallint[],
            $20::text::bigint[], $21::text::smallint[], $22::text::bigint[],
            $23::text::integer[], $24::text::bigint[], $25::text::bigint[]
        ) AS k (card, request, body, bucket, incarnation, state, amount_fen, tries, due_ms, owner)
        WHERE t.bucket = k.bucket AND t.card = k.card AND t.request = k.request
    ), fresh_days AS (
        INSERT INTO caps (card, bucket, day, held_fen, committed_fen)
        SELECT * FROM unnest(
            $26::bytea[], $27::text::smallint[], $28::text::integer[], $29::text::bigint[],
            $30::text::bigint[]
        )
    )
    UPDATE caps AS c SET held_fen = k.held_fen, committed_fen = k.committed_fen
    FROM unnest(
        $31::bytea[], $32::text::smallint[], $33::text::integer[], $34::text::bigint[],
        $35::text::bigint[]
    ) AS k (card, bucket, day, held_fen, committed_fen)
    WHERE c.bucket = k.bucket AND c.card = k.card AND c.day = k.day"""
_FRESH, _CHANGED, _DAYS = (5, 15), (3, 10), (1, 5)
"""Of each part: columns that the driver encodes, and columns in all. The others are numbers, which
it would look at one by one: one text for all costs a tenth."""
_INSERT_BLOCK: Final = "INSERT INTO blocks VALUES ($1, $2, $3, $4)"
_UPDATE_BLOCK: Final = "UPDATE blocks SET free = $2, attempt = $3, first = $4 WHERE name = $1"
_INSERT_SESSION: Final = "INSERT INTO sessions VALUES ($1, $2)"
_WRITE_BATCH: Final = """
    INSERT INTO batches VALUES ($1, $2, $3, $4)
    ON CONFLICT (terminal, number) DO UPDATE SET day = $3, body = $4"""
_UPDATE_SESSION: Final = "UPDATE sessions SET body = $2 WHERE terminal = $1"
_INSERT_LEASE: Final = "INSERT INTO leases VALUES ($1, $2, $3)"
_UPDATE_LEASE: Final = "UPDATE leases SET nonce = $2, until_ms = $3 WHERE incarnation = $1"
_WRITE_FENCE: Final = """
    INSERT INTO fences VALUES ($1, $2) ON CONFLICT (attempt) DO UPDATE SET said_by = $2"""

_WRITE_REFUSALS: Final = """
    INSERT INTO refusals AS r SELECT * FROM unnest(
        $1::integer[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[]
    )
    ON CONFLICT (day, incarnation, merchant, issuer, code, reason)
    DO UPDATE SET count = greatest(r.count, excluded.count)"""

_encode: Final = msgspec.msgpack.Encoder().encode
_NOT_QUEUED: Final = ("NULL", "NULL", "NULL")


async def write(fetch: Fetch, written: WriteSet, stored: ReadSet) -> None:
    """Write what was decided over `stored`."""
    if written.transactions or written.advices or written.caps:
        rows, days = _rows(written, stored), sorted(written.caps.items())
        known, there = stored.transactions, stored.caps
        await fetch(
            _WRITE,
            *_columns([_fresh(*row) for row in rows if row[0].key not in known], _FRESH),
            *_columns([_changed(*row) for row in rows if row[0].key in known], _CHANGED),
            *_columns([_day(*day) for day in days if day[0] not in there], _DAYS),
            *_columns([_day(*day) for day in days if day[0] in there], _DAYS),
        )
    for name, block in written.blocks.items():
        sql = _UPDATE_BLOCK if name in stored.blocks else _INSERT_BLOCK
        await fetch(sql, name, block.free, block.attempt, block.first)
    for terminal, session in written.sessions.items():
        sql = _UPDATE_SESSION if terminal in stored.sessions else _INSERT_SESSION
        await fetch(sql, as_text(terminal), _encode(session))
    for batch in written.batches.values():
        await fetch(_WRITE_BATCH, as_text(batch.terminal), batch.number, batch.day, _encode(batch))
    for incarnation, lease in written.leases.items():
        sql = _UPDATE_LEASE if incarnation in stored.leases else _INSERT_LEASE
        await fetch(sql, incarnation, lease.nonce, lease.until_ms)
    for attempt, said_by in written.fences.items():
        await fetch(_WRITE_FENCE, attempt, said_by)
    if written.refusals:
        # In order: two that write the same keys otherwise would wait for each other.
        counts = sorted(written.refusals.items())
        cells = [(*map(_cell, msgspec.structs.astuple(key)), count) for key, count in counts]
        await fetch(_WRITE_REFUSALS, *map(list, zip(*cells, strict=True)))


def _rows(written: WriteSet, stored: ReadSet) -> list[tuple[Row, Queued | None]]:
    """Return every transaction that changes, and how its 0420 stands, in order of their keys."""
    keys: list[TransactionKey] = sorted({**written.transactions, **written.advices})
    rows = []
    for key in keys:
        row = written.transactions.get(key) or stored.transactions[key]
        queued = written.advices[key] if key in written.advices else stored.advices.get(key)
        rows.append((row, queued))
    return rows


def _fresh(row: Row, queued: Queued | None) -> tuple[object, ...]:
    key, record = row.key, row.record
    queue = _NOT_QUEUED if queued is None else (queued.tries, queued.due_ms, queued.owner)
    return (
        key.card, request_of(key), as_text(key.terminal), as_text(record.rrn), _encode(row),
        key.bucket, record.opened_ms, row.attempt, row.incarnation, int(row.state),
        record.amount_fen, "NULL" if row.cap is None else row.cap.day, *queue,
    )  # fmt: skip


def _changed(row: Row, queued: Queued | None) -> tuple[object, ...]:
    key = row.key
    queue = _NOT_QUEUED if queued is None else (queued.tries, queued.due_ms, queued.owner)
    return (
        key.card, request_of(key), _encode(row), key.bucket, row.incarnation, int(row.state),
        row.record.amount_fen, *queue,
    )  # fmt: skip


def _cell(value: object) -> object:
    return as_text(value) if isinstance(value, str) else value


def _day(key: CapKey, day: CapDay) -> tuple[object, ...]:
    return key.card, key.bucket, key.day, day.held_fen, day.committed_fen


def _columns(rows: Sequence[tuple[object, ...]], width: tuple[int, int]) -> list[object]:
    """Turn rows into the arrays that a statement takes."""
    encoded, every = width
    if not rows:
        return [()] * encoded + ["{}"] * (every - encoded)
    columns = list(zip(*rows, strict=True))
    return [*columns[:encoded], *(numbers(column) for column in columns[encoded:])]
