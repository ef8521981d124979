"""What is measured (bench): a closed loop, an open one, memory, and the disk on its own.

Every measurement runs against a process that stands, and says nothing of how it was started.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from pathlib import Path
from statistics import median
from typing import Final

import msgspec

from bench.serving import Meter, Watched
from bench.switch.load import ClosedLoop, Crowd

_LOOK_S: Final = 0.004
_UNINTERRUPTIBLE: Final = "D"
_SYNCS: Final = 150
_SYNC_BYTES: Final = 300
_FILE_BYTES: Final = 1 << 20


class Run(msgspec.Struct, frozen=True):
    """One stretch of a closed loop: transactions a second, CPU of the measured process.

    `busy` is the share of its core that it had, `disk` the share of the time for which its main
    thread waited for the disk, `queued` that for which other work on the machine had the core.
    `occupied` is the main thread's work and its waiting for the disk: in the rest of the time more
    load, or a machine of its own, might have brought more.
    """

    tps: float
    cpu_us: float
    busy: float
    disk: float
    queued: float
    occupied: float
    is_good: bool


class _DiskWait:
    """Looks again and again whether the main thread of a process waits for the disk.

    The kernel counts that time for nobody. Looking costs some 20 us every few milliseconds, on the
    core of the load.
    """

    def __init__(self, process: Watched) -> None:
        self._stat = Path(f"/proc/{process.pid}/task/{process.pid}/stat")
        self._is_over = threading.Event()
        self._looks = self._waits = 0
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self) -> None:
        while not self._is_over.wait(_LOOK_S):
            state = self._stat.read_text(encoding="ascii").rpartition(")")[2].split()[0]
            self._looks += 1
            self._waits += state == _UNINTERRUPTIBLE

    def share(self) -> float:
        """Look no more; return the share of looks that found it waiting."""
        self._is_over.set()
        self._thread.join()
        return self._waits / max(1, self._looks)


async def closed_loop(crowd: Crowd, process: Watched, warm_up_s: float, seconds: float) -> Run:
    """Measure a closed loop over all terminals; the frames must be there."""
    load = ClosedLoop(crowd.lines)
    load.begin()
    await asyncio.sleep(warm_up_s)
    disk, meter, before = _DiskWait(process), Meter(process), load.answered
    main_ns, queued_ns = process.main_cpu_ns(), process.main_queued_ns()
    await asyncio.sleep(seconds)
    spent, answered = meter.spent(), load.answered - before
    main = (process.main_cpu_ns() - main_ns) / spent.wall_ns
    queued = (process.main_queued_ns() - queued_ns) / spent.wall_ns
    waited = disk.share()
    await load.end()
    is_good = not load.is_starved and answered > 0
    tps, cpu_us = answered / spent.wall_ns * 1e9, spent.cpu_ns / 1e3 / max(1, answered)
    return Run(tps, cpu_us, spent.busy, waited, queued, main + waited, is_good)


def fdatasync_us(folder: Path) -> list[float]:
    """Return how long single writes with fdatasync take, into a file that has its size already."""
    path = folder / "sync"
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.write(handle, bytes(_FILE_BYTES))
        os.fsync(handle)
        took = []
        for number in range(_SYNCS):
            begun_ns = time.perf_counter_ns()
            os.pwrite(handle, bytes(_SYNC_BYTES), number * _SYNC_BYTES)
            os.fdatasync(handle)
            took.append((time.perf_counter_ns() - begun_ns) / 1e3)
    finally:
        os.close(handle)
        path.unlink()
    return took


def middle(runs: list[Run], what: str) -> float:
    """Return the median of one figure over runs."""
    return median(float(getattr(run, what)) for run in runs)
