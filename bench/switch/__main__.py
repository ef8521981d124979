"""`python -m bench.switch [plain|full]`: what a withdrawal costs in the switch, end to end; 40 s.

`jinbao serve` on one core; terminals and issuer in this process on another. Runs of the switch take
turns with runs of a bare relay. The mixes are those of `bench.switch.village`. The last line is
`RESULT key=value ...`.
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Final, cast

import msgspec
import uvloop

from bench.serving import READY_S, Switch, Watched, until
from bench.switch.load import Crowd, OpenLoop, Waits, waits
from bench.switch.measure import Run, closed_loop, fdatasync_us, middle
from bench.switch.village import MIXES, TERMINALS, Village, stock
from switch.core.transaction import State
from switch.ledger.embedded.books import SqliteBooks

_MANY: Final = 5_000
_TURNS: Final = 3
_WARM_UP_S: Final = 0.3
_SWITCH_S: Final = 2.5
_RELAY_S: Final = 1.0
_OPEN_S: Final = 3.0
_OPEN_WARM_UP_S: Final = 0.5
_MOST_TPS: Final = 25_000
"""Frames are built for so many."""
_RELAY_TPS: Final = 150_000
_SATURATED: Final = 0.95
"""What the main thread must be occupied at least: it works, or waits for the disk in a commit. With
less it waited for load, and the figures would say what the load can do."""
_SETTLE_S: Final = 1.5
_SEED: Final = 8583
_FILES: Final = 6_000


class Found(msgspec.Struct):
    """Everything that was measured."""

    switch: list[Run] = []
    relay: list[Run] = []
    latency: Waits = Waits(0.0, 0.0)
    syncs_us: list[float] = []
    kib_per_terminal: float = 0.0
    is_good: bool = True


class _Echo(asyncio.Protocol):
    """The issuer behind the relay: everything comes back."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are of this kind by their methods only.
        self._transport = cast("asyncio.WriteTransport", transport)

    def data_received(self, data: bytes) -> None:
        self._transport.write(data)


class Bench:
    """One whole measurement in a temporary folder."""

    def __init__(self, folder: Path, cores: list[int], mix: str) -> None:
        """Measure later, with `run`: what is measured is on the first core."""
        self._folder = folder
        self._core = cores[0]
        self._mix = mix
        self._village = Village()
        self._found = Found()

    async def run(self) -> Found:
        """Measure everything."""
        await self._village.open()
        await self._throughput()
        await self._memory()
        self._village.close()
        return self._found

    async def _throughput(self) -> None:
        folder, found = self._folder / "a", self._found
        self._village.write(folder, self._mix)
        switch = Switch(folder, self._core)
        crowd = await self._village.crowd(switch.port(), range(TERMINALS))
        await crowd.sign_on()
        crowd.prepare()
        relay, relayed = await self._relay()
        approved = 0
        for turn in range(_TURNS):
            stock(crowd, _MOST_TPS * (_WARM_UP_S + _SWITCH_S))
            found.switch.append(await closed_loop(crowd, switch, _WARM_UP_S, _SWITCH_S))
            approved += self._looked_at(crowd)
            for line, of in zip(relayed.lines, crowd.lines, strict=True):
                line.frames.extend([of.frames[0]] * int(_RELAY_TPS * _RELAY_S / TERMINALS))
            found.relay.append(await closed_loop(relayed, relay, _WARM_UP_S, _RELAY_S))
            for line in relayed.lines:
                line.answers.clear()
            found.syncs_us += fdatasync_us(self._folder)
            print(f"turn {turn + 1}: switch {_shown(found.switch[-1])}")
            print(f"        relay  {_shown(found.relay[-1])}")
        rate = middle(found.switch, "tps") / 2
        stock(crowd, rate * _OPEN_S * 1.5)
        load = OpenLoop(crowd.lines, rate, _OPEN_S, _SEED)
        found.is_good &= await load.run()
        approved += self._looked_at(crowd)
        found.latency = waits(load.waits_ns, int(_OPEN_WARM_UP_S * 1e9))
        crowd.close()
        relayed.close()
        relay.end()
        found.is_good &= switch.end() == 0 and self._in_ledger(folder) == approved

    async def _relay(self) -> tuple[Watched, Crowd]:
        loop = asyncio.get_running_loop()
        echo = await loop.create_server(_Echo, "127.0.0.1", 0)
        told = self._folder / "relay"
        arguments = [str(echo.sockets[0].getsockname()[1]), str(told)]
        output = self._folder / "relay.log"
        relay = Watched(["-m", "bench.switch.relay", *arguments], output, self._core)
        await until(lambda: told.exists() or relay.status is not None, READY_S)
        return relay, await self._village.crowd(int(told.read_text()), range(TERMINALS))

    def _looked_at(self, crowd: Crowd) -> int:
        """Check every answer; return how many there are."""
        count = sum(len(line.answers) for line in crowd.lines)
        self._found.is_good &= crowd.are_good()
        return count

    def _in_ledger(self, folder: Path) -> int:
        """Return how many withdrawals the ledger has as approved."""
        books = SqliteBooks(folder / "state" / "ledger.sqlite")
        count, _ = books.totals().by_state.get(State.APPROVED, (0, 0))
        books.close()
        return count

    async def _memory(self) -> None:
        """Measure a switch of its own: memory that others freed would hide what is asked for."""
        folder = self._folder / "b"
        self._village.write(folder, self._mix, _MANY + 1)
        switch = Switch(folder, self._core)
        port = switch.port()
        # Whatever the first sign-on needs once is there before the first reading.
        crowd = await self._village.crowd(port, range(_MANY, _MANY + 1))
        await crowd.sign_on()
        before = switch.rss_bytes()
        await crowd.connect(port, range(_MANY))
        await crowd.sign_on()
        await asyncio.sleep(_SETTLE_S)
        self._found.kib_per_terminal = (switch.rss_bytes() - before) / 1024 / _MANY
        crowd.close()
        self._found.is_good &= switch.end() == 0


