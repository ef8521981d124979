"""The checks of a whole ledger (switch/ledger/moving), asked of PostgreSQL.

All of them see one moment, whatever goes on meanwhile.
"""

from __future__ import annotations

from typing import Final

from switch.ledger.moving.checks import CHECKS, FACTS, fact
from switch.ledger.moving.on_postgres import paged
from switch.ledger.shared.line import Line

_BODIES: Final = """
    SELECT body, due_ms, state, amount_fen, rrn FROM transactions"""
_AT_ONCE: Final = 2_000


async def check_shared(line: Line) -> list[tuple[str, int]]:
    """Return each rule and how many rows break it."""
    # Plans for single keys are no good for sums over everything.
    await line.execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SET LOCAL enable_seqscan = on")
    await line.execute("SET LOCAL enable_hashjoin = on; SET LOCAL plan_cache_mode = auto")
    await line.execute(FACTS)
    page: list[tuple[object, ...]] = []
    async for body, queued, *columns in paged(line, _BODIES):
        page.append(fact(body, queued, (columns[0], columns[1], columns[2])))
        if len(page) == _AT_ONCE:
            await line.copy("facts", page)
            page.clear()
    await line.copy("facts", page)
    await line.execute("ANALYZE facts")
    found = [(rule, int((await line.fetch(sql))[0][0])) for rule, sql in CHECKS.items()]
    await line.roll_back()
    return found
