"""A whole run (simulators/load): workers and issuers as processes, started together, summed up.

This process only waits and shows: what is measured happens in the others.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from time import perf_counter_ns
from typing import Final

import msgspec

from simulators.load import books
from simulators.load.driving.banks import Book
from simulators.load.driving.part import Job, LoadError, Progress
from simulators.load.driving.process import (
    BacksOrder,
    BanksOrder,
    BooksOrder,
    DriveOrder,
    Order,
    Report,
    StartOrder,
    StopOrder,
    WaitOrder,
)
from simulators.load.measuring.results import Machine, Part, Result, part_from_json, together
from simulators.load.measuring.verdict import judge
from simulators.load.scenario.model import Scenario

_NS_PER_S: Final = 1_000_000_000
_AHEAD_S: Final = 0.5
"""From the order to start to the start: every worker has read it by then."""
_CONNECTED_S: Final = 40.0
"""A switch that found no issuer tries again after a while."""
_LINE: Final = 1 << 28
_END_S: Final = 10.0
_MODULE: Final = "simulators.load.driving.process"

Show = Callable[[list[Progress]], object]


class Plan(msgspec.Struct, kw_only=True):
    """What is to be run, and how."""

    scenario: Scenario
    target: str
    folder: Path = Path()
    workers: int = 1
    csv: Path | None = None
    cores: tuple[int, ...] = ()
    """One for each worker, where they are pinned."""


class Process:
    """One process of ours: orders in, reports out."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        """Wrap a process that runs."""
        self._process = process

    @classmethod
    async def begin(cls, core: int | None = None) -> Process:
        """Start one, pinned to a core where one is named."""
        allowed = os.sched_getaffinity(0) if core is not None else set[int]()
        if core is not None:
            # Inherited by the process.
            os.sched_setaffinity(0, {core})
        try:
            made = await asyncio.create_subprocess_exec(
                sys.executable, "-m", _MODULE, stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE, limit=_LINE, start_new_session=True,
            )  # fmt: skip
        finally:
            if core is not None:
                os.sched_setaffinity(0, allowed)
        return cls(made)

    def tell(self, order: Order) -> None:
        """Give an order; a process that is gone does not hear it."""
        if self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(msgspec.json.encode(order) + b"\n")

    async def hear(self) -> Report | None:
        """Return the next report, None at its end."""
        if self._process.stdout is None:
            return None
        line = await self._process.stdout.readline()
        return msgspec.json.decode(line, type=Report) if line.endswith(b"\n") else None

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    async def end(self) -> None:
        """End it, by force if it does not by itself."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), _END_S)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()


@contextlib.asynccontextmanager
async def _processes(cores: Sequence[int | None]) -> AsyncIterator[list[Process]]:
    begun: list[Process] = []
    try:
        for core in cores:
            begun.append(await Process.begin(core))  # noqa: PERF401 - what began must end
        yield begun
    finally:
        await asyncio.gather(*(process.end() for process in begun))


