"""What is measured (bench): a closed loop, an open one, memory, and the disk on its own.

Every measurement runs against a process that stands, and says nothing of how it was started.
"""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path
from statistics import median
from typing import Final

import msgspec

from bench.serving import Meter, Watched
from bench.switch.load import ClosedLoop, Crowd

_SYNCS: Final = 150
_SYNC_BYTES: Final = 300
_FILE_BYTES: Final = 1 << 20


class Run(msgspec.Struct, frozen=True):
    """One stretch of a closed loop: transactions a second, CPU of the measured process."""

    tps: float
    cpu_us: float
    busy: float
    is_good: bool


async def closed_loop(crowd: Crowd, process: Watched, warm_up_s: float, seconds: float) -> Run:
    """Measure a closed loop over all terminals; the frames must be there."""
    load = ClosedLoop(crowd.lines)
    load.begin()
    await asyncio.sleep(warm_up_s)
    meter, before = Meter(process), load.answered
    await asyncio.sleep(seconds)
    spent, answered = meter.spent(), load.answered - before
    await load.end()
    is_good = not load.is_starved and answered > 0
    return Run(
        answered / spent.wall_ns * 1e9, spent.cpu_ns / 1e3 / max(1, answered), spent.busy, is_good
    )


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
