"""One worker's part of a run (simulators/load): connect, sign on, start together, drive, sum up.

Progress goes to `tell` a few times a second; what was found is a `Part`.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from time import perf_counter_ns
from typing import Any, Final

import msgspec

from messages.crypto.keys import Mak, Pik
from messages.dialects.loader import load_dialect
from simulators.installation import MAK, PIK
from simulators.load.driving.crowd import Crowd
from simulators.load.driving.faults import FaultClock, TerminalTrouble
from simulators.load.driving.lines import Hub
from simulators.load.driving.network import Lines
from simulators.load.driving.pump import Pump, Watch
from simulators.load.measuring.recorder import CSV_COLUMNS, Recorder, Ticket, add_column
from simulators.load.measuring.results import Part
from simulators.load.scenario import draws, fleet, schedules
from simulators.load.scenario.fleet import FleetError
from simulators.load.scenario.model import Scenario
from simulators.wire import Wire

_NS_PER_S: Final = 1_000_000_000
_NS_PER_MS: Final = 1_000_000
_TELL_S: Final = 0.25
_DRAIN_SPARE_S: Final = 2.0
_SETTLE_S: Final = 20.0
_SIGN_ON_S: Final = 30.0
_EARLY_S: Final = 0.005
_COLLECT: Final = 5_000
"""Objects between two collections: a transaction leaves none in a circle."""


class Job(msgspec.Struct, kw_only=True):
    """What one worker is asked to do: part `worker` of `of`, perhaps only from a second on."""

    scenario: Scenario
    target: str
    folder: str = "."
    worker: int = 0
    of: int = 1
    csv: str = ""
    keeps_backs: bool = False
    from_s: float = 0.0


class Progress(msgspec.Struct, kw_only=True):
    """What a worker says while it runs; the histogram is that since it last spoke."""

    worker: int = 0
    at_s: float = 0.0
    meant: int = 0
    ended: int = 0
    in_flight: int = 0
    waiting: int = 0
    busy: float = 0.0
    lag_ms: float = 0.0
    outcomes: dict[str, int] = {}
    codes: dict[str, int] = {}
    p50_ms: float = 0.0
    p99_ms: float = 0.0


class LoadError(Exception):
    """A run that cannot begin: nobody listens, nobody is let in."""


Tell = Callable[[Progress], object]
UNWRITTEN: Final = "not wholly written: "
"""How the note begins that names a CSV which could not be written."""


class Guard:
    """Hears what goes wrong in a callback of the loop: else nobody would, and all would hang."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Listen until `end`."""
        self._failed: asyncio.Future[str] = loop.create_future()
        self._loop, self._usual = loop, loop.get_exception_handler()
        loop.set_exception_handler(self._heard)

    def _heard(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if not isinstance(error, Exception) or isinstance(error, OSError):
            loop.default_exception_handler(context)
        elif not self._failed.done():
            # Not the error's own words: they may quote a card.
            *_, last = traceback.extract_tb(error.__traceback__) or [None]
            place = f" at {Path(last.filename).name}:{last.lineno}" if last else ""
            self._failed.set_result(f"the generator failed{place} ({type(error).__name__})")

    def check(self) -> None:
        """Raise LoadError if anything has gone wrong."""
        if self._failed.done():
            raise LoadError(self._failed.result())

    async def until(self, at_ns: int) -> None:
        """Wait for a moment; raises LoadError as soon as anything has gone wrong."""
        left_s = max(0.0, (at_ns - perf_counter_ns()) / _NS_PER_S)
        await asyncio.wait({self._failed}, timeout=left_s)
        self.check()

    def end(self) -> None:
        """Listen no more."""
        self._loop.set_exception_handler(self._usual)
        self._failed.cancel()


class Driver:
    """Runs one part in a running loop."""

    def __init__(self, job: Job, tell: Tell | None = None) -> None:
        """Read fleet and cards; raises FleetError."""
        self.job = job
        scenario = self._scenario = job.scenario
        self._tell = tell
        folder = Path(job.folder)
        self.hub = Hub(time.time_ns() // 1_000_000)
        is_network = scenario.role == "network"
        dialect = scenario.network.dialect if is_network else scenario.fleet.dialect
        self.wire = Wire(load_dialect(dialect))
        self.recorder = Recorder(0, 0, self._csv_line if job.csv else None)
        self.recorder.keeps_backs = job.keeps_backs
        self.cards = fleet.cards(scenario.cards, folder)
        self.crowd: Crowd | None = None
        self.lines: Lines | None = None
        self._pump: Pump | None = None
        self._rows: list[str] = []
        self._csv_trouble: list[str] = []
        self._telling_task: asyncio.Task[None] | None = None
        self._csv_file = (folder / job.csv).open("w", encoding="utf-8") if job.csv else None
        self._who = (
            [] if is_network else fleet.terminals(scenario.fleet, folder)[job.worker :: job.of]
        )
        if any(not each.merchant for each in self._who):
            raise FleetError(f"{scenario.fleet.csv}: merchant: a terminal has none")
        self._trouble = TerminalTrouble(scenario.seed, job.worker)

    # ----------------------------------------------------------------------------- getting ready

    async def prepare(self) -> None:
        """Connect and sign on; raises LoadError."""
        host, _, port = self.job.target.rpartition(":")
        target = (host, int(port))
        if self._scenario.role == "network":
            self.lines = Lines(self.hub, self.wire, self._scenario, self.recorder)
            await self.lines.open(target, self.cards, (self.job.worker, self.job.of))
            return
        self.crowd = Crowd(self.hub, self.wire, self._scenario, self.recorder)
        if not self._who:
            raise LoadError("there are more workers than terminals")
        self.crowd.gather(self._who, self.cards, target)
        mode = self._scenario.fleet.sign_on
        if mode == "none":
            self._give_keys()
        if self._scenario.connection.model != "per_transaction":
            missing = await self.crowd.connect_all()
            if missing:
                raise LoadError(f"{missing} terminals cannot connect to {self.job.target}")
        if mode == "before":
            await self._sign_on()

    def _give_keys(self) -> None:
        for agent in self.crowd.agents if self.crowd else ():
            memory = agent.terminal.memory
            memory.pik, memory.mak = Pik.from_hex(PIK), Mak.from_hex(MAK)
            memory.mac = self.wire.mac(memory.mak)
            memory.is_signed_on = True

    async def _sign_on(self) -> None:
        crowd = self.crowd
        if crowd is None:
            return
        await self._unmeasured("sign_on")
        refused = sum(not agent.terminal.memory.is_signed_on for agent in crowd.agents)
        if refused:
            raise LoadError(f"{refused} of {len(crowd.agents)} terminals could not sign on")

    async def _unmeasured(self, kind: str) -> None:
        """Have every terminal do one thing, and keep it out of the figures."""
        crowd = self.crowd
        if crowd is None:
            return
        crowd.stage.recorder = Recorder(perf_counter_ns(), 0, None)
        crowd.is_ending = True
        crowd.all_do(kind, perf_counter_ns())
        await crowd.quiet(_SIGN_ON_S)
        crowd.is_ending = False
        crowd.stage.recorder = self.recorder

    # ---------------------------------------------------------------------------------- driving

    async def drive(self, start_ns: int) -> Part:
        """Run from a moment of the clock on until all has ended; LoadError where it cannot."""
        guard, usual = Guard(self.hub.loop), gc.get_threshold()
        try:
            return await self._driven(start_ns, guard)
        except LoadError:
            self.abandon()
            raise
        finally:
            guard.end()
            gc.set_threshold(*usual)
            gc.unfreeze()

    async def _driven(self, start_ns: int, guard: Guard) -> Part:
        scenario, recorder = self._scenario, self.recorder
        place = self.crowd or self.lines
        if place is None:
            raise LoadError("not prepared")
        recorder.begin(start_ns, int(scenario.warm_up_s * _NS_PER_S))
        if self.crowd is not None:
            for agent in self.crowd.agents:
                agent.get_ready(perf_counter_ns())
        # Before the start: looking through the whole heap takes many milliseconds.
        gc.collect()
        gc.freeze()
        gc.set_threshold(_COLLECT, 20, 1_000)
        await asyncio.sleep(max(0.0, (start_ns - perf_counter_ns()) / _NS_PER_S - _EARLY_S))
        started_utc_ms = time.time_ns() // 1_000_000
        if self._csv_file is not None:
            self._rows.append(CSV_COLUMNS + f"# start {started_utc_ms} ms UTC\n")
        watch = Watch(self.hub, recorder, lambda: place.in_flight)
        watch.late_ns = int(scenario.limits.late_ms * _NS_PER_MS)
        faults = self._faults(start_ns)
        watch.start()
        telling = self._telling_task = asyncio.create_task(self._telling(watch))
        limits = scenario.limits
        look_ns = int(limits.look_ms * _NS_PER_MS) if limits.spin else 0
        pump = self._pump = Pump(self.hub, watch, place.offer, look_ns)
        if scenario.fleet.sign_on == "storm" and self.crowd is not None:
            self.crowd.all_do("sign_on", start_ns)
        self._begin(pump, start_ns)
        end_ns = start_ns + int(scenario.seconds * _NS_PER_S)
        await guard.until(end_ns)
        while not pump.is_over and scenario.loop == "open":
            await guard.until(perf_counter_ns() + _NS_PER_MS)
        place.is_ending = True
        await place.quiet(scenario.limits.timeout_ms / 1_000 + _DRAIN_SPARE_S)
        guard.check()
        if faults is not None:
            faults.stop()
        health = watch.stop()
        telling.cancel()
        await self._after(place)
        part = recorder.part()
        part.health = health
        health.late, health.late_excused = recorder.late, recorder.excused
        part.worker, part.of = self.job.worker, self.job.of
        part.started_utc_ms = started_utc_ms
        part.notes = [f"{kind}: {count}" for kind, count in sorted(self._trouble.made.items())]
        part.notes += self._csv_trouble
        return part

    def abandon(self) -> None:
        """Stop in the middle, and hang up; what is out has no end any more."""
        if self._pump is not None:
            self._pump.stop()
        if self._telling_task is not None:
            self._telling_task.cancel()
        for place in (self.crowd, self.lines):
            if place is not None:
                place.halt()
        self._close_rows()

    def _faults(self, start_ns: int) -> FaultClock | None:
        if self.crowd is None:
            return None
        clock = FaultClock(self.hub, self.crowd, self._trouble)
        clock.start(self._scenario.fault, start_ns)
        return clock

    async def _after(self, place: Crowd | Lines) -> None:
        """Do what a day ends with, and pay every reversal that is owed."""
        for kind in self._scenario.at_end:
            if self.crowd is not None:
                self.crowd.all_do(kind, perf_counter_ns())
            await place.quiet(self._scenario.limits.timeout_ms / 1_000 + _DRAIN_SPARE_S)
        await place.settle(_SETTLE_S)
        place.close()
        await asyncio.sleep(0)
        self._write_rows()
        self._close_rows()

    def _begin(self, pump: Pump, start_ns: int) -> None:
        scenario, job = self._scenario, self.job
        names, numbers, amounts = self._draws()
        if scenario.loop == "closed":
            self._begin_closed(
                lambda due_ns: Ticket(due_ns, next(names), next(numbers), next(amounts))
            )
            return
        parts = schedules.pieces(scenario.arrivals, scenario.seconds)
        chance = None
        if schedules.is_random(scenario.arrivals):
            chance = draws.stream(scenario.seed, "arrivals", job.worker)
        moments = schedules.moments(parts, chance=chance, share=(job.worker, job.of))
        skipped_ns = int(job.from_s * _NS_PER_S)
        if skipped_ns:
            moments = (moment for moment in moments if moment >= skipped_ns)
        due = (start_ns + moment for moment in moments)
        pump.start(map(Ticket, due, names, numbers, amounts))

    def _begin_closed(self, draw: Callable[[int], Ticket]) -> None:
        place = self.crowd or self.lines
        if place is None:
            return
        place.next_ticket = draw
        place.begin_closed()

    def _draws(self) -> tuple[Iterator[str], Iterator[int], Iterator[int]]:
        """Return the kinds, cards and amounts of everything to come."""
        scenario, worker = self._scenario, self.job.worker
        seed = scenario.seed
        kinds = draws.kinds(scenario.mix, draws.stream(seed, "mix", worker))
        numbers = draws.card_numbers(
            scenario.cards, len(self.cards), draws.stream(seed, "cards", worker)
        )
        amounts = draws.amounts(scenario.amounts, draws.stream(seed, "amounts", worker))
        names = [item.kind for item in scenario.mix]
        if self.crowd is not None:
            self.crowd.rest = draws.rests(scenario.think, draws.stream(seed, "think", worker))
        return map(names.__getitem__, kinds), numbers, amounts

    # ---------------------------------------------------------------------------------- telling

    async def _telling(self, watch: Watch) -> None:
        while True:
            await asyncio.sleep(_TELL_S)
            self._write_rows()
            if self._tell is not None:
                self._tell(self._progress(watch))

    def _progress(self, watch: Watch) -> Progress:
        accounts, recorder = self.recorder.accounts, self.recorder
        at_s = (perf_counter_ns() - recorder.start_ns) / _NS_PER_S
        latest = recorder.take_recent()
        place = self.crowd or self.lines
        return Progress(
            worker=self.job.worker,
            at_s=round(at_s, 3),
            meant=accounts.intended,
            ended=sum(accounts.outcomes.values()),
            in_flight=place.in_flight if place else 0,
            waiting=len(place.waiting) if place else 0,
            busy=watch.health.busiest,
            outcomes=dict(accounts.outcomes),
            codes=dict(recorder.codes),
            p50_ms=latest.percentile_ms(50),
            p99_ms=latest.percentile_ms(99),
        )

    def _csv_line(self, line: str) -> None:
        self._rows.append(line)

    def _write_rows(self) -> None:
        self.recorder.fold()
        if self._csv_file is not None and self._rows:
            try:
                self._csv_file.write("".join(self._rows))
                self._csv_file.flush()
            except OSError as error:
                self._csv_failed(error)
        self._rows.clear()

    def _csv_failed(self, error: OSError) -> None:
        """Measure on without it, and say so at the end."""
        self._csv_trouble = [f"{UNWRITTEN}{self.job.csv}: {error.strerror}"]
        self._close_rows()

    def _close_rows(self) -> None:
        file, self._csv_file = self._csv_file, None
        if file is not None:
            # What could not be written before cannot be now, and has been told.
            with contextlib.suppress(OSError):
                file.close()

    def add_backs(self, part: Part, backs: Mapping[str, int]) -> None:
        """Take how long the issuers took, into the CSV too."""
        path, is_failed = Path(self.job.folder) / self.job.csv, bool(self._csv_trouble)
        if self.job.csv and backs and path.is_file() and not is_failed:
            try:
                add_column(path, backs)
            except OSError as error:
                self._csv_failed(error)
                part.notes += self._csv_trouble
        matched = self.recorder.match_backs(backs)
        part.notes.append(f"{matched} answers matched with the issuers' own times")
