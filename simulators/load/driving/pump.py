"""Arrivals come when they are meant to (simulators/load), whether or not anybody is free.

The pump watches itself: how late it was with each arrival, how late its timers are, how busy it is,
and for how long its core was somebody else's. A loop's timers have milliseconds, so shortly before
an arrival it looks all the time; that looking is not counted as being busy.
"""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator
from time import perf_counter_ns, process_time_ns, thread_time_ns
from typing import Final

from simulators.load.driving.lines import Hub
from simulators.load.measuring.recorder import Recorder, Ticket
from simulators.load.measuring.results import PROBE_US, Health

_NS_PER_US: Final = 1_000
_NS_PER_MS: Final = 1_000_000
_NS_PER_S: Final = 1_000_000_000
_PROBE_S: Final = PROBE_US / 1e6
_MARK_NS: Final = _NS_PER_MS // 2
"""Asking for the CPU time costs a microsecond or two: not at every turn."""
_AWAY_NS: Final = _NS_PER_MS
"""Shorter absences of the core are not counted."""
_LATE_NS: Final = 10 * _NS_PER_MS
_NEVER_NS: Final = 1 << 62
_REST_NS: Final = _NS_PER_MS // 2
"""The longest rest between two sendings."""
_AT_ONCE: Final = 16
"""Requests that are written together at most when many are due: the first has waited for the last.
"""


def usage() -> tuple[int, int]:
    """Return the CPU time of this thread in nanoseconds, and how often it has waited (Linux)."""
    return thread_time_ns(), resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw


