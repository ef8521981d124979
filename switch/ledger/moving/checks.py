"""What must be true of a whole ledger (switch/ledger/moving), recomputed in SQL on either engine.

The bodies of all transactions are unpacked into a temporary table of facts; the questions are the
same text for SQLite and for PostgreSQL, and each asks for rows that break a rule.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Final

import apsw
import msgspec

from switch.core.operations import Row, TransactionKey
from switch.core.social.bill import is_owed, stands
from switch.core.transaction import COMMITTED, FINAL, HELD, State
from switch.core.transfers.legs import is_transfer

_encode: Final = msgspec.msgpack.Encoder().encode
_row: Final = msgspec.msgpack.Decoder(Row).decode

FACTS: Final = """
    CREATE TEMPORARY TABLE facts (
        id bytea, state bigint, amount_fen bigint, held_fen bigint, committed_fen bigint,
        bucket bigint, card bytea, cap_day bigint, limit_fen bigint, attempt bigint,
        close_attempt bigint, reverse_attempt bigint, incarnation bigint, is_open bigint,
        is_over bigint, is_sealed bigint, of_id bytea, of_fen bigint, taken_fen bigint,
        is_queued bigint, is_awaited bigint, is_torn bigint, rrn text, column_state bigint,
        column_amount_fen bigint, column_rrn text, debit_id bytea, credit_id bytea
    )"""
"""`is_awaited`: the answer to its 0420 or 0220, or to what the host is told of its bill.
`is_torn`: its bill is not where its debit puts it. `rrn` is empty where it was forestalled.
`debit_id` and `credit_id`: the legs of a transfer, which need not be there yet."""
COLUMNS: Final = 28
_AWAITED: Final = frozenset(
    {State.IN_DOUBT, State.REVERSING, State.ADVISED, State.MOVING, State.CREDITING}
)
CHECKS: Final[dict[str, str]] = {
    "a day holds what its transactions hold": """
        SELECT count(*) FROM (
            SELECT bucket, card, day, sum(held_fen) AS held, sum(committed_fen) AS committed FROM (
                SELECT bucket, card, day, held_fen, committed_fen FROM caps
                UNION ALL
                SELECT bucket, card, cap_day, -held_fen, -committed_fen
                FROM facts WHERE cap_day IS NOT NULL
            ) AS both_sides GROUP BY bucket, card, day
        ) AS days WHERE held <> 0 OR committed <> 0""",
    "no day is over its cap": """
        SELECT count(*) FROM caps JOIN (
            SELECT bucket, card, cap_day, max(limit_fen) AS limit_fen FROM facts
            WHERE cap_day IS NOT NULL GROUP BY bucket, card, cap_day
        ) AS limits ON limits.bucket = caps.bucket AND limits.card = caps.card
            AND limits.cap_day = caps.day
        WHERE held_fen + committed_fen > limit_fen OR held_fen < 0 OR committed_fen < 0""",
    "what waits for its 0420, 0220 or bill to be answered is queued, and nothing else": """
        SELECT count(*) FROM facts WHERE is_queued <> is_awaited""",
    "what was taken of an original is what others took of it": """
        SELECT count(*) FROM (
            SELECT id, sum(fen) AS fen FROM (
                SELECT id, taken_fen AS fen FROM facts
                UNION ALL
                SELECT of_id, -of_fen FROM facts WHERE of_id IS NOT NULL AND is_over = 0
            ) AS both_sides GROUP BY id
        ) AS originals WHERE fen <> 0""",
    "nothing takes more of an original than its amount": """
        SELECT count(*) FROM facts WHERE taken_fen < 0 OR taken_fen > amount_fen""",
    "what is over keeps no sealed card data": """
        SELECT count(*) FROM facts WHERE is_sealed = 1 AND is_over = 1""",
    "no attempt that was declared never to have happened is there": """
        SELECT count(*) FROM fences WHERE attempt IN (
            SELECT attempt FROM facts UNION SELECT close_attempt FROM facts
            UNION SELECT reverse_attempt FROM facts
        )""",
    "no two transactions have one attempt": """
        SELECT count(*) FROM (
            SELECT attempt FROM facts GROUP BY attempt HAVING count(*) > 1
        ) AS twice""",
    "no two transactions have one reference number": """
        SELECT count(*) FROM (
            SELECT rrn FROM facts WHERE rrn <> '' GROUP BY rrn HAVING count(*) > 1
        ) AS twice""",
    "whoever holds an open transaction was enlisted": """
        SELECT count(*) FROM facts
        WHERE is_open = 1 AND incarnation NOT IN (SELECT incarnation FROM leases)""",
    "no incarnation has a number that is still to be given": """
        SELECT count(*) FROM leases, blocks WHERE name = 'incarnation' AND incarnation >= free""",
    "the columns say what the bodies say": """
        SELECT count(*) FROM facts WHERE state <> column_state OR amount_fen <> column_amount_fen
            OR (rrn <> '' AND rrn <> column_rrn)""",
    "a bill is where its debit puts it": """
        SELECT count(*) FROM facts WHERE is_torn = 1""",
    # 3 FORWARDED, 6 APPROVED, 7 DECLINED, 11 REVERSED, 17 CREDITING. A debit that is being given
    # back has been promised to; a leg that a person must look at is in none of these.
    "of a transfer that is over both legs are done, or none": """
        SELECT count(*) FROM facts AS parent
        LEFT JOIN facts AS debit ON debit.id = parent.debit_id
        LEFT JOIN facts AS credit ON credit.id = parent.credit_id
        WHERE parent.debit_id IS NOT NULL AND CASE parent.state
            WHEN 6 THEN coalesce(debit.state, 0) <> 6 OR coalesce(credit.state, 0) <> 6
            WHEN 7 THEN coalesce(debit.state, 0) IN (3, 6)
                OR coalesce(credit.state, 0) IN (3, 6, 17)
            WHEN 11 THEN coalesce(debit.state, 0) IN (3, 6)
                OR coalesce(credit.state, 0) IN (3, 6, 17)
            ELSE false END""",
}
"""The rule, and how many rows break it."""


def fact(body: bytes, queued: object, columns: tuple[int, int, str]) -> tuple[object, ...]:
    """Return the facts of a transaction; its state, amount and RRN are in columns as well."""
    row = _row(body)
    key, cap, taking, state, fen = row.key, row.cap, row.taking, row.state, row.record.amount_fen
    debit, credit = map(identity, row.linked) if is_transfer(row) else (None, None)
    return (
        identity(key), int(state), fen, fen * (state in HELD), fen * (state in COMMITTED),
        key.bucket, key.card, None if cap is None else cap.day,
        None if cap is None else cap.limit_fen, row.attempt, row.close_attempt,
        row.reverse_attempt, row.incarnation, int(state is State.FORWARDED), int(state in FINAL),
        int(bool(row.record.sealed)), None if taking is None else identity(taking.of),
        0 if taking is None else taking.fen, row.taken_fen, int(queued is not None),
        int((state in _AWAITED and row.plan is not None) or is_owed(state, row.bill)),
        int(not stands(state, row.bill)),
        "" if state is State.FORESTALLED else row.record.rrn, *columns, debit, credit,
    )  # fmt: skip


def identity(key: TransactionKey) -> bytes:
    """Return a transaction's key as one value."""
    return _encode(key)


def check_embedded(path: Path) -> Iterator[tuple[str, int]]:
    """Yield each rule and how many rows of the tables break it; the switch may run meanwhile."""
    with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as tables, tables:
        tables.execute(FACTS)
        marks = ", ".join("?" * COLUMNS)
        tables.executemany(
            f"INSERT INTO facts VALUES ({marks})",  # noqa: S608 - marks only
            (
                fact(body, queued, (columns[0], columns[1], columns[2]))
                for body, queued, *columns in tables.execute(
                    "SELECT body, due_ms, state, amount_fen, rrn"
                    " FROM transactions LEFT JOIN advices USING (number)"
                )
            ),
        )
        for rule, sql in CHECKS.items():
            yield rule, int(tables.execute(sql).get)