def _shown(run: Run) -> str:
    return (
        f"{run.tps:8.0f} a second, {run.cpu_us:6.1f} µs CPU each,"
        f" core {run.busy:4.0%} busy, {run.disk:4.0%} waiting for the disk,"
        f" {run.queued:4.0%} for the core"
    )


def main() -> int:
    """Measure, print the turns and the RESULT line; 1 where the result is not valid."""
    mix = "".join(sys.argv[1:]) or MIXES[0]
    if mix not in MIXES:
        print(f"no mix {mix!r}; known: {', '.join(MIXES)}")
        return 2
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) < 2:  # noqa: PLR2004 - one for the switch, one for the load
        print("bench.switch needs two cores")
        return 1
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < _FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(_FILES, hard), hard))
    os.sched_setaffinity(0, set(cores[1:]))
    with tempfile.TemporaryDirectory() as folder:
        found = uvloop.run(Bench(Path(folder), cores, mix).run())
    cpu_us, relay_us = middle(found.switch, "cpu_us"), middle(found.relay, "cpu_us")
    is_good = found.is_good and all(run.is_good for run in (*found.switch, *found.relay))
    is_valid = is_good and middle(found.switch, "occupied") >= _SATURATED
    pairs = zip(found.switch, found.relay, strict=True)
    print(
        f"RESULT valid={'yes' if is_valid else 'no'} tps={middle(found.switch, 'tps'):.0f}"
        f" cpu_us_per_txn={cpu_us:.1f} relay_cpu_us={relay_us:.1f}"
        f" relay_ratio={median(each.cpu_us / bare.cpu_us for each, bare in pairs):.1f}"
        f" p50_ms={found.latency.p50_ms:.2f} p99_ms={found.latency.p99_ms:.2f}"
        f" fdatasync_p50_us={median(found.syncs_us):.0f}"
        f" kib_per_terminal={found.kib_per_terminal:.2f} mix={mix}"
        f" core_busy={middle(found.switch, 'busy'):.3f}"
        f" disk_wait={middle(found.switch, 'disk'):.3f}"
        f" core_shared={middle(found.switch, 'queued'):.3f}"
    )
    return 0 if is_valid else 1


if __name__ == "__main__":
    sys.exit(main())
