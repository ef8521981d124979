"""`python -m bench.crash.two_switches [ROUNDS] [SEED]`: kills and freezes on one PostgreSQL.

Two switches share it. In turn one is killed, PostgreSQL itself is killed with all of its processes,
and one is frozen (SIGSTOP) until the other has taken over what it left, then wakes. Status 1 if
anything went wrong; the last line is `RESULT rounds=... acknowledged=... lost=... doubled=...`.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path
from typing import Final

import msgspec

from bench.crash.site import LIMIT_FEN, TIMERS
from bench.crash.trial import Trial, Verdict
from bench.crash.village import Village
from bench.database import Database, running
from bench.folder import Wanted, write
from bench.serving import READY_S, Switch, until
from simulators.live import run
from switch.ledger.moving.checks_on_postgres import check_shared
from switch.ledger.postgres import PostgresLedger
from switch.ledger.protocol import Books
from switch.ledger.shared.migrations import migrate

TERMINALS: Final = 16
_ROUNDS: Final = 20
_PROCESSES: Final = 2
_FROZEN_S: Final = 30.0
"""Within this time the other has to see that the lease is over."""
_FENCED: Final = "SELECT count(*) FROM leases WHERE until_ms = -1"
_TRADES: Final = (20, 200)
_TRADES_S: Final = 6.0
_ENDS_S: Final = 15.0
_FINISH_S: Final = 90.0
_LOOK_S: Final = 0.01
_ASKED_S: Final = 0.2


class SharedVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a trial; see `Verdict` for what it shares with it.

    `broken` counts rows that break a rule of the ledger, `fenced` the switches that stopped because
    another had taken over; `longest_stall_s` is the longest time in which nobody was approved.
    """

    rounds: int
    acknowledged: int
    lost: int
    doubled: int
    reversed_: int
    over_cap: int
    unsettled: int
    broken: int
    fenced: int
    longest_stall_s: float

    @property
    def is_good(self) -> bool:
        """Whether every promise was kept."""
        return not self.lost + self.doubled + self.over_cap + self.unsettled + self.broken


class SharedSite:
    """Two switches, each with a folder of its own as on two machines, and one database."""

    processes = _PROCESSES

    def __init__(self, folder: Path, database: Database, issuer_port: int) -> None:
        """Write the installations into an empty folder."""
        self.url = database.create()
        self._folders = [folder / str(number) for number in range(_PROCESSES)]
        ledger = PostgresLedger(self.url, is_checked=False)
        ledger.on_line(migrate)
        ledger.close()
        wanted = Wanted(
            terminals=TERMINALS,
            issuer_port=issuer_port,
            limit_fen=LIMIT_FEN,
            timers=TIMERS,
            ledger_url=self.url,
        )
        write(self._folders[0], wanted)
        for other in self._folders[1:]:
            shutil.copytree(self._folders[0], other, copy_function=shutil.copy2)

    def start(self, number: int) -> Switch:
        """Start one of the switches."""
        return Switch(self._folders[number])

    def books(self) -> AbstractContextManager[Books]:
        """Open the tables for reading."""
        return closing(PostgresLedger(self.url))


