"""A run shared out over machines (simulators/load) through a job table: shares, leases, results.

Whoever gives a run out only looks; a worker measures in a process of its own and says that it is
alive. The share of one that falls silent is driven on by another, from that moment of the run.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from time import perf_counter_ns
from typing import Final

import msgspec

from simulators.load import books
from simulators.load.driving.part import Job, LoadError, Progress
from simulators.load.driving.process import DriveOrder, StartOrder
from simulators.load.driving.running import Plan, Process, Show, machine
from simulators.load.measuring.results import Part, Result, part_from_json, together
from simulators.load.measuring.verdict import judge
from switch.ledger.shared.jobs import DONE, FAILED, READY, JobTable, Share, Taken

_LOOK_S: Final = 0.25
_BEAT_S: Final = 1.0
_AHEAD_MS: Final = 2_000
"""From the word to start to the start: every worker has seen it by then."""
_GATHER_S: Final = 60.0
_NS_PER_MS: Final = 1_000_000
_SPARE_MS: Final = 300
_FINISH_S: Final = 120.0

Say = Callable[[str], object]


class Hand:
    """A worker: takes shares from the table and drives them, one at a time."""

    def __init__(self, table: JobTable, name: str, say: Say) -> None:
        """Work later, with `work`."""
        self._table = table
        self._name = name
        self._say = say

    async def work(self, *, once: bool = False) -> None:
        """Take share after share; `once` returns after the first."""
        while True:
            taken = await self._table.take(self._name)
            if taken is None:
                await asyncio.sleep(_LOOK_S)
                continue
            self._say(f"taken: share {taken.number}")
            state, result = await self._driven(taken)
            is_ours = await self._table.finish(taken, self._name, state, result)
            word = "done" if state == DONE else "failed"
            self._say(f"{word if is_ours else 'too late'}: share {taken.number}")
            if once:
                return

    async def _driven(self, taken: Taken) -> tuple[int, bytes]:
        job = msgspec.json.decode(taken.body, type=Job)
        if taken.starts_in_ms is not None and taken.starts_in_ms < 0:
            job.from_s = -taken.starts_in_ms / 1_000 + _SPARE_MS / 1_000
        process = await Process.begin()
        try:
            process.tell(DriveOrder(job))
            return await self._followed(taken, process)
        finally:
            await process.end()

    async def _followed(self, taken: Taken, process: Process) -> tuple[int, bytes]:
        """Beat while the process drives; return its part, or why it has none."""
        latest, is_ready, is_started = b"", False, False
        hearing = asyncio.ensure_future(process.hear())
        while True:
            await asyncio.wait({hearing}, timeout=_BEAT_S if is_started else _LOOK_S)
            if hearing.done():
                report = hearing.result()
                if report is None or report.error:
                    return FAILED, (report.error if report else "the process ended").encode()
                if report.part is not None:
                    return DONE, msgspec.json.encode(report.part)
                is_ready = is_ready or report.ready is not None
                if report.progress is not None:
                    latest = msgspec.json.encode(report.progress)
                hearing = asyncio.ensure_future(process.hear())
            now = await self._table.beat(taken, self._name, latest, is_ready=is_ready)
            if now is None:
                hearing.cancel()
                return FAILED, b"the share was given to another"
            if is_ready and not is_started and now.starts_in_ms is not None:
                is_started = True
                start_ns = perf_counter_ns() + now.starts_in_ms * _NS_PER_MS
                process.tell(StartOrder(start_ns))


class GivenOut:
    """Gives a plan out as shares and sums up what comes back."""

    def __init__(self, plan: Plan, table: JobTable, run: str, show: Show | None = None) -> None:
        """Run later, with `run`; `run` names it in the table."""
        self._plan = plan
        self._table = table
        self._run = run
        self._show = show
        self._lost: list[str] = []

    async def run(self) -> Result:
        """Run it all; raises LoadError where no workers come, or one cannot begin."""
        plan = self._plan
        if plan.scenario.issuers.listen:
            raise LoadError("mock issuers are behind one machine: not with a job table")
        jobs = [
            Job(
                scenario=plan.scenario,
                target=plan.target,
                folder=str(plan.folder.resolve()),
                worker=number,
                of=plan.workers,
            )
            for number in range(plan.workers)
        ]
        await self._table.put(self._run, [msgspec.json.encode(job) for job in jobs])
        try:
            await self._gathered()
            await self._table.start(self._run, _AHEAD_MS)
            started_utc_ms = time.time_ns() // _NS_PER_MS + _AHEAD_MS
            parts = await self._finished()
        finally:
            await self._table.drop(self._run)
        return self._summed_up(parts, started_utc_ms)

    async def _gathered(self) -> None:
        last_ns = perf_counter_ns() + int(_GATHER_S * 1e9)
        while True:
            shares = await self._table.look(self._run)
            _refuse_failed(shares)
            if all(share.state == READY for share in shares):
                return
            if perf_counter_ns() > last_ns:
                ready = sum(share.state == READY for share in shares)
                raise LoadError(
                    f"{ready} of {len(shares)} workers came; start `jinbao load worker`"
                )
            await self._table.lapse(self._run)
            await asyncio.sleep(_LOOK_S)

    async def _finished(self) -> list[Part]:
        """Wait for every share; one whose worker falls silent goes to another."""
        plan = self._plan
        limit_s = plan.scenario.seconds + plan.scenario.limits.timeout_ms / 1_000 + _FINISH_S
        last_ns = perf_counter_ns() + int(limit_s * 1e9)
        while True:
            shares = await self._table.look(self._run)
            self._told(shares)
            for number, worker in await self._table.lapse(self._run):
                self._lost.append(f"{worker} (share {number}, driven on by another)")
            is_over = all(share.state in {DONE, FAILED} for share in shares)
            if is_over or perf_counter_ns() > last_ns:
                break
            await asyncio.sleep(_LOOK_S)
        self._lost += [
            f"share {share.number} ({share.result.decode(errors='replace') or 'nobody took it'})"
            for share in shares
            if share.state != DONE
        ]
        return [part_from_json(share.result) for share in shares if share.state == DONE]

    def _told(self, shares: Sequence[Share]) -> None:
        if self._show is not None:
            told = [each.progress for each in shares if each.progress]
            self._show([msgspec.json.decode(each, type=Progress) for each in told])

    def _summed_up(self, parts: list[Part], started_utc_ms: int) -> Result:
        result = Result(
            scenario=msgspec.to_builtins(self._plan.scenario),
            target=self._plan.target,
            started_utc_ms=started_utc_ms,
            seconds=self._plan.scenario.seconds,
            machine=machine(),
            parts=[part.health for part in parts],
            whole=together(parts),
            lost_workers=self._lost,
        )
        result.checks = books.own_checks(result.whole.accounts)
        judge(result, self._plan.scenario)
        return result


def _refuse_failed(shares: Sequence[Share]) -> None:
    for share in shares:
        if share.state == FAILED:
            raise LoadError(f"{share.worker}: {share.result.decode(errors='replace')}")
