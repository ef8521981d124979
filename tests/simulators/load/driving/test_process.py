"""A worker as a process: orders in, reports out, and an error where it cannot begin."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path
from time import perf_counter_ns

import msgspec

from simulators.load.driving.process import (
    BanksOrder,
    BooksOrder,
    DriveOrder,
    Order,
    Orders,
    Report,
    StartOrder,
    StopOrder,
    WaitOrder,
    Worker,
)
from tests.simulators.load.hosting import hosted, job

_SCENARIO = job(1, issuers={"listen": ["127.0.0.1:0"]}).scenario


def _reports(*orders: Order) -> list[Report]:
    done = subprocess.run(
        (sys.executable, "-m", "simulators.load.driving.process"),
        input=b"".join(msgspec.json.encode(order) + b"\n" for order in orders),
        capture_output=True,
        timeout=60,
        check=True,
    )
    assert done.stderr == b""
    return [msgspec.json.decode(line, type=Report) for line in done.stdout.splitlines()]


def test_issuers_report_their_ports_and_their_books(tmp_path: Path) -> None:
    backs = tmp_path / "backs.json"
    opened, books = _reports(
        BanksOrder(_SCENARIO, str(tmp_path)), BooksOrder(str(backs)), StopOrder()
    )
    assert opened.ready
    assert opened.ready[0][0] > 0
    assert books.books
    assert books.books[0].balances
    assert backs.read_bytes() == b"{}"


def test_what_cannot_begin_says_why(tmp_path: Path) -> None:
    (refused,) = _reports(DriveOrder(job(1)))
    assert refused.error == "10 terminals cannot connect to 127.0.0.1:1"
    _, alone = _reports(BanksOrder(_SCENARIO, str(tmp_path)), WaitOrder(0.05))
    assert "nobody has signed on" in alone.error


async def test_a_worker_whose_master_is_gone_ends_its_load() -> None:
    async with hosted() as served:
        orders = Orders()
        working = asyncio.create_task(Worker(orders).run())
        for order in (DriveOrder(job(served.port, seconds=600.0)), StartOrder(perf_counter_ns())):
            orders.feed_data(msgspec.json.encode(order) + b"\n")
        async with asyncio.timeout(30):
            while served.host.answers._rrn < 3:  # noqa: ASYNC110 - a poll
                await asyncio.sleep(0.02)
            orders.feed_eof()
            await working
        await asyncio.sleep(0.05)
        before = served.host.answers._rrn
        await asyncio.sleep(0.2)
        assert served.host.answers._rrn == before
