"""The tables on PostgreSQL for people (switch/ledger/shared); no decision reads them here.

What is seen is what is committed. The order is that of the time of opening, and of the attempts
within a millisecond.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import msgspec

from switch.core.moment import SHANGHAI
from switch.core.operations import Advice, Row
from switch.core.outcomes import TotalsAre
from switch.ledger.protocol import EVERYWHERE, NEWEST, CapShown, Where
from switch.ledger.shared.reading import Fetch, totals

_CAPS: Final = """
    SELECT day, held_fen, committed_fen FROM caps
    WHERE bucket = ANY(ARRAY(SELECT generate_series(0, 1023)::smallint)) AND card = $1
    ORDER BY day"""
_ADVICES: Final = """
    SELECT body, tries, due_ms, owner FROM transactions WHERE due_ms IS NOT NULL
    ORDER BY due_ms, opened_ms, attempt"""
_DAY_MS: Final = 86_400_000

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


async def sums(fetch: Fetch) -> TotalsAre:
    """Return the sums over everything, added up from the rows."""
    return await totals(fetch)


def _begin_ms(day: int) -> int:
    """Return when a day in Shanghai begins (UTC), 0 for no day."""
    if not day:
        return 0
    begin = datetime(day // 10_000, day // 100 % 100, day % 100, tzinfo=UTC) - SHANGHAI
    return round(begin.timestamp() * 1000)
