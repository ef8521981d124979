"""A quarter's transactions, written straight into the tables of either engine (bench).

What a switch would have left: withdrawals and sales at a thousand points with cards of five banks,
some declined, reversed or in doubt, each with its legs, over 92 days.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Final

import apsw
import msgspec

from switch.core.operations import Answer, CapCheck, Record, Row, TransactionKey
from switch.core.transaction import State
from switch.ledger.postgres import PostgresLedger
from switch.ledger.shared.line import Line
from switch.ledger.shared.migrations import migrate
from switch.ledger.shared.reading import request_of
from switch.ledger.sqlite import SqliteLedger

FIRST: Final = date(2014, 7, 1)
DAYS: Final = 92
ISSUERS: Final = tuple(f"{99_910_000 + n}" for n in range(5))
ACQUIRERS: Final = tuple(f"{99_900_000 + n}" for n in range(3))
POINTS: Final = 1_000
_FIRST_MS: Final = 1_404_144_000_000
"""2014-07-01 00:00 in Shanghai."""
_DAY_MS: Final = 86_400_000
_AT_ONCE: Final = 5_000
_LEGS: Final = ((), (("ci", 250), ("ia", 100), ("in", 20)), (("ai", 44), ("an", 6), ("ma", 12)))
_RULES: Final = ("C5 I1", "C7 I6", "C3 I5")
_ENDS: Final = ((State.APPROVED, "00"), (State.DECLINED, "51"), (State.REVERSED, "00"))
_WEIGHTS: Final = (93, 6, 1)

encode: Final = msgspec.msgpack.Encoder().encode


def rows(count: int) -> Iterator[Row]:
    """Yield transactions in the order of their opening; the same ones every time."""
    chance = random.Random(20140701)
    for number in range(count):
        day_number = number * DAYS // count
        at_ms = _FIRST_MS + number * DAYS * _DAY_MS // count
        yield _row(number, day_number, at_ms, chance)


def _row(number: int, day_number: int, at_ms: int, chance: random.Random) -> Row:
    day = int((FIRST + timedelta(days=day_number)).strftime("%Y%m%d"))
    point, way = number % POINTS, chance.randrange(3)
    (state, code), *_ = chance.choices(_ENDS, _WEIGHTS)
    issuer = ISSUERS[chance.randrange(len(ISSUERS))]
    card = chance.getrandbits(128).to_bytes(16, "big")
    fen = chance.randrange(1, 20) * 10_000
    rrn = f"{number:012d}"
    key = TransactionKey(
        (card[0] << 8 | card[1]) % 1024, card, f"{50_010_000 + point}",
        f"999653080{110_000 + point}", "000001", f"{number % 999_999 + 1:06d}", "",
    )  # fmt: skip
    record = Record(
        kind="social_sale" if way == 2 else "rural_withdrawal",  # noqa: PLR2004 - a third
        amount_fen=fen, shown_card="621999*********0120", sealed=b"", rrn=rrn, link="bank",
        link_stan=f"{number % 999_999 + 1:06d}", transmission="0701120000", issuer=issuer,
        acquirer=ACQUIRERS[point % len(ACQUIRERS)], clearing_day=day, opened_ms=at_ms,
        time="120000", date=f"{day % 10_000:04d}", mti="0200", processing_code="010000",
        entry_mode="051", condition_code="00", configuration=1, trace=bytes(16),
        fee_fen=250 if way == 1 else 0, fee_rules=_RULES[way], legs=_LEGS[way],
    )  # fmt: skip
    return Row(
        key=key, fingerprint=bytes(16), state=state, record=record,
        cap=CapCheck(day, 200_000) if way != 2 else None,  # noqa: PLR2004 - as above
        attempt=1 << 40 | number + 1, incarnation=1, reason=code,
        answer=Answer("120000", "0701", "0701", rrn, "123456", code, ""),
    )  # fmt: skip


def make_embedded(path: Path, count: int) -> None:
    """Make an embedded ledger of so many transactions."""
    SqliteLedger(path, fill_every_s=None).close()
    with closing(apsw.Connection(str(path))) as tables:
        tables.pragma("synchronous", "off")
        left = enumerate(rows(count), 1)
        while page := list(islice(left, _AT_ONCE)):
            with tables:
                tables.executemany(
                    "INSERT INTO transactions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        (
                            number, row.key.terminal, row.key.batch, row.key.stan, row.record.rrn,
                            int(row.state), row.record.clearing_day, row.record.amount_fen,
                            encode(row),
                        )
                        for number, row in page
                    ),
                )  # fmt: skip
                tables.executemany(
                    "INSERT OR IGNORE INTO caps VALUES (?, ?, ?, 0, ?)", map(_day, page)
                )


def _day(numbered: tuple[int, Row]) -> tuple[object, ...]:
    row = numbered[1]
    day, key = row.record.clearing_day, row.key
    return key.card, day, key.bucket, row.record.amount_fen


def make_shared(url: str, count: int) -> None:
    """Make a ledger on PostgreSQL of so many transactions."""
    with closing(PostgresLedger(url, is_checked=False)) as ledger:
        ledger.on_line(migrate)

        async def copy(line: Line) -> None:
            left = iter(rows(count))
            while page := list(islice(left, _AT_ONCE)):
                await line.copy("transactions", [_columns(row) for row in page])
                days = {(r.key.bucket, r.key.card, r.record.clearing_day): r for r in page}
                await line.copy(
                    "caps", [(*place, 0, row.record.amount_fen) for place, row in days.items()]
                )

        ledger.on_line(copy)
        ledger.on_line(lambda line: line.execute("ANALYZE"))


def _columns(row: Row) -> tuple[object, ...]:
    key, record = row.key, row.record
    return (
        key.bucket, key.card, request_of(key), key.terminal, record.rrn, record.opened_ms,
        row.attempt, row.incarnation, int(row.state), record.amount_fen,
        None if row.cap is None else row.cap.day, None, None, None, encode(row),
    )  # fmt: skip
