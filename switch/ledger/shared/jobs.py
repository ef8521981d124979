"""The job table of load runs on PostgreSQL (switch/ledger/shared): shares, leases, results.

A share is taken by one worker at a time, who says again and again that it is alive. A lease that
ends makes the share free for another. What is in a share is no business of this room.
"""

from __future__ import annotations

from typing import Final

import msgspec

from switch.ledger.shared.line import Line

WAITING, TAKEN, READY, DONE, FAILED = range(5)
LEASE_MS: Final = 5_000
"""How long a worker may be silent."""
_PUT: Final = "INSERT INTO load_jobs (run, body) VALUES ($1, $2)"
# States are written as numbers: 0 waiting, 1 taken, 2 ready, 3 done, 4 failed.
_TAKE: Final = """
    UPDATE load_jobs SET state = 1, worker = $1, until_ms = load_now_ms() + $2
    WHERE number = (
        SELECT number FROM load_jobs WHERE state = 0 ORDER BY number FOR UPDATE SKIP LOCKED LIMIT 1
    )
    RETURNING number, body, start_ms, load_now_ms()"""
_BEAT: Final = """
    UPDATE load_jobs SET until_ms = load_now_ms() + $5, progress = $3,
        state = CASE WHEN $4 THEN 2 ELSE state END
    WHERE number = $1 AND worker = $2 AND state IN (1, 2)
    RETURNING start_ms, load_now_ms()"""
_FINISH: Final = """
    UPDATE load_jobs SET state = $3, result = $4
    WHERE number = $1 AND worker = $2 AND state IN (1, 2) RETURNING number"""
_LAPSE: Final = """
    UPDATE load_jobs SET state = 0, worker = ''
    FROM (
        SELECT number AS gone, worker AS who FROM load_jobs
        WHERE run = $1 AND state IN (1, 2) AND until_ms < load_now_ms() FOR UPDATE
    ) AS dead
    WHERE number = gone RETURNING number, who"""
_START: Final = "UPDATE load_jobs SET start_ms = load_now_ms() + $2 WHERE run = $1"
_LOOK: Final = "SELECT number, state, worker, progress, result FROM load_jobs WHERE run = $1"
_DROP: Final = "DELETE FROM load_jobs WHERE run = $1"


class Taken(msgspec.Struct, frozen=True):
    """A share that is ours: its body, and in how many milliseconds its run starts.

    None: nobody knows yet; below 0: it has started.
    """

    number: int
    body: bytes
    starts_in_ms: int | None


class Share(msgspec.Struct, frozen=True):
    """A share as whoever gave it out sees it."""

    number: int
    state: int
    worker: str
    progress: bytes
    result: bytes


class JobTable:
    """The table over one connection; errors are raised as the driver has them."""

    def __init__(self, line: Line) -> None:
        """Use a connection."""
        self._line = line

    async def put(self, run: str, bodies: list[bytes]) -> None:
        """Give shares out."""
        for body in bodies:
            await self._line.fetch(_PUT, run, body)

    async def take(self, worker: str) -> Taken | None:
        """Take a share that nobody has, None where there is none."""
        rows = await self._line.fetch(_TAKE, worker, LEASE_MS)
        if not rows:
            return None
        ((number, body, start_ms, now_ms),) = rows
        return Taken(number, bytes(body), _until(start_ms, now_ms))

    async def beat(
        self, taken: Taken, worker: str, progress: bytes, *, is_ready: bool
    ) -> Taken | None:
        """Say that we are alive; return the share with its start, None where it is not ours now."""
        rows = await self._line.fetch(_BEAT, taken.number, worker, progress, is_ready, LEASE_MS)
        if not rows:
            return None
        ((start_ms, now_ms),) = rows
        return Taken(taken.number, taken.body, _until(start_ms, now_ms))

    async def finish(self, taken: Taken, worker: str, state: int, result: bytes) -> bool:
        """Hand a result in; tell whether the share was still ours."""
        return bool(await self._line.fetch(_FINISH, taken.number, worker, state, result))

    async def lapse(self, run: str) -> list[tuple[int, str]]:
        """Free the shares whose workers have been silent; return number and worker of each."""
        return [(number, who) for number, who in await self._line.fetch(_LAPSE, run)]

    async def start(self, run: str, in_ms: int) -> None:
        """Have a run start so many milliseconds from now."""
        await self._line.fetch(_START, run, in_ms)

    async def look(self, run: str) -> list[Share]:
        """Return the shares of a run in order."""
        rows = await self._line.fetch(_LOOK, run)
        shares = [Share(n, s, w, bytes(p), bytes(r)) for n, s, w, p, r in rows]
        return sorted(shares, key=lambda share: share.number)

    async def drop(self, run: str) -> None:
        """Forget a run."""
        await self._line.fetch(_DROP, run)


def _until(start_ms: int, now_ms: int) -> int | None:
    return start_ms - now_ms if start_ms else None
