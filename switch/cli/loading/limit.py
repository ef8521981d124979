"""Finds the limit of a host (switch/cli): runs at rates that a search asks for, and tells of each.

At the end the host is run at half and at four fifths of the limit: what its users would feel.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from threading import Event, Thread
from time import perf_counter_ns
from typing import Final

import msgspec

from simulators.load.finding import Search, Tried
from simulators.load.measuring.histograms import merged
from simulators.load.measuring.results import Result
from simulators.load.scenario.model import Arrivals, Scenario
from switch.cli.loading import showing
from switch.cli.outcome import say, stop

_SHARES: Final = (0.5, 0.8)
_PERCENTILES: Final = (50.0, 99.0, 99.9)
_BUSY: Final = 0.9
_AGAIN: Final = 2
"""So often an invalid run is tried again before the generator counts as what gave way."""
_LOOK_S: Final = 0.1
_SECOND_NS: Final = 1_000_000_000
GENERATOR: Final = "the generator, not the host: "
"""How the reason begins where a run was invalid."""


class Limit(msgspec.Struct, kw_only=True):
    """What was found: the edge (0 for none), what gave way, and latencies below the edge."""

    edge: float
    is_bounded: bool
    gave_way: str
    tried: list[Tried]
    below: dict[str, dict[str, float]]
    doubts: dict[str, str] = {}
    """Which of those figures are not to be trusted, and why: their run gave way or was invalid."""
    host_busy: float | None = None
    at_edge: Result | None = None


class HostWatch:
    """The CPU that a process uses (Linux), second by second; nothing without a process."""

    def __init__(self, pid: int) -> None:
        """Look at a process; ends the verb where there is none."""
        self._pid = pid
        if pid and not Path(f"/proc/{pid}/stat").exists():
            stop(f"--pid {pid}: there is no such process here")

    def cpu_s(self) -> float:
        """Return the CPU time of the process so far."""
        try:
            text = Path(f"/proc/{self._pid}/stat").read_text(encoding="ascii")
        except OSError:
            return 0.0
        user, system = text.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def over(self, run: Callable[[], Result]) -> tuple[Result, float | None]:
        """Return a result, and the share of one core that the process used in its busiest second.

        Not of all the time: a run also gets ready and settles, and its host rests meanwhile.
        """
        if not self._pid:
            return run(), None
        ended = Event()
        seen = [(perf_counter_ns(), self.cpu_s())]

        def look() -> None:
            while not ended.wait(_LOOK_S):
                seen.append((perf_counter_ns(), self.cpu_s()))

        looking = Thread(target=look, daemon=True)
        looking.start()
        try:
            result = run()
        finally:
            ended.set()
            looking.join()
        seen.append((perf_counter_ns(), self.cpu_s()))
        return result, busiest(seen)


def busiest(seen: Sequence[tuple[int, float]]) -> float:
    """Return the highest share of a core over a second or more, or over all where that is less.

    `seen` are moments in nanoseconds and CPU seconds until then.
    """
    most, first = 0.0, 0
    for last, (at_ns, cpu_s) in enumerate(seen):
        while first + 1 < last and at_ns - seen[first + 1][0] >= _SECOND_NS:
            first += 1
        if at_ns - seen[first][0] >= _SECOND_NS:
            most = max(most, (cpu_s - seen[first][1]) * 1e9 / (at_ns - seen[first][0]))
    (begun_ns, before_s), (end_ns, after_s) = seen[0], seen[-1]
    return most or (after_s - before_s) * 1e9 / max(1, end_ns - begun_ns)


def why_failed(result: Result) -> str:
    """Return what gave way in a run, empty where nothing did."""
    if result.invalid:
        return GENERATOR + result.invalid[0]
    for each in result.judged:
        if not each["is_kept"]:
            return f"{each['text']}, measured {each['shown']}"
    wrong = [check for check in result.checks if not check.holds]
    return f"{wrong[0].name}: {wrong[0].said}" if wrong else ""


def find(
    scenario: Scenario,
    carry_out: Callable[[Scenario], Result],
    asked: tuple[float, float, float, int],
    pid: int,
    *,
    as_json: bool,
) -> Limit:
    """Search, tell of every run, and return what was found.

    `asked` is the first rate, the most, the precision, and how many passes confirm.
    """
    first, most, precision, confirmations = asked
    search = Search(first, most=most, precision=precision, confirmations=confirmations)
    watch, at_edge, busy = HostWatch(pid), None, None

    def measured(rate: float) -> tuple[Result, float | None]:
        found = watch.over(partial(carry_out, at_rate(scenario, rate)))
        for _ in range(_AGAIN):
            if not found[0].invalid:
                break
            # Says nothing of the host: a machine may have been busy with others for a moment.
            found = watch.over(partial(carry_out, at_rate(scenario, rate)))
        return found

    while (rate := search.next_rate()) is not None:
        result, share = measured(rate)
        search.tell(rate, why_failed(result))
        told = search.tried[-1]
        if told.passed and rate == search.edge:
            at_edge, busy = result, share
        if as_json:
            say(msgspec.json.encode({"tried": told}).decode())
        else:
            say(showing.tried_line(told, result))
    below, doubts = {}, {}
    for share_of in _SHARES if search.edge else ():
        result, _ = measured(search.edge * share_of)
        if why := why_failed(result):
            doubts[f"{share_of:.0%}"] = why
        tally = merged(cell.intended for cell in result.whole.cells)
        below[f"{share_of:.0%}"] = {f"p{p:g}_ms": tally.percentile_ms(p) for p in _PERCENTILES}
    limit = Limit(
        edge=search.edge,
        is_bounded=search.is_bounded,
        gave_way=search.gave_way(),
        tried=search.tried,
        below=below,
        doubts=doubts,
        host_busy=busy,
        at_edge=at_edge,
    )
    _tell(limit, as_json=as_json)
    return limit


def at_rate(scenario: Scenario, rate: float) -> Scenario:
    """Return the scenario at one rate, as strangers come, without faults."""
    arrivals = Arrivals(schedule="poisson", rate=rate)
    return msgspec.structs.replace(scenario, arrivals=arrivals, loop="open", fault=())


def _tell(limit: Limit, *, as_json: bool) -> None:
    if as_json:
        told = msgspec.structs.asdict(limit)
        del told["at_edge"]
        say(msgspec.json.encode({"limit": told}).decode())
        return
    if not limit.edge:
        say(f"no rate keeps the thresholds: {limit.gave_way}")
        return
    for share, figures in limit.below.items():
        shown = ", ".join(f"{n.removesuffix('_ms')} {v:.3g} ms" for n, v in figures.items())
        doubt = f" (not to be trusted: {limit.doubts[share]})" if share in limit.doubts else ""
        say(f"at {share} of the limit: {shown}{doubt}")
    if limit.host_busy is not None:
        word = "its CPU is the limit" if limit.host_busy >= _BUSY else "its CPU is not the limit"
        say(f"the host used {limit.host_busy:.0%} of one core in its busiest second: {word}")
    if not limit.is_bounded:
        say(f"the limit is above {limit.edge:,.1f}/s: every run passed")
        return
    say(f"limit: {limit.edge:,.1f}/s; above it gave way: {limit.gave_way}")