class Run:
    """Runs a plan; `show` is given the latest word of every worker a few times a second."""

    def __init__(self, plan: Plan, show: Show | None = None) -> None:
        """Run later, with `run`."""
        self.plan = plan
        self.banks: list[list[int]] = []
        """The ports of the mock issuers, once they listen."""
        self.pids: list[int] = []
        self._show = show
        self._latest: list[Progress] = [Progress(worker=n) for n in range(plan.workers)]
        self._lost: dict[int, str] = {}

    async def run(self) -> Result:
        """Run it all; raises LoadError where it cannot begin."""
        plan = self.plan
        cores: list[int | None] = [*plan.cores] or [None] * plan.workers
        has_banks = bool(plan.scenario.issuers.listen)
        async with _processes([*cores, None] if has_banks else cores) as all_of_them:
            workers = all_of_them[: plan.workers]
            bank = all_of_them[-1] if has_banks else None
            if bank is not None:
                await self._open(bank)
            self.pids = [worker.pid for worker in workers]
            await self._make_ready(workers)
            if bank is not None:
                bank.tell(WaitOrder(_CONNECTED_S))
                await _ready(bank)
            return await self._started(workers, bank)

    async def _open(self, bank: Process) -> None:
        bank.tell(BanksOrder(self.plan.scenario, str(self.plan.folder)))
        self.banks = await _ready(bank)

    async def _make_ready(self, workers: Sequence[Process]) -> None:
        plan = self.plan
        for number, worker in enumerate(workers):
            job = Job(
                scenario=plan.scenario,
                target=plan.target,
                folder=str(plan.folder),
                worker=number,
                of=plan.workers,
                csv=_csv_of(plan, number),
                keeps_backs=bool(self.banks),
            )
            worker.tell(DriveOrder(job))
        for report in await asyncio.gather(*(worker.hear() for worker in workers)):
            if report is None or report.ready is None:
                raise LoadError(report.error if report else "a worker ended before it began")

    async def _started(self, workers: Sequence[Process], bank: Process | None) -> Result:
        start_ns = perf_counter_ns() + int(_AHEAD_S * _NS_PER_S)
        started_utc_ms = time.time_ns() // 1_000_000 + int(_AHEAD_S * 1_000)
        for process in (*workers, *([bank] if bank else [])):
            process.tell(StartOrder(start_ns))
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "backs.json"
            found = await asyncio.gather(
                *(self._follow(number, worker) for number, worker in enumerate(workers))
            )
            told: list[Book] | None = []
            if bank is not None:
                told = await _books_of(bank, path)
                for worker in workers:
                    worker.tell(BacksOrder(str(path) if told is not None else ""))
                found = await asyncio.gather(
                    *(self._follow(number, worker) for number, worker in enumerate(workers))
                )
                bank.tell(StopOrder())
        parts = [part for part in found if part is not None]
        result = self._summed_up(parts)
        result.started_utc_ms = started_utc_ms
        result.checks = books.own_checks(result.whole.accounts)
        result.checks += books.issuer_checks(result.whole.accounts, told)
        judge(result, self.plan.scenario)
        return result

    async def _follow(self, number: int, worker: Process) -> Part | None:
        """Take a worker's words until it has drained, or tells its part; None where it is lost."""
        while True:
            report = await worker.hear()
            if report is None or report.error:
                why = f" ({report.error})" if report else ""
                self._lost.setdefault(number, f"worker {number + 1}{why}")
                return None
            if report.progress is not None:
                self._latest[number] = report.progress
                if self._show is not None:
                    self._show(self._latest)
            elif report.part is not None:
                return part_from_json(msgspec.json.encode(report.part))
            elif report.is_drained:
                return None

    def _summed_up(self, parts: Sequence[Part]) -> Result:
        scenario = self.plan.scenario
        return Result(
            scenario=msgspec.to_builtins(scenario),
            target=self.plan.target,
            seconds=scenario.seconds,
            machine=machine(),
            parts=[part.health for part in parts],
            whole=together(parts),
            lost_workers=[self._lost[number] for number in sorted(self._lost)],
        )


async def _ready(bank: Process) -> list[list[int]]:
    report = await bank.hear()
    if report is None or report.ready is None:
        raise LoadError(f"the issuers: {report.error if report else 'they ended'}")
    return report.ready


async def _books_of(bank: Process, path: Path) -> list[Book] | None:
    """Return the books of the issuers, None where they ended during the run."""
    bank.tell(BooksOrder(str(path)))
    report = await bank.hear()
    return report.books if report is not None else None


def _csv_of(plan: Plan, number: int) -> str:
    if plan.csv is None:
        return ""
    path = plan.csv.resolve()
    return str(path if plan.workers == 1 else path.with_suffix(f".{number + 1}{path.suffix}"))


def machine() -> Machine:
    """Return what this machine is."""
    cpu = ""
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                cpu = line.partition(":")[2].strip()
                break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Machine(
        host=platform.node(),
        system=f"{platform.system()} {platform.release()}",
        cpu=cpu,
        cores=os.cpu_count() or 0,
        memory_gib=round(memory / (1 << 30), 1),
        python=platform.python_version(),
        jinbao=version("jinbao"),
    )
