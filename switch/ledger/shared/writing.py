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
from switch.ledger.shared.reading import Fetch, as_text, request_of

_WRITE: Final = """
    WITH fresh AS (
        INSERT INTO transactions
        SELECT * FROM unnest(
            $1::smallint[], $2::bytea[], $3::bytea[], $4::text[], $5::text[], $6::bigint[],
            $7::bigint[], $8::bigint[], $9::smallint[], $10::bigint[], $11::integer[],
            $12::integer[], $13::bigint[], $14::bigint[], $15::bytea[]
        )
    ), changed AS (
        UPDATE transactions AS t
        SET incarnation = k.incarnation, state = k.state, amount_fen = k.amount_fen,
            tries = k.tries, due_ms = k.due_ms, owner = k.owner, body = k.body
        FROM unnest(
            $16::smallint[], $17::bytea[], $18::bytea[], $19::bigint[], $20::smallint[],
            $21::bigint[], $22::integer[], $23::bigint[], $24::bigint[], $25::bytea[]
        ) AS k (bucket, card, request, incarnation, state, amount_fen, tries, due_ms, owner, body)
        WHERE t.bucket = k.bucket AND t.card = k.card AND t.request = k.request
    ), fresh_days AS (
        INSERT INTO caps
        SELECT * FROM unnest(
            $26::smallint[], $27::bytea[], $28::integer[], $29::bigint[], $30::bigint[]
        )
    )
    UPDATE caps AS c SET held_fen = k.held_fen, committed_fen = k.committed_fen
    FROM unnest(
        $31::smallint[], $32::bytea[], $33::integer[], $34::bigint[], $35::bigint[]
    ) AS k (bucket, card, day, held_fen, committed_fen)
    WHERE c.bucket = k.bucket AND c.card = k.card AND c.day = k.day"""
_FRESH, _CHANGED, _DAYS = 15, 10, 5
"""Columns of each part."""
_INSERT_BLOCK: Final = "INSERT INTO blocks VALUES ($1, $2, $3, $4)"
_UPDATE_BLOCK: Final = "UPDATE blocks SET free = $2, attempt = $3, first = $4 WHERE name = $1"
_INSERT_SESSION: Final = "INSERT INTO sessions VALUES ($1, $2)"
_UPDATE_SESSION: Final = "UPDATE sessions SET body = $2 WHERE terminal = $1"
_INSERT_LEASE: Final = "INSERT INTO leases VALUES ($1, $2, $3)"
_UPDATE_LEASE: Final = "UPDATE leases SET nonce = $2, until_ms = $3 WHERE incarnation = $1"
_WRITE_FENCE: Final = """
    INSERT INTO fences VALUES ($1, $2) ON CONFLICT (attempt) DO UPDATE SET said_by = $2"""

_encode: Final = msgspec.msgpack.Encoder().encode
_NOT_QUEUED: Final = (None, None, None)


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
    for incarnation, lease in written.leases.items():
        sql = _UPDATE_LEASE if incarnation in stored.leases else _INSERT_LEASE
        await fetch(sql, incarnation, lease.nonce, lease.until_ms)
    for attempt, said_by in written.fences.items():
        await fetch(_WRITE_FENCE, attempt, said_by)


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
        key.bucket, key.card, request_of(key), as_text(key.terminal), as_text(record.rrn),
        record.opened_ms, row.attempt, row.incarnation, int(row.state), record.amount_fen,
        None if row.cap is None else row.cap.day, *queue, _encode(row),
    )  # fmt: skip


def _changed(row: Row, queued: Queued | None) -> tuple[object, ...]:
    key = row.key
    queue = _NOT_QUEUED if queued is None else (queued.tries, queued.due_ms, queued.owner)
    return (
        key.bucket, key.card, request_of(key), row.incarnation, int(row.state),
        row.record.amount_fen, *queue, _encode(row),
    )  # fmt: skip


def _day(key: CapKey, day: CapDay) -> tuple[object, ...]:
    return key.bucket, key.card, key.day, day.held_fen, day.committed_fen


def _columns(rows: Sequence[tuple[object, ...]], width: int) -> list[Sequence[object]]:
    """Turn rows into the arrays that a statement takes."""
    return list(zip(*rows, strict=True)) if rows else [()] * width
