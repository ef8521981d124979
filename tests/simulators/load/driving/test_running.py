"""A whole run against our own switch, as processes: every fault at once, and books that balance."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from bench.folder import Wanted, write
from bench.serving import Switch
from simulators.load import books
from simulators.load.driving.part import LoadError, Progress
from simulators.load.driving.process import BacksOrder, Order, Report
from simulators.load.driving.running import Plan, Process, Run, machine
from simulators.load.measuring.recorder import Recorder
from simulators.load.measuring.results import Result, to_json
from simulators.load.scenario.model import Limits, Scenario
from simulators.load.scenario.reading import read, understood
from switch.cli.loading.ledger import read_ledger
from tests.simulators.load.hosting import hosted, job
from tests.simulators.load.measuring.test_results import record

_TIMERS: dict[str, int | list[int]] = {
    "answer_ms": 3_000,
    "issuer_ms": 1_500,
    "advice_retry_ms": [500],
}


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on now."""
    made = [socket.socket() for _ in range(count)]
    for each in made:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in made]
    for each in made:
        each.close()
    return ports


@pytest.fixture
def ports() -> list[int]:
    return free_ports(3)


@pytest.fixture
def switch(tmp_path: Path, ports: list[int]) -> Iterator[tuple[Switch, Path]]:
    """Run a switch with two issuers, the first on two lines."""
    folder = tmp_path / "city"
    first, second, alternate = ports
    write(
        folder,
        Wanted(terminals=40, issuer_port=first, more_ports=(second,), alternate_port=alternate),
    )
    made = Switch(folder)
    try:
        yield made, folder
    finally:
        made.end()


def _faults(ports: list[int]) -> Scenario:
    scenario = read(Path("faults"))
    first, second, alternate = (f"127.0.0.1:{port}" for port in ports)
    issuers = msgspec.structs.replace(
        scenario.issuers, listen=(first, second), alternates=(alternate,)
    )
    # A machine that runs all tests at once is late; this run is about books, not about figures.
    limits = Limits(timeout_ms=5_000, late_ms=2_000)
    return msgspec.structs.replace(scenario, issuers=issuers, limits=limits)


def test_all_faults_under_load_and_the_books_balance(
    switch: tuple[Switch, Path], ports: list[int]
) -> None:
    process, folder = switch
    plan = Plan(scenario=_faults(ports), target=f"127.0.0.1:{process.port()}", workers=2)
    seen: list[Progress] = []
    result = asyncio.run(Run(plan, seen.extend).run())
    ledger = read_ledger(folder, result.started_utc_ms - 1_000, 40)
    checks = result.checks + books.ledger_checks(result.whole.accounts, ledger)
    assert [check for check in checks if not check.holds] == []
    assert len(checks) == 7
    outcomes = result.whole.accounts.outcomes
    assert outcomes["approved"] > 150
    assert outcomes["no_answer"] > 0
    assert outcomes["line_lost"] > 0
    assert result.whole.accounts.reversed > 0
    codes = {code for cell in result.whole.cells for code in cell.codes}
    assert {"00", "91", "A0"} <= codes
    assert {progress.worker for progress in seen} == {0, 1}
    assert any(len(cell.added) for cell in result.whole.cells)
    # While the second issuer was down, the first one's cards were served.
    down = result.whole.seconds[8]
    served = len(down.by_link["bank-1"])
    assert served
    assert down.outcomes["approved"] >= 0.5 * served


async def _plain(workers: int, *, kills: bool = False) -> tuple[Result, Run]:
    async with hosted() as served:
        scenario = job(served.port, seconds=2.0).scenario
        run = Run(Plan(scenario=scenario, target=f"127.0.0.1:{served.port}", workers=workers))
        if kills:
            task = asyncio.create_task(run.run())
            while not run._latest[1].meant:  # noqa: ASYNC110 - a poll
                await asyncio.sleep(0.01)
            os.kill(run.pids[1], signal.SIGKILL)
            return await task, run
        return await run.run(), run


async def test_workers_share_a_schedule_and_merge_exactly() -> None:
    result, _ = await _plain(3)
    assert len(result.parts) == 3
    accounts = result.whole.accounts
    assert accounts.is_whole
    assert sum(len(cell.intended) for cell in result.whole.cells) == accounts.intended
    assert sum(second.meant for second in result.whole.seconds) == accounts.intended


async def test_a_worker_that_dies_is_reported_and_the_run_is_invalid() -> None:
    result, _ = await _plain(2, kills=True)
    assert result.lost_workers == ["worker 2"]
    assert "worker 2 was lost during the run" in result.invalid
    assert len(result.parts) == 1


class _Stub(Process):
    """A process that is none: says what it is told to, and then is gone."""

    def __init__(self, *reports: Report) -> None:
        self._reports = [*reports]
        self.told: list[Order] = []

    def tell(self, order: Order) -> None:
        self.told.append(order)

    async def hear(self) -> Report | None:
        return self._reports.pop(0) if self._reports else None


async def _with_issuers(worker: _Stub, bank: _Stub) -> Result:
    issuers = {"listen": ["127.0.0.1:1"]}
    plan = Plan(scenario=job(1, issuers=issuers).scenario, target="127.0.0.1:1")
    return await Run(plan)._started([worker], bank)


async def test_issuers_that_end_during_the_run_are_told_and_its_figures_are_kept() -> None:
    recorder = Recorder(0, 0, None)
    record([recorder], 300)
    part = msgspec.json.decode(to_json(recorder.part()))
    worker = _Stub(Report(is_drained=True), Report(part=part))
    result = await _with_issuers(worker, _Stub())
    assert result.lost_workers == result.invalid == []
    assert result.whole.accounts.intended == 300
    assert [c.said for c in result.checks if not c.holds] == ["they ended during the run"]
    assert [order.path for order in worker.told if isinstance(order, BacksOrder)] == [""]


async def test_why_a_worker_was_lost_is_told_and_a_run_of_nothing_holds_nothing() -> None:
    result = await _with_issuers(_Stub(Report(error="disk full")), _Stub(Report(books=[])))
    assert result.lost_workers == ["worker 1 (disk full)"]
    assert result.invalid == ["worker 1 (disk full) was lost during the run"]
    assert [c.said for c in result.checks if not c.holds] == ["nothing was intended"]


async def test_a_run_that_cannot_begin_says_why() -> None:
    scenario = understood(msgspec.to_builtins(job(1).scenario))
    with pytest.raises(LoadError, match="cannot connect"):
        await Run(Plan(scenario=scenario, target="127.0.0.1:1")).run()
    taken = msgspec.structs.replace(
        scenario, issuers=msgspec.structs.replace(scenario.issuers, listen=("192.0.2.1:1",))
    )
    with pytest.raises(LoadError, match="the issuers"):
        await Run(Plan(scenario=taken, target="127.0.0.1:1")).run()


def test_the_machine_is_described() -> None:
    found = machine()
    assert found.cores >= 1
    assert found.python.startswith("3.")
