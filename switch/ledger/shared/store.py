"""The ledger on PostgreSQL (switch/ledger/shared): batches in, outcomes out, several at a time.

A batch is one transaction: read and lock what it needs, decide, write each row once, commit. What
certainly was not stored is tried again for a while; what nobody knows is answered as `Unknown`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec

from switch.core.errors import InvariantBroken
from switch.core.operations import Operation
from switch.core.outcomes import Outcome, Unknown
from switch.ledger.decide import decide
from switch.ledger.shared.line import (
    CONNECT_S,
    ERRORS,
    InDoubtError,
    Line,
    NotStoredError,
    failed,
)
from switch.ledger.shared.reading import OvertakenError, read, segments
from switch.ledger.shared.writing import write

PATIENCE_S: Final = 5.0
"""How long a batch may take, retries included, before its outcome is called unknown."""
IDLE_S: Final = 3.0
"""A connection that is not used for so long is dropped, before the server ends it (5 s)."""
_FIRST_WAIT_S: Final = 0.002
_LONGEST_WAIT_S: Final = 0.25
_CLOCK: Final = "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"


class Tallies(msgspec.Struct):
    """What became of transactions since the start, besides being stored."""

    again: int = 0
    """Rolled back and tried again: serialization, deadlock, an insert that came second."""
    in_doubt: int = 0
    """Whose COMMIT was not answered with a plain yes."""
    given_up: int = 0
    """That could not be stored in time."""
    last: str = ""
    """The last reason, in one line."""


class PostgresStore:
    """The tables, on as many connections as there are batches in flight at one time."""

    def __init__(self, url: str, patience_s: float = PATIENCE_S) -> None:
        """Connect when the first batch comes."""
        self.tallies = Tallies()
        self._url = url
        self._patience_s = patience_s
        self._free: list[Line] = []
        self._is_closed = False

    async def submit(self, batch: Sequence[Operation]) -> list[Outcome]:
        """Decide a batch in order, make it durable, and return its outcomes in that order.

        Several may be in flight if no two have a card or a transaction in common. Raises
        LedgerFailed where trying again is no use, and InvariantBroken; both end the process.
        """
        loop, tallies = asyncio.get_running_loop(), self.tallies
        last = loop.time() + self._patience_s
        wait_s = _FIRST_WAIT_S
        while True:
            try:
                return await self._once(batch, last - loop.time())
            except InDoubtError as error:
                tallies.in_doubt += 1
                tallies.last = str(error)
                break
            except NotStoredError as error:
                tallies.last = str(error)
            if loop.time() + wait_s >= last:
                tallies.given_up += 1
                break
            tallies.again += 1
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
        return [Unknown() for _ in batch]

    async def clock_ms(self) -> int | None:
        """Return what the ledger's own clock shows, in UTC; None where it does not answer."""
        try:
            line = await self.line()
        except NotStoredError:
            return None
        timer = asyncio.get_running_loop().call_later(CONNECT_S, line.cut)
        try:
            ((now_ms,),) = await line.fetch(_CLOCK)
        except ERRORS:
            line.cut()
            return None
        finally:
            timer.cancel()
            self.let_go(line)
        return int(now_ms)

    async def line(self, seconds: float = CONNECT_S) -> Line:
        """Return a connection that nobody uses, for a while (see `let_go`)."""
        now_s = asyncio.get_running_loop().time()
        while self._free and self._free[0].idle_since_s < now_s - IDLE_S:
            self._free.pop(0).cut()
        while self._free:
            line = self._free.pop()
            if line.is_open:
                return line
        return await Line.open(self._url, min(seconds, CONNECT_S))

    def let_go(self, line: Line) -> None:
        """Give a connection back."""
        if line.is_open and not self._is_closed:
            line.idle_since_s = asyncio.get_running_loop().time()
            self._free.append(line)
        else:
            line.cut()

    async def close(self) -> None:
        """Disconnect."""
        self._is_closed = True
        while self._free:
            await self._free.pop().close()

    async def _once(self, batch: Sequence[Operation], seconds: float) -> list[Outcome]:
        line = await self.line(seconds)
        # The server's own time-outs do not end every wait, so the end of patience is here.
        timer = asyncio.get_running_loop().call_later(seconds, line.cut)
        try:
            return await _decided(line, batch)
        except OvertakenError as error:
            await line.roll_back()
            raise NotStoredError("another process inserted first") from error
        except InvariantBroken:
            await line.roll_back()
            raise
        except ERRORS as error:
            # The first error is the one that counts; leaving the transaction may raise others.
            await line.roll_back()
            raise failed(error) from error
        except (InDoubtError, asyncio.CancelledError):
            line.cut()
            raise
        finally:
            timer.cancel()
            self.let_go(line)


async def _decided(line: Line, batch: Sequence[Operation]) -> list[Outcome]:
    await line.begin()
    outcomes: list[Outcome] = []
    for segment in segments(batch):
        stored = await read(line.fetch, segment)
        decision = decide(segment, stored)
        if decision.written:
            await write(line.fetch, decision.written, stored)
        outcomes += decision.outcomes
    await line.commit(is_chained=True)
    return outcomes
