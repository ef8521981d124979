"""The pump: every arrival once, in order, none early, and its own lateness told."""

from __future__ import annotations

import asyncio
import time
from time import perf_counter_ns

import pytest

from simulators.load.driving.lines import Hub
from simulators.load.driving.pump import Pump, Watch, lateness
from simulators.load.measuring.histograms import Tally
from simulators.load.measuring.recorder import Recorder, Ticket

_MS = 1_000_000


@pytest.mark.parametrize("spins", [True, False])
async def test_every_arrival_comes_once_in_order_and_never_early(*, spins: bool) -> None:
    hub = Hub(0)
    recorder = Recorder(perf_counter_ns(), 0, None)
    watch = Watch(hub, recorder, lambda: 3)
    offered: list[tuple[int, int]] = []
    pump = Pump(hub, watch, lambda t, now_ns: offered.append((t.due_ns, now_ns)), spins=spins)
    start_ns = perf_counter_ns() + 20 * _MS
    moments = [n * 3 * _MS for n in range(60)]
    watch.start()
    pump.start(start_ns, iter(moments), lambda due_ns: Ticket(due_ns, "echo", 0, 0))
    async with asyncio.timeout(5):
        while not pump.is_over:  # noqa: ASYNC110 - a poll
            await asyncio.sleep(0.01)
    assert [due_ns - start_ns for due_ns, _ in offered] == moments
    assert all(now_ns >= due_ns for due_ns, now_ns in offered)
    health = watch.stop()
    assert len(health.loop_lag) > 3
    assert health.cpu_s > 0


async def test_looking_all_the_time_is_not_being_busy() -> None:
    hub = Hub(0)
    watch = Watch(hub, Recorder(perf_counter_ns(), 0, None), lambda: 0)
    pump = Pump(hub, watch, lambda *_: None, spins=True)
    watch.start()
    pump.start(
        perf_counter_ns(), iter(range(0, 300 * _MS, _MS)), lambda due: Ticket(due, "echo", 0, 0)
    )
    await asyncio.sleep(0.35)
    health = watch.stop()
    assert watch.spun_ns > 50 * _MS
    assert health.busy < 0.6


async def test_a_loop_that_is_held_up_is_seen() -> None:
    hub = Hub(0)
    recorder = Recorder(perf_counter_ns(), 0, None)
    watch = Watch(hub, recorder, lambda: 7)
    watch.start()
    await asyncio.sleep(0.03)
    time.sleep(0.12)  # noqa: ASYNC251 - on purpose
    await asyncio.sleep(1.05)
    health = watch.stop()
    assert health.loop_lag.percentile_ms(100) > 90
    assert recorder.part().seconds[0].lag_ms > 90
    assert recorder.part().seconds[0].in_flight == 7


def test_lateness_is_never_negative() -> None:
    late = Tally()
    lateness(late, 5 * _MS, 4 * _MS)
    lateness(late, 5 * _MS, 7 * _MS)
    assert late.percentile_ms(50) == 0
    assert 1.9 < late.percentile_ms(100) < 2.1
