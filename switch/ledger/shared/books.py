"""The tables on PostgreSQL for people (switch/ledger/shared); no decision reads them here.

What is seen is what is committed. The order is that of the time of opening, and of the attempts
within a millisecond.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Final

import msgspec

from switch.core.batches.values import Batch
from switch.core.moment import SHANGHAI, local
from switch.core.operations import Advice, Row
from switch.core.outcomes import TotalsAre
from switch.ledger.protocol import EVERYWHERE, NEWEST, CapShown, Refusals, Where
from switch.ledger.shared.reading import Fetch, totals

_CAPS: Final = """
    SELECT day, held_fen, committed_fen FROM caps
    WHERE bucket = ANY(ARRAY(SELECT generate_series(0, 1023)::smallint)) AND card = $1
    ORDER BY day"""
_ADVICES: Final = """
    SELECT body, tries, due_ms, owner FROM transactions WHERE due_ms IS NOT NULL
    ORDER BY due_ms, opened_ms, attempt"""
_DAY_MS: Final = 86_400_000

_BATCHES: Final = """
    SELECT body FROM batches WHERE day BETWEEN $1 AND $2
    ORDER BY day, terminal COLLATE "C", number COLLATE "C"
"""
_ROWS: Final = """
    SELECT opened_ms, attempt, body FROM transactions
    WHERE opened_ms >= $1 AND opened_ms < $2 AND (opened_ms > $1 OR attempt > $3)
    ORDER BY opened_ms, attempt LIMIT $4"""
_REVERSED: Final = _ROWS.replace("ORDER", "AND state = 11 ORDER")
_FULL: Final = """
    SELECT card, day FROM caps
    WHERE day BETWEEN $1 AND $2 AND held_fen + committed_fen >= $3"""
_REFUSALS: Final = """
    SELECT day::bigint, merchant, issuer, code, reason, sum(count)::bigint FROM refusals
    WHERE day BETWEEN $1 AND $2 GROUP BY day, merchant, issuer, code, reason
    ORDER BY day, merchant COLLATE "C", issuer COLLATE "C", code COLLATE "C", reason COLLATE "C"
"""
_REFUSAL_DAYS: Final = "SELECT DISTINCT day FROM refusals WHERE day BETWEEN $1 AND $2 ORDER BY day"
_PAGE: Final = 2_000

_batch: Final = msgspec.msgpack.Decoder(Batch).decode
_row: Final = msgspec.msgpack.Decoder(Row).decode


async def transactions(fetch: Fetch, limit: int = NEWEST, where: Where = EVERYWHERE) -> list[Row]:
    """Return at most `limit` transactions, the newest first."""
    conditions: list[str] = []
    values: list[object] = [limit]
    for condition, value in (
        ("rrn = ${}", where.rrn),
        ("terminal = ${}", where.terminal),
        ("opened_ms >= ${}", _begin_ms(where.day)),
        ("opened_ms < ${}", _begin_ms(where.day) and _begin_ms(where.day) + _DAY_MS),
        ("state = ${}", None if where.state is None else int(where.state)),
    ):
        if value:
            values.append(value)
            conditions.append(condition.format(len(values)))
    condition = " AND ".join(conditions) or "true"
    sql = (
        f"SELECT body FROM transactions WHERE {condition}"  # noqa: S608 - constants from above
        " ORDER BY opened_ms DESC, attempt DESC LIMIT $1"
    )
    return [_row(body) for (body,) in await fetch(sql, *values)]


async def caps(fetch: Fetch, card: bytes) -> list[CapShown]:
    """Return the days of a card (its keyed hash) in order."""
    return [CapShown(*day) for day in await fetch(_CAPS, card)]


async def advices(fetch: Fetch) -> list[Advice]:
    """Return the queued reversals, the first due first."""
    return [
        Advice(row=_row(body), tries=tries, due_ms=due_ms, owner=owner)
        for body, tries, due_ms, owner in await fetch(_ADVICES)
    ]


async def batches(fetch: Fetch, from_day: int, until_day: int) -> list[Batch]:
    """Return terminals' batches by clearing day, terminal and number; days inclusive."""
    return [_batch(body) for (body,) in await fetch(_BATCHES, from_day, until_day)]


async def rows(
    fetch: Fetch, from_day: int, until_day: int, *, only_reversed: bool = False
) -> AsyncIterator[Row]:
    """Yield the transactions of receipt days, both inclusive, in the order of opening.

    Each page begins after the last one, so that no transaction stays open over all of them.
    """
    begin_ms, end_ms, last = _begin_ms(from_day), _begin_ms(until_day) + _DAY_MS, -1
    sql = _REVERSED if only_reversed else _ROWS
    while page := await fetch(sql, begin_ms, end_ms, last, _PAGE):
        begin_ms, last, _ = page[-1]
        for _, _, body in page:
            yield _row(body)


async def full_days(
    fetch: Fetch, from_day: int, until_day: int, limit_fen: int
) -> list[tuple[bytes, int]]:
    """Return the days of cards (keyed hash and YYYYMMDD) that have no less than a limit."""
    return [(card, day) for card, day in await fetch(_FULL, from_day, until_day, limit_fen)]


async def refusals(fetch: Fetch, from_day: int, until_day: int) -> AsyncIterator[Refusals]:
    """Yield what was refused without a row, by day, point, bank, code and reason."""
    for (day,) in await fetch(_REFUSAL_DAYS, from_day, until_day):
        for row in await fetch(_REFUSALS, day, day):
            yield Refusals(*row)


async def first_day(fetch: Fetch) -> int:
    """Return the first receipt day of all, 0 where there is no transaction."""
    ((first_ms,),) = await fetch("SELECT min(opened_ms) FROM transactions")
    return 0 if first_ms is None else local(first_ms).day


async def sums(fetch: Fetch) -> TotalsAre:
    """Return the sums over everything, added up from the rows."""
    return await totals(fetch)


def _begin_ms(day: int) -> int:
    """Return when a day in Shanghai begins (UTC), 0 for no day."""
    if not day:
        return 0
    begin = datetime(day // 10_000, day // 100 % 100, day % 100, tzinfo=UTC) - SHANGHAI
    return round(begin.timestamp() * 1000)
