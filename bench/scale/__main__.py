"""`python -m bench.scale`: one switch on SQLite, one and two on PostgreSQL; some 60 seconds.

All stand at once and take turns under the same load, terminals and bank in this process. CPU is per
withdrawal, of the switches and of the database apart. The last line is `RESULT key=value ...`.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Final

import msgspec
import uvloop

from bench.database import Database, running
from bench.folder import Wanted, write
from bench.scale.site import Busy, Figures, Setup
from bench.switch.bank import Bank
from bench.switch.load import CARDS_EACH, ClosedLoop, Crowd, OpenLoop, Waits, waits
from bench.switch.measure import fdatasync_us
from simulators.accounts import Accounts
from simulators.cards import fictional_card
from simulators.installation import issuer_identity, wires
from simulators.issuer import Issuer
from switch.ledger.postgres import PostgresLedger
from switch.ledger.shared.migrations import migrate
from switch.shell.clock import Clock

_TERMINALS: Final = 64
_TURNS: Final = 3
_WARM_UP_S: Final = 0.5
_RUN_S: Final = 2.5
_OPEN_S: Final = 3.0
_MOST_TPS: Final = 8_000
_BALANCE_FEN: Final = 100_000_000
_SEED: Final = 8583
VARIANTS: Final = {"sqlite_1": 1, "postgres_1": 1, "postgres_2": 2}
"""Name and processes."""


class Found(msgspec.Struct):
    """What was measured of one variant."""

    runs: list[Figures] = []
    latency: Waits = Waits(0.0, 0.0)
    is_good: bool = True


class Bench:
    """One whole measurement in a temporary folder, on a database of its own."""

    def __init__(self, folder: Path, database: Database) -> None:
        """Measure later, with `run`."""
        self._folder = folder
        self._database = database
        self._clock = Clock()
        self._wires = wires()
        self.found = {name: Found() for name in VARIANTS}

    async def run(self) -> None:
        """Measure everything."""
        loop = asyncio.get_running_loop()
        bank = await loop.create_server(self._bank, "127.0.0.1", 0)
        port = int(bank.sockets[0].getsockname()[1])
        setups = {name: self._setup(name, port) for name in VARIANTS}
        try:
            crowds = {}
            for name, setup in setups.items():
                crowds[name] = crowd = Crowd(self._wires[0], self._clock)
                await crowd.connect(setup.switch.port(), range(_TERMINALS))
                await crowd.sign_on()
                crowd.prepare()
            for _ in range(_TURNS):
                for name, setup in setups.items():
                    await self._closed(name, setup, crowds[name])
            for name, crowd in crowds.items():
                await self._open(name, crowd)
                crowd.close()
        finally:
            for name, setup in setups.items():
                self.found[name].is_good &= setup.switch.end() == 0
            bank.close()

    def _setup(self, name: str, bank_port: int) -> Setup:
        url = ""
        if name.startswith("postgres"):
            url = self._database.create()
            ledger = PostgresLedger(url, is_checked=False)
            ledger.on_line(migrate)
            ledger.close()
        folder = self._folder / name
        write(folder, Wanted(terminals=_TERMINALS, issuer_port=bank_port, ledger_url=url))
        return Setup(folder, VARIANTS[name], self._database if url else None)

    def _bank(self) -> Bank:
        accounts = Accounts()
        for number in range(_TERMINALS * CARDS_EACH):
            accounts.open(fictional_card(number), _BALANCE_FEN)
        wire = self._wires[1]
        return Bank(Issuer(issuer_identity(), wire, accounts), wire, self._clock)

    async def _closed(self, name: str, setup: Setup, crowd: Crowd) -> None:
        found = self.found[name]
        for line in crowd.lines:
            line.stock(int(_MOST_TPS * (_WARM_UP_S + _RUN_S) / _TERMINALS))
        load = ClosedLoop(crowd.lines)
        load.begin()
        await asyncio.sleep(_WARM_UP_S)
        busy, before = Busy(setup), load.answered
        await asyncio.sleep(_RUN_S)
        figures = busy.figures(load.answered - before)
        await load.end()
        found.is_good &= crowd.are_good() and not load.is_starved
        found.runs.append(figures)
        print(f"{name:11} {figures.shown()}", flush=True)

    async def _open(self, name: str, crowd: Crowd) -> None:
        found = self.found[name]
        rate = median(run.tps for run in found.runs) / 2
        for line in crowd.lines:
            line.stock(int(rate * _OPEN_S * 1.5 / _TERMINALS) + 50)
        load = OpenLoop(crowd.lines, rate, _OPEN_S, _SEED)
        found.is_good &= await load.run() and crowd.are_good()
        found.latency = waits(load.waits_ns, int(_WARM_UP_S * 1e9))


def result(found: dict[str, Found], syncs_us: list[float]) -> str:
    """Return the RESULT line."""
    words = [f"valid={'yes' if all(each.is_good for each in found.values()) else 'no'}"]
    for name, each in found.items():
        for field in msgspec.structs.fields(Figures):
            figure = median(float(getattr(run, field.name)) for run in each.runs)
            words.append(f"{name}_{field.name}={figure:.1f}")
        words.append(f"{name}_p50_ms={each.latency.p50_ms:.2f}")
        words.append(f"{name}_p99_ms={each.latency.p99_ms:.2f}")
    pairs = zip(found["sqlite_1"].runs, found["postgres_1"].runs, strict=True)
    ratio = median(shared.switch_us / own.switch_us for own, shared in pairs)
    pairs = zip(found["sqlite_1"].runs, found["postgres_2"].runs, strict=True)
    of_two = median(shared.switch_us / own.switch_us for own, shared in pairs)
    words.append(f"switch_ratio={ratio:.2f} switch_ratio_2={of_two:.2f}")
    return f"RESULT {' '.join(words)} sync_us={median(syncs_us):.0f}"


def main() -> int:
    """Measure, print the turns and the RESULT line; 1 where the result is not valid."""
    if len(os.sched_getaffinity(0)) < 2:  # noqa: PLR2004 - one for the switch, one for the load
        print("bench.scale needs two cores")
        return 1
    with tempfile.TemporaryDirectory() as folder, running(is_durable=True) as database:
        bench = Bench(Path(folder), database)
        uvloop.run(bench.run())
        syncs_us = fdatasync_us(Path(folder))
    print(result(bench.found, syncs_us))
    return 0 if all(each.is_good for each in bench.found.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
