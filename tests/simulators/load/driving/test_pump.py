"""The pump: every arrival once, in order, none early, and its own lateness told."""

from __future__ import annotations

import asyncio
import time
from time import perf_counter_ns

import pytest

from simulators.load.driving import pump as pump_module
from simulators.load.driving.lines import Hub
from simulators.load.driving.pump import Pump, Watch
from simulators.load.measuring.recorder import Recorder, Ticket
from simulators.load.measuring.verdict import why_invalid
from simulators.load.scenario.model import Limits

_MS = 1_000_000


@pytest.mark.parametrize("look_ns", [2 * _MS, 0])
async def test_every_arrival_comes_once_in_order_and_never_early(look_ns: int) -> None:
    hub = Hub(0)
    recorder = Recorder(perf_counter_ns(), 0, None)
    watch = Watch(hub, recorder, lambda: 3)
    offered: list[tuple[int, int]] = []
    pump = Pump(hub, watch, lambda t, now_ns: offered.append((t.due_ns, now_ns)), look_ns)
    start_ns = perf_counter_ns() + 20 * _MS
    moments = [n * 3 * _MS for n in range(60)]
    watch.start()
    pump.start(Ticket(start_ns + moment, "echo", 0, 0) for moment in moments)
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
    pump = Pump(hub, watch, lambda *_: None, 2 * _MS)
    watch.start()
    start_ns = perf_counter_ns()
    pump.start(Ticket(start_ns + ms * _MS, "echo", 0, 0) for ms in range(300))
    await asyncio.sleep(0.35)
    health = watch.stop()
    assert watch.spun_ns > 0.4e9 * health.cpu_s
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
    assert health.lag_excused_s == 0
    assert recorder.part().seconds[0].lag_ms > 90
    assert recorder.part().seconds[0].in_flight == 7


_GAP = 30 * _MS


@pytest.mark.parametrize(
    ("used_ns", "waits", "wakes_ns", "away_ns"),
    [
        (2 * _MS, 0, 0, 28 * _MS),
        (30 * _MS, 0, 0, 0),  # its own work took that long
        (2 * _MS, 1, 0, 0),  # it waited for something
        (1 * _MS, 0, 20 * _MS, 10 * _MS),  # it slept until it was to look again
        (1 * _MS, 0, 40 * _MS, 0),
    ],
)
async def test_the_core_is_away_where_time_went_by_that_the_thread_could_not_use(
    monkeypatch: pytest.MonkeyPatch, used_ns: int, waits: int, wakes_ns: int, away_ns: int
) -> None:
    used = [(5 * _MS, 7), (5 * _MS + used_ns, 7 + waits)]
    monkeypatch.setattr(pump_module, "usage", lambda: used.pop(0))
    monkeypatch.setattr(pump_module, "perf_counter_ns", lambda: _GAP)
    hub = Hub(0)
    watch = Watch(hub, Recorder(0, 0, None), lambda: 0)
    watch.start()
    watch.wakes_ns = _GAP + wakes_ns
    watch.mark(2 * _GAP)
    assert watch.away_ns == away_ns
    watch._is_on = False


class _StillLoop:
    """Calls nothing: the test turns the pump by hand."""

    def call_soon(self, *_args: object) -> None:
        """Forget it."""

    def call_later(self, *_args: object) -> None:
        """Forget it."""


async def test_a_request_that_is_late_only_since_the_core_was_away_is_counted_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of three due in an absence of 15 ms one is late; of three due in 15 ms of work, one too."""
    now, cpu = [0], [0]
    monkeypatch.setattr(pump_module, "usage", lambda: (cpu[0], 0))
    monkeypatch.setattr(pump_module, "perf_counter_ns", lambda: now[0])
    recorder, hub = Recorder(0, 0, None), Hub(0)
    hub.loop = _StillLoop()  # type: ignore[assignment]
    watch = Watch(hub, recorder, lambda: 0)
    pump = Pump(hub, watch, recorder.came, 2 * _MS)
    watch.start()
    due = [ms * _MS for ms in (1, 8, 14, 21, 28, 34, 90)]
    pump.start(Ticket(ns, "echo", 0, 0) for ns in due)
    now[0] = cpu[0] = 0
    pump._turn()
    now[0] = 15 * _MS  # away
    pump._turn()
    now[0], cpu[0] = 20 * _MS, 5 * _MS
    pump._turn()
    now[0], cpu[0] = 35 * _MS, 20 * _MS  # at work
    pump._turn()
    assert recorder.late.share_above(10_000) == 2 / 6
    assert recorder.excused == 1
    assert watch.away_ns == 15 * _MS
    watch._is_on = False


@pytest.mark.parametrize(("stall_ms", "is_valid"), [(0, True), (150, True), (2_000, False)])
async def test_a_generator_that_stood_still_is_seen_by_the_time_and_not_by_the_looks(
    monkeypatch: pytest.MonkeyPatch, stall_ms: int, *, is_valid: bool
) -> None:
    """In 20 s one look in a thousand is late: by two seconds, a tenth of all the time."""
    now = [0]
    monkeypatch.setattr(pump_module, "usage", lambda: (now[0], 0))
    monkeypatch.setattr(pump_module, "perf_counter_ns", lambda: now[0])
    recorder, hub = Recorder(0, 0, None), Hub(0)
    hub.loop = _StillLoop()  # type: ignore[assignment]
    watch = Watch(hub, recorder, lambda: 0)
    watch.start()
    for number in range(1_000):
        now[0] += 20 * _MS + (stall_ms * _MS if number == 500 else 0)
        watch._probe()
    watch.health.busy = 0.0
    whys = list(why_invalid([watch.health], Limits()))
    assert (not whys) is is_valid
    assert is_valid or "behind 9.1% of the time" in whys[0]
    watch._is_on = False


class _CountingHub(Hub):
    flushes = 0

    def flush(self) -> None:
        """Count, and write."""
        self.flushes += 1
        super().flush()


async def test_the_more_there_is_to_do_the_more_goes_out_in_one_write() -> None:
    """80 us of work for each at 10 000 a second: fewer sendings than requests, and none early."""
    hub = _CountingHub(0)
    watch = Watch(hub, Recorder(perf_counter_ns(), 0, None), lambda: 0)
    offered: list[tuple[int, int]] = []

    def offer(ticket: Ticket, now_ns: int) -> None:
        offered.append((ticket.due_ns, now_ns))
        while perf_counter_ns() - now_ns < 80_000:
            pass

    pump = Pump(hub, watch, offer, 2 * _MS)
    watch.start()
    start_ns = perf_counter_ns()
    pump.start(Ticket(start_ns + n * 100_000, "echo", 0, 0) for n in range(1_000))
    async with asyncio.timeout(20):
        while not pump.is_over:  # noqa: ASYNC110 - a poll
            await asyncio.sleep(0.01)
    watch.stop()
    assert len(offered) == 1_000
    assert hub.flushes < 900
    assert all(now_ns >= due_ns for due_ns, now_ns in offered)