class SharedTrial(Trial):
    """Rounds of three kinds: a switch is killed, the database is killed, a switch is frozen."""

    def __init__(self, site: SharedSite, database: Database, village: Village, seed: int) -> None:
        """Begin with no switch."""
        super().__init__(site, village, seed)
        self._url = site.url
        self._database = database
        self._luck = random.Random(f"{seed}/rounds")
        self._fenced = 0
        self._stall = _Stall(lambda: len(village.slips))

    async def run_rounds(self, rounds: int) -> SharedVerdict:
        """Run so many rounds, then let everything settle."""
        kinds = (self._kill_a_switch, self._kill_the_database, self._freeze_a_switch)
        try:
            for number in range(self._site.processes):
                await self._start(number)
            self._village.begin(self.ports)
            watching = asyncio.create_task(self._stall.watch())
            for number in range(rounds):
                target = self._village.requests + self._luck.randrange(*_TRADES)
                await until(lambda: self._village.requests >= target, _TRADES_S)  # noqa: B023
                await kinds[number % len(kinds)]()
                await self._revive()
            watching.cancel()
            await self._village.finish(_FINISH_S)
            await self._settle()
            self._end()
            return self._judge(rounds, self._verdict())
        finally:
            for switch in self._switches.values():
                switch.kill()

    async def _kill_a_switch(self) -> None:
        self._kill(self._luck.randrange(self._site.processes))

    async def _kill_the_database(self) -> None:
        self._database.kill()
        await asyncio.sleep(self._luck.uniform(0, 1))
        await asyncio.to_thread(self._database.start)

    async def _freeze_a_switch(self) -> None:
        """Freeze a switch; once the other has taken over, it wakes, is fenced and stops."""
        switch = self._switches[self._luck.randrange(self._site.processes)]
        before = self._taken_over()
        os.kill(switch.pid, signal.SIGSTOP)
        last = time.monotonic() + _FROZEN_S
        while await asyncio.to_thread(self._taken_over) == before:
            if time.monotonic() > last:
                raise RuntimeError("nobody took a frozen switch over")
            await asyncio.sleep(_ASKED_S)
        os.kill(switch.pid, signal.SIGCONT)
        await until(lambda: switch.status is not None, _ENDS_S)
        if switch.status is None:
            raise RuntimeError("a switch that was taken over goes on")

    def _taken_over(self) -> int:
        """Return how many incarnations have been taken over."""
        return int(self._database.run_sql(_FENCED, self._url))

    async def _revive(self) -> None:
        """Start what is not there: what was killed, or stopped because it was fenced."""
        for number in range(self._site.processes):
            switch = self._switches.get(number)
            if switch is not None and switch.status is None:
                continue
            if switch is not None:
                self._fenced += 1
            fresh = self._switches[number] = self._site.start(number)
            await until(lambda: fresh.is_ready or fresh.status is not None, READY_S)  # noqa: B023
            fresh.port()

    def _judge(self, rounds: int, verdict: Verdict) -> SharedVerdict:
        with closing(PostgresLedger(self._url)) as ledger:
            broken = sum(count for _, count in ledger.on_line(check_shared))
        return SharedVerdict(
            rounds=rounds,
            acknowledged=verdict.acknowledged,
            lost=verdict.lost,
            doubled=verdict.doubled,
            reversed_=verdict.reversed_,
            over_cap=verdict.over_cap,
            unsettled=verdict.unsettled,
            broken=broken,
            fenced=self._fenced,
            longest_stall_s=round(self._stall.longest_s, 2),
        )


class _Stall:
    """How long at most nothing was approved anywhere."""

    def __init__(self, count: Callable[[], int]) -> None:
        self._count = count
        self.longest_s = 0.0

    async def watch(self) -> None:
        """Look until cancelled."""
        since, seen = time.monotonic(), self._count()
        while True:
            await asyncio.sleep(_LOOK_S)
            now, count = time.monotonic(), self._count()
            self.longest_s = max(self.longest_s, now - since)
            if count != seen:
                since, seen = now, count


async def attempt(folder: Path, database: Database, rounds: int, seed: int) -> SharedVerdict:
    """Run one trial in an empty folder, on a database that keeps what it promises."""
    village = Village(TERMINALS, seed, lines=_PROCESSES)
    try:
        site = SharedSite(folder, database, await village.open_bank())
        return await SharedTrial(site, database, village, seed).run_rounds(rounds)
    finally:
        village.close()


def main(arguments: list[str]) -> int:
    """Run and report."""
    rounds, seed = (int(text) for text in [*arguments, *(str(_ROUNDS), "1")[len(arguments) :]])
    with (
        tempfile.TemporaryDirectory(prefix="jinbao-crash-") as folder,
        running(is_durable=True) as database,
    ):
        verdict = run(attempt(Path(folder), database, rounds, seed))
    figures = {name.rstrip("_"): value for name, value in msgspec.structs.asdict(verdict).items()}
    print("RESULT", *(f"{name}={value}" for name, value in figures.items()), f"seed={seed}")
    return 0 if verdict.is_good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
