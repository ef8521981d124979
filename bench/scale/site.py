"""The processes that are measured (bench): switches, their workers, and the database.

CPU is what the scheduler counted for each process between two readings; batches are what the
switches counted.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any, Final

import msgspec

from bench.database import Database
from bench.serving import Switch
from switch.shell.watching.control import ask

_TICKS: Final = os.sysconf("SC_CLK_TCK")


class Figures(msgspec.Struct, frozen=True):
    """One stretch: CPU in microseconds a withdrawal, and shares of a core (all: of all cores)."""

    tps: float
    switch_us: float
    database_us: float
    batch: float
    switch_busy: float
    database_busy: float
    machine_busy: float

    def shown(self) -> str:
        """Return it for people."""
        return (
            f"{self.tps:7.0f} a second, switch {self.switch_us:6.1f} µs, database"
            f" {self.database_us:6.1f} µs, {self.batch:5.1f} operations a batch,"
            f" machine {self.machine_busy:4.0%} busy"
        )


class Setup:
    """A switch of so many processes, and its database if it has one."""

    def __init__(self, folder: Path, workers: int, database: Database | None) -> None:
        """Start the switch."""
        self._control = folder / "state" / "control.sock"
        self.database = database
        more = ["--workers", str(workers)] if workers > 1 else []
        self.switch = Switch(folder, more=more)

    def counters(self) -> list[dict[str, Any]]:
        """Return what each process counted."""
        answer = ask(self._control, {"verb": "counters"})
        return [each["counters"] for each in answer.get("workers", [answer])]

    def pids(self) -> list[int]:
        """Return the processes of the switch."""
        answer = ask(self._control, {"verb": "status"})
        return [each["pid"] for each in answer.get("workers", [{"pid": self.switch.pid}])]


class Busy:
    """Readings of a set-up from now on."""

    def __init__(self, setup: Setup) -> None:
        """Begin now."""
        self._setup = setup
        self._pids = setup.pids()
        self._before = self._read()

    def figures(self, answered: int) -> Figures:
        """Return what was spent since the beginning on so many withdrawals."""
        spent = [after - before for after, before in zip(self._read(), self._before, strict=True)]
        wall_ns, switch_ns, database_ns, machine_s, batches, operations = spent
        count = max(1, answered)
        return Figures(
            tps=answered / wall_ns * 1e9,
            switch_us=switch_ns / 1e3 / count,
            database_us=database_ns / 1e3 / count,
            batch=operations / max(1, batches),
            switch_busy=switch_ns / wall_ns,
            database_busy=database_ns / wall_ns,
            machine_busy=machine_s * 1e9 / wall_ns / (os.cpu_count() or 1),
        )

    def _read(self) -> list[float]:
        counters = self._setup.counters()
        database = self._setup.database
        return [
            time.perf_counter_ns(),
            sum(map(_cpu_ns, self._pids)),
            sum(map(_cpu_ns, database.pids())) + _ended_ns(database.pids()[0]) if database else 0,
            _machine_s(),
            sum(each["batches"] for each in counters),
            sum(each["operations"] for each in counters),
        ]


def _cpu_ns(pid: int) -> int:
    tasks = Path(f"/proc/{pid}/task")
    try:
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks.iterdir())
    except OSError:
        return 0


def _ended_ns(pid: int) -> int:
    """Return what children of a process had that have ended: a connection is one."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[13]) + int(words[14])) * 1_000_000_000 // _TICKS


def _machine_s() -> float:
    """Return how long all cores were busy."""
    words = Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    idle, waiting = int(words[3]), int(words[4])
    return (sum(map(int, words[:8])) - idle - waiting) / _TICKS
