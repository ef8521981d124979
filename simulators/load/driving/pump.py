"""Arrivals come when they are meant to (simulators/load), whether or not anybody is free.

The pump watches itself: how late it was when it could have sent at once, how late its timers are,
how busy it is. A loop's timers have milliseconds, so shortly before an arrival it looks all the
time; that looking is not counted as being busy.
"""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from time import perf_counter_ns, process_time_ns
from typing import Final

from simulators.load.driving.lines import Hub
from simulators.load.measuring.histograms import Tally
from simulators.load.measuring.recorder import Recorder, Ticket
from simulators.load.measuring.results import Health

_NS_PER_US: Final = 1_000
_NS_PER_MS: Final = 1_000_000
_NS_PER_S: Final = 1_000_000_000
_LOOK_AHEAD_NS: Final = 2 * _NS_PER_MS
_PROBE_S: Final = 0.02


class Watch:
    """The generator's own health: probed by a timer, summed up every second."""

    def __init__(self, hub: Hub, recorder: Recorder, in_flight: Callable[[], int]) -> None:
        """Begin with `start`."""
        self.spun_ns = 0
        self.health = Health()
        self._hub = hub
        self._recorder = recorder
        self._in_flight = in_flight
        self._due_ns = 0
        self._is_on = False
        self._second_ns = 0
        self._cpu_ns = self._first_cpu_ns = 0
        self._spun_before_ns = 0
        self._first_ns = 0
        self._lag_ns = 0

    def start(self) -> None:
        """Begin to watch."""
        self._is_on = True
        now_ns = perf_counter_ns()
        self._first_ns = self._second_ns = now_ns
        self._cpu_ns = self._first_cpu_ns = process_time_ns()
        self._due_ns = now_ns + int(_PROBE_S * _NS_PER_S)
        self._hub.loop.call_later(_PROBE_S, self._probe)

    def stop(self) -> Health:
        """End, and return the sums."""
        self._is_on = False
        now_ns, cpu_ns = perf_counter_ns(), process_time_ns() - self._first_cpu_ns
        health = self.health
        health.cpu_s = cpu_ns / _NS_PER_S
        wall_ns = max(1, now_ns - self._first_ns)
        health.busy = max(0, cpu_ns - self.spun_ns) / wall_ns
        health.busiest = max(health.busiest, health.busy)
        health.transactions = self._hub.heard
        health.peak_rss_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return health

    def _probe(self) -> None:
        if not self._is_on:
            return
        now_ns = perf_counter_ns()
        lag_ns = max(0, now_ns - self._due_ns)
        self._lag_ns = max(self._lag_ns, lag_ns)
        self.health.loop_lag.add(lag_ns // _NS_PER_US)
        self._due_ns = now_ns + int(_PROBE_S * _NS_PER_S)
        self._hub.loop.call_later(_PROBE_S, self._probe)
        if now_ns - self._second_ns >= _NS_PER_S:
            self._sum_up(now_ns)

    def _sum_up(self, now_ns: int) -> None:
        cpu_ns, spun_ns = process_time_ns(), self.spun_ns
        spent_ns = cpu_ns - self._cpu_ns - (spun_ns - self._spun_before_ns)
        second = self._recorder.second(self._second_ns)
        second.busy = max(0.0, spent_ns / (now_ns - self._second_ns))
        second.lag_ms = self._lag_ns / _NS_PER_MS
        second.in_flight = self._in_flight()
        self.health.busiest = max(self.health.busiest, second.busy)
        self._cpu_ns, self._spun_before_ns, self._lag_ns = cpu_ns, spun_ns, 0
        self._second_ns = now_ns


class Pump:
    """The open loop: calls `offer` with a ticket at every moment of a schedule."""

    def __init__(
        self, hub: Hub, watch: Watch, offer: Callable[[Ticket, int], None], *, spins: bool
    ) -> None:
        """Begin with `start`."""
        self.is_over = False
        self._hub = hub
        self._watch = watch
        self._offer = offer
        self._spins = spins
        self._moments: Iterator[int] = iter(())
        self._draw: Callable[[int], Ticket] = _nothing_drawn
        self._next_ns = 0
        self._start_ns = 0
        self._heard = 0
        self._turned_ns = 0
        self._was_idle = False

    def start(self, start_ns: int, moments: Iterator[int], draw: Callable[[int], Ticket]) -> None:
        """Begin at a moment of the clock; `moments` are from there."""
        self._start_ns = start_ns
        self._moments = moments
        self._draw = draw
        self._advance()
        self._hub.loop.call_soon(self._turn)

    def stop(self) -> None:
        """Let nothing more arrive."""
        self.is_over = True

    def _advance(self) -> None:
        moment = next(self._moments, None)
        if moment is None:
            self.is_over = True
        else:
            self._next_ns = self._start_ns + moment

    def _turn(self) -> None:
        now_ns = perf_counter_ns()
        hub = self._hub
        if self._was_idle and hub.heard == self._heard:
            self._watch.spun_ns += now_ns - self._turned_ns
        self._turned_ns, self._heard = now_ns, hub.heard
        self._was_idle = self._next_ns > now_ns
        while self._next_ns <= now_ns and not self.is_over:
            self._offer(self._draw(self._next_ns), perf_counter_ns())
            self._advance()
        if self.is_over:
            return
        wait_ns = self._next_ns - perf_counter_ns()
        if self._spins and wait_ns < _LOOK_AHEAD_NS:
            hub.loop.call_soon(self._turn)
            return
        self._was_idle = False
        ahead_ns = _LOOK_AHEAD_NS // 2 if self._spins else 0
        hub.loop.call_later(max(0, wait_ns - ahead_ns) / _NS_PER_S, self._turn)


def _nothing_drawn(due_ns: int) -> Ticket:
    return Ticket(due_ns, "", 0, 0)


def lateness(late: Tally, due_ns: int, now_ns: int) -> None:
    """Count how late a request was sent that could have been sent at once."""
    late.add(max(0, now_ns - due_ns) // _NS_PER_US)
