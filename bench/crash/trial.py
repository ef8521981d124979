"""The trial (bench): kill -9 under load, restart, and in the end the books of all three compared.

A kill comes at a random moment: mostly while terminals trade, sometimes while a switch starts.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from typing import Final

import msgspec

from bench.crash.site import LIMIT_FEN, Site
from bench.crash.village import Village
from bench.serving import READY_S, Switch, until
from switch.core.operations import Row, TransactionKey
from switch.core.transaction import State
from switch.ledger.protocol import Where

SETTLED_S: Final = 10.0
"""What is in doubt at a restart must be reversed by then."""
_OPEN: Final = (State.FORWARDED, State.IN_DOUBT, State.REVERSING)
_WHILE_STARTING: Final = 0.15
"""The share of kills that come while a switch starts."""
_STARTS_S: Final = 0.8
_MOST_REQUESTS: Final = 200
"""Requests that the bank gets between two kills, unless that takes too long."""
_TRADES_S: Final = 3.0
_MOST_ROWS: Final = 10_000_000
_LOOK_S: Final = 0.1
_FINISH_S: Final = 60.0


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a trial. `lost` and `doubled` count withdrawals, `slowest_s` is an upper bound.

    `lost`: acknowledged, but not approved in the ledger or not standing at the bank. `doubled`:
    standing at the bank more than once, or without having been acknowledged.
    """

    kills: int
    acknowledged: int
    lost: int
    doubled: int
    reversed_: int
    over_cap: int
    unsettled: int
    in_doubt: int
    slowest_s: float

    @property
    def is_good(self) -> bool:
        """Whether every promise was kept."""
        broken = self.lost + self.doubled + self.over_cap + self.unsettled
        return not broken and self.slowest_s <= SETTLED_S


class Trial:
    """Switches of a site that are killed while a village trades."""

    def __init__(self, site: Site, village: Village, seed: int) -> None:
        """Begin with no switch."""
        self._site = site
        self._village = village
        self._chance = random.Random(f"{seed}/kills")
        self._switches: dict[int, Switch] = {}
        self._kills = 0
        self._open_since: dict[TransactionKey, float] = {}
        self._in_doubt: set[TransactionKey] = set()
        self._slowest_s = 0.0
        self._up_s = 0.0
        """How long switches have been up: time in which something can be settled."""
        self._up_since = 0.0

    def ports(self) -> list[int]:
        """Return the ports of the switches that are ready."""
        return [each.port() for each in self._switches.values() if each.is_ready]

    async def run(self, kills: int) -> Verdict:
        """Kill so often, then let everything settle. RuntimeError where a switch does not start."""
        try:
            for number in range(self._site.processes):
                await self._start(number)
            self._village.begin(self.ports)
            while self._kills < kills:
                target = self._village.requests + self._chance.randrange(_MOST_REQUESTS)
                await until(lambda: self._village.requests >= target, _TRADES_S)  # noqa: B023
                await self._kill_one()
            await self._village.finish(_FINISH_S)
            await self._settle()
            self._end()
            return self._verdict()
        finally:
            for switch in self._switches.values():
                switch.kill()

    async def _start(self, number: int) -> None:
        """Start a switch and wait until it is ready; note what it found open."""
        switch = self._switches[number] = self._site.start(number)
        await until(lambda: switch.is_ready or switch.status is not None, READY_S)
        switch.port()
        self._up_since = time.monotonic()
        self._look()

    async def _kill_one(self) -> None:
        """Kill a switch at once, perhaps the next one while it starts, and start it again."""
        number = self._chance.randrange(self._site.processes)
        self._kill(number)
        if self._chance.random() < _WHILE_STARTING:
            self._switches[number] = self._site.start(number)
            await asyncio.sleep(self._chance.uniform(0, _STARTS_S))
            self._kill(number)
        await self._start(number)

    def _kill(self, number: int) -> None:
        switch = self._switches.pop(number)
        if switch.status is not None:
            raise RuntimeError(f"the switch ended by itself: {switch.last_words()}")
        if switch.is_ready:
            self._up_s += time.monotonic() - self._up_since
        self._up_since = time.monotonic()
        switch.kill()
        self._kills += 1

    # ------------------------------------------------------------------------- what is in doubt

    def _look(self) -> bool:
        """Note since when each open row is open, and how long those took that are not any more.

        Time counts while a switch is up: what was open at a restart has from then on.
        """
        now = self._up_s + time.monotonic() - self._up_since
        with self._site.books() as books:
            rows = [
                row for state in _OPEN for row in books.transactions(_MOST_ROWS, Where(state=state))
            ]
        keys = {row.key for row in rows}
        for key in self._open_since.keys() - keys:
            self._slowest_s = max(self._slowest_s, now - self._open_since.pop(key))
        for key in keys:
            self._open_since.setdefault(key, now)
        self._in_doubt |= keys
        return bool(keys)

    async def _settle(self) -> None:
        """Wait until nothing is open; what still is then stays in the verdict."""
        last = time.monotonic() + _FINISH_S
        while self._look() and time.monotonic() < last:  # noqa: ASYNC110 - another process's doing
            await asyncio.sleep(_LOOK_S)

    def _end(self) -> None:
        """End all switches in order, so that the tables are complete."""
        for number in list(self._switches):
            self._switches.pop(number).end()

    # ------------------------------------------------------------------------------- the books

    def _verdict(self) -> Verdict:
        with self._site.books() as books:
            rows = books.transactions(_MOST_ROWS)
            queued = len(books.advices())
        approved = {row.record.rrn for row in rows if row.state is State.APPROVED}
        debits = self._village.accounts.debits.values()
        standing = Counter(debit.rrn for debit in debits if not debit.is_returned)
        slips = Counter(slip.rrn for slip in self._village.slips)
        return Verdict(
            kills=self._kills,
            acknowledged=slips.total(),
            lost=sum(rrn not in approved or rrn not in standing for rrn in slips.elements()),
            doubled=(standing - slips).total() + sum(n - 1 for n in slips.values()),
            reversed_=sum(row.state is State.REVERSED for row in rows),
            over_cap=_over_cap(rows),
            unsettled=sum(row.state in _OPEN for row in rows) + queued + self._village.owed,
            in_doubt=len(self._in_doubt),
            slowest_s=round(self._slowest_s, 3),
        )


def _over_cap(rows: list[Row]) -> int:
    """Return on how many days of cards more was approved than the cap allows."""
    used: Counter[tuple[bytes, int]] = Counter()
    for row in rows:
        if row.state is State.APPROVED and row.cap is not None:
            used[row.key.card, row.cap.day] += row.record.amount_fen
    return sum(fen > LIMIT_FEN for fen in used.values())
