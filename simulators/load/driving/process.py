"""A worker as a process of its own (simulators/load): jobs in by standard input, reports out.

`python -m simulators.load.driving.process`: one JSON order a line, one JSON report a line. Whoever
shows figures to a person is another process, because drawing would disturb what is measured.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import msgspec

from simulators import live
from simulators.load.driving.banks import Banks, Book
from simulators.load.driving.part import Driver, Job, LoadError, Progress
from simulators.load.measuring.results import Part, to_json
from simulators.load.scenario.fleet import FleetError
from simulators.load.scenario.model import Scenario


class DriveOrder(msgspec.Struct, frozen=True, tag="drive"):
    """Make a part ready; start when told."""

    job: Job


class BanksOrder(msgspec.Struct, frozen=True, tag="banks"):
    """Be the issuers."""

    scenario: Scenario
    folder: str


class StartOrder(msgspec.Struct, frozen=True, tag="start"):
    """Start at this moment of the machine's monotonic clock."""

    start_ns: int


class WaitOrder(msgspec.Struct, frozen=True, tag="wait"):
    """Report when the system under test is connected to every issuer."""

    limit_s: float


class BacksOrder(msgspec.Struct, frozen=True, tag="backs"):
    """Take how long the issuers took from a file, if they told; the last order of a part."""

    path: str


class BooksOrder(msgspec.Struct, frozen=True, tag="books"):
    """Write how long each request took to a file, and report the books."""

    path: str


class StopOrder(msgspec.Struct, frozen=True, tag="stop"):
    """End."""


Order = DriveOrder | BanksOrder | StartOrder | WaitOrder | BacksOrder | BooksOrder | StopOrder


class Report(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One line from a worker: exactly one of these."""

    ready: list[list[int]] | None = None
    error: str = ""
    progress: Progress | None = None
    is_drained: bool = False
    part: Any = None
    books: list[Book] | None = None


def _say(report: Report) -> None:
    try:
        sys.stdout.buffer.write(msgspec.json.encode(report) + b"\n")
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # Nobody listens any more; what is left would complain again when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Orders(asyncio.StreamReader):
    """The stream of orders; it tells at once when whoever gave them is gone."""

    def __init__(self) -> None:
        """Begin in a running loop."""
        super().__init__(limit=1 << 26)
        self.are_over = asyncio.Event()

    def feed_eof(self) -> None:
        """Take the end of the stream."""
        super().feed_eof()
        self.are_over.set()


class Worker:
    """Carries orders out in a running loop."""

    def __init__(self, orders: Orders) -> None:
        """Read orders from a stream."""
        self._orders = orders

    async def next(self) -> Order | None:
        """Return the next order, None when whoever gave them is gone."""
        line = await self._orders.readline()
        return msgspec.json.decode(line, type=Order) if line else None

    async def run(self) -> None:
        """Do what the first order says."""
        order = await self.next()
        try:
            if isinstance(order, DriveOrder):
                await self._drive(order.job)
            elif isinstance(order, BanksOrder):
                await self._banks(order)
        except (LoadError, FleetError, OSError) as error:
            _say(Report(error=str(error) or type(error).__name__))

    async def _drive(self, job: Job) -> None:
        driver = Driver(job, lambda progress: _say(Report(progress=progress)))
        await driver.prepare()
        _say(Report(ready=[]))
        order = await self.next()
        if not isinstance(order, StartOrder):
            return
        part = await self._driven(driver, order.start_ns)
        if part is None:
            return
        if job.keeps_backs:
            _say(Report(is_drained=True))
            order = await self.next()
            if isinstance(order, BacksOrder):
                backs = _read_backs(Path(order.path)) if order.path else {}
                driver.add_backs(part, backs)
        _say(Report(part=msgspec.Raw(to_json(part))))

    async def _driven(self, driver: Driver, start_ns: int) -> Part | None:
        """Drive; None where whoever asked for it is gone: nobody would stop the load."""
        driving = asyncio.create_task(driver.drive(start_ns))
        gone = asyncio.create_task(self._orders.are_over.wait())
        await asyncio.wait({driving, gone}, return_when=asyncio.FIRST_COMPLETED)
        gone.cancel()
        if driving.done():
            return await driving
        driving.cancel()
        driver.abandon()
        return None

    async def _banks(self, order: BanksOrder) -> None:
        banks = Banks(order.scenario, Path(order.folder))
        _say(Report(ready=await banks.open()))
        while True:
            told = await self.next()
            if isinstance(told, StartOrder):
                banks.start(told.start_ns)
            elif isinstance(told, WaitOrder):
                await banks.connected(told.limit_s)
                _say(Report(ready=[]))
            elif isinstance(told, BooksOrder):
                _write_backs(Path(told.path), banks.backs())
                _say(Report(books=banks.books()))
            else:
                banks.close()
                return


def _read_backs(path: Path) -> dict[str, int]:
    return msgspec.json.decode(path.read_bytes(), type=dict[str, int])


def _write_backs(path: Path, backs: dict[str, int]) -> None:
    path.write_bytes(msgspec.json.encode(backs))


async def main() -> None:
    """Carry out orders from standard input."""
    orders = Orders()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    await Worker(orders).run()


if __name__ == "__main__":
    live.run(main())