class Watch:
    """The generator's own health: probed by a timer, summed up every second."""

    def __init__(self, hub: Hub, recorder: Recorder, in_flight: Callable[[], int]) -> None:
        """Begin with `start`."""
        self.spun_ns = self.away_ns = 0
        self.wakes_ns = _NEVER_NS
        """When the pump, which sleeps, is to look again; until then a rest is no absence."""
        self.late_ns = _LATE_NS
        self.health = Health()
        self._hub = hub
        self.recorder = recorder
        self._in_flight = in_flight
        self._due_ns = 0
        self._is_on = False
        self._second_ns = 0
        self._cpu_ns = self._first_cpu_ns = 0
        self._spun_before_ns = self._away_before_ns = self._away_probed_ns = 0
        self._first_ns = 0
        self._lag_ns = 0
        self._marked_ns = self._marked_cpu_ns = self._marked_waits = 0

    def start(self) -> None:
        """Begin to watch."""
        self._is_on = True
        now_ns = perf_counter_ns()
        self._first_ns = self._second_ns = self._marked_ns = now_ns
        self._marked_cpu_ns, self._marked_waits = usage()
        self._cpu_ns = self._first_cpu_ns = process_time_ns()
        self._due_ns = now_ns + int(_PROBE_S * _NS_PER_S)
        self._hub.loop.call_later(_PROBE_S, self._probe)

    def mark(self, now_ns: int) -> None:
        """Account for the time since the last mark: was the core ours.

        Not ours is what went by without our thread using it, though it had something to do and did
        not wait for anything: who waits for a disk is not kept from working.
        """
        if now_ns - self._marked_ns < _MARK_NS:
            return
        cpu_ns, waits = usage()
        has_waited, self._marked_waits = waits != self._marked_waits, waits
        gap_ns, used_ns = now_ns - self._marked_ns, cpu_ns - self._marked_cpu_ns
        since_ns = max(self._marked_ns, self.wakes_ns)
        self._marked_ns, self._marked_cpu_ns = now_ns, cpu_ns
        away_ns = min(gap_ns - used_ns, now_ns - since_ns)
        if away_ns >= _AWAY_NS and not has_waited:
            self.away_ns += away_ns

    def stop(self) -> Health:
        """End, and return the sums."""
        self._is_on = False
        now_ns, cpu_ns = perf_counter_ns(), process_time_ns() - self._first_cpu_ns
        health = self.health
        health.cpu_s = cpu_ns / _NS_PER_S
        wall_ns = max(1, now_ns - self._first_ns)
        # Of the time that the core was ours: what others took was not there to be used.
        health.busy = max(0, cpu_ns - self.spun_ns) / max(1, wall_ns - self.away_ns)
        health.busiest = max(health.busiest, health.busy)
        health.spun_s = self.spun_ns / _NS_PER_S
        health.away_s = self.away_ns / _NS_PER_S
        health.transactions = sum(self.recorder.accounts.outcomes.values())
        health.peak_rss_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        return health

    def _probe(self) -> None:
        if not self._is_on:
            return
        now_ns = perf_counter_ns()
        self.mark(now_ns)
        lag_ns = max(0, now_ns - self._due_ns)
        away_ns, self._away_probed_ns = self.away_ns - self._away_probed_ns, self.away_ns
        if lag_ns > self.late_ns >= lag_ns - away_ns:
            self.health.lag_excused_s += lag_ns / _NS_PER_S
        self._lag_ns = max(self._lag_ns, lag_ns)
        self.health.loop_lag.add(lag_ns // _NS_PER_US)
        self._due_ns = now_ns + int(_PROBE_S * _NS_PER_S)
        self._hub.loop.call_later(_PROBE_S, self._probe)
        if now_ns - self._second_ns >= _NS_PER_S:
            self._sum_up(now_ns)

    def _sum_up(self, now_ns: int) -> None:
        cpu_ns, spun_ns = process_time_ns(), self.spun_ns
        spent_ns = cpu_ns - self._cpu_ns - (spun_ns - self._spun_before_ns)
        second = self.recorder.second(self._second_ns)
        away_ns, self._away_before_ns = self.away_ns - self._away_before_ns, self.away_ns
        second.busy = max(0.0, spent_ns / max(1, now_ns - self._second_ns - away_ns))
        second.lag_ms = self._lag_ns / _NS_PER_MS
        second.in_flight = self._in_flight()
        self.health.busiest = max(self.health.busiest, second.busy)
        self._cpu_ns, self._spun_before_ns, self._lag_ns = cpu_ns, spun_ns, 0
        self._second_ns = now_ns


class Pump:
    """The open loop: calls `offer` with a ticket at every moment of a schedule."""

    def __init__(
        self, hub: Hub, watch: Watch, offer: Callable[[Ticket, int], None], look_ns: int
    ) -> None:
        """Begin with `start`; look all the time from `look_ns` before an arrival on."""
        self.is_over = False
        self._hub = hub
        self._watch = watch
        self._recorder = watch.recorder
        self._offer = offer
        self._look_ns = look_ns
        self._tickets: Iterator[Ticket] = iter(())
        self._next: Ticket | None = None
        self._heard = 0
        self._was_idle = False
        self._turned_ns = 0
        self._away_ns = 0
        self._rests_ns = self._sent_ns = self._spun_ns = 0

    def start(self, tickets: Iterator[Ticket]) -> None:
        """Begin; the tickets come in the order of their intended moments."""
        self._tickets = tickets
        self._next = next(tickets, None)
        self._turned_ns = self._sent_ns = perf_counter_ns()
        self._watch.wakes_ns = 0
        self._hub.loop.call_soon(self._turn)

    def stop(self) -> None:
        """Let nothing more arrive."""
        self._next = None

    def _turn(self) -> None:
        now_ns = perf_counter_ns()
        hub, watch = self._hub, self._watch
        watch.mark(now_ns)
        if self._was_idle and hub.heard == self._heard and now_ns - self._turned_ns < _AWAY_NS:
            watch.spun_ns += now_ns - self._turned_ns
        away_ns, self._away_ns = watch.away_ns - self._away_ns, watch.away_ns
        self._heard = hub.heard
        ticket = self._next
        self._was_idle = ticket is not None and max(ticket.due_ns, self._rests_ns) > now_ns
        if ticket is not None and not self._was_idle:
            # What lies before this turn was ours as far as the core was.
            own_ns = now_ns - self._turned_ns - away_ns
            self._recorder.excuse = (now_ns, own_ns, watch.late_ns) if away_ns else None
            ticket = self._offer_due(ticket, now_ns)
            self._rest()
        self._turned_ns = now_ns
        if ticket is None:
            self.is_over = True
            watch.wakes_ns = _NEVER_NS
            return
        wait_ns = max(ticket.due_ns, self._rests_ns) - perf_counter_ns()
        if wait_ns < self._look_ns:
            watch.wakes_ns = 0
            hub.loop.call_soon(self._turn)
            return
        self._was_idle = False
        # A timer of a loop may come a millisecond late, or one early.
        rest_ns = max(0, wait_ns - self._look_ns // 2)
        watch.wakes_ns = perf_counter_ns() + rest_ns
        hub.loop.call_later(rest_ns / _NS_PER_S, self._turn)

    def _rest(self) -> None:
        """Send nothing for as long as there was work since the last sending.

        So the more there is to do, the more goes out in one write, and half the time stays free:
        a write costs more than what is written.
        """
        after_ns, spun_ns = perf_counter_ns(), self._watch.spun_ns
        work_ns = after_ns - self._sent_ns - (spun_ns - self._spun_ns)
        self._sent_ns, self._spun_ns = after_ns, spun_ns
        self._rests_ns = after_ns + min(work_ns, _REST_NS)

    def _offer_due(self, ticket: Ticket | None, now_ns: int) -> Ticket | None:
        """Offer what is due, written a few together; return what comes next."""
        hub, offer, tickets, count = self._hub, self._offer, self._tickets, 0
        hub.is_held = True
        while ticket is not None and ticket.due_ns <= now_ns:
            offer(ticket, perf_counter_ns())
            ticket = next(tickets, None)
            count += 1
            if not count % _AT_ONCE:
                hub.flush()
        hub.is_held = False
        hub.flush()
        self._next = ticket
        return ticket
