"""Workers are started, started again when they crash, and drained together."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence

import pytest

from switch.shell.sharing import supervisor as module
from switch.shell.sharing.supervisor import Addresses, Supervisor

# A worker in a few lines: it listens where it is told, says that it is ready, drains or crashes.
WORKER = """
import os, signal, socket, sys, threading
number, port, how = sys.argv[1], int(sys.argv[2]), sys.argv[3]
if how == "usage": sys.exit(2)
s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
s.bind(("127.0.0.1", port)); s.listen()
signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
print("ready", flush=True)
if how == "crash" and number == "1": os._exit(70)
sys.stdin.read(); os._exit(0)
"""


class _Told:
    """Workers of one kind, and what was told of them."""

    def __init__(self, how: str = "", workers: int = 2) -> None:
        self.how = how
        self.events: list[tuple[str, dict[str, object]]] = []
        self.ready: list[list[tuple[str, int]]] = []
        self.supervisor = Supervisor(
            self._command,
            workers,
            Addresses((("127.0.0.1", 0, "listen.bank"),)),
            lambda event, facts: self.events.append((event, facts)),
        )

    def _command(self, number: int, ports: Sequence[int]) -> tuple[list[str], Mapping[str, str]]:
        words = [str(number), str(ports[0]), self.how]
        return [sys.executable, "-c", WORKER, *words], os.environ

    def names(self) -> list[str]:
        return [event for event, _ in self.events]

    async def until(self, is_so: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not is_so():  # noqa: ASYNC110 - another process's doing
                await asyncio.sleep(0.01)


@pytest.fixture(autouse=True)
async def _quick(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    monkeypatch.setattr(module, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(module, "LONGEST_WAIT_S", 0.05)
    yield
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.remove_signal_handler(number)


async def test_all_share_a_port_and_drain_at_one_signal() -> None:
    told = _Told()
    running = asyncio.create_task(told.supervisor.run(told.ready.append))
    await told.until(lambda: bool(told.ready))
    ((host, port),) = told.ready[0]
    with socket.create_connection((host, port), timeout=5):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    assert await running == 0
    assert told.names() == ["worker_ready"] * 2 + ["worker_drained"] * 2
    assert all(worker.shown()["pid"] is None for worker in told.supervisor.workers)


async def test_one_that_crashes_is_started_again_and_later_each_time() -> None:
    told = _Told("crash")
    running = asyncio.create_task(told.supervisor.run(told.ready.append))
    await told.until(lambda: told.names().count("worker_crashed") >= 4)
    told.supervisor.end()
    await running
    waits = [facts["again_in_s"] for event, facts in told.events if event == "worker_crashed"]
    assert waits[:4] == [0.01, 0.02, 0.04, 0.05]
    crashed, other = told.supervisor.workers
    assert (crashed.starts >= 4, other.starts) == (True, 1)
    assert len(told.ready) <= 1


async def test_one_that_is_killed_comes_back() -> None:
    told = _Told()
    running = asyncio.create_task(told.supervisor.run(told.ready.append))
    await told.until(lambda: bool(told.ready))
    pid = told.supervisor.workers[0].shown()["pid"]
    os.kill(int(str(pid)), signal.SIGKILL)
    await told.until(lambda: told.names().count("worker_ready") == 3)
    assert told.supervisor.workers[0].shown()["pid"] != pid
    told.supervisor.end()
    assert await running == 0


async def test_a_configuration_that_is_wrong_ends_everything() -> None:
    told = _Told("usage")
    assert await told.supervisor.run(told.ready.append) == module.USAGE
    assert told.names()[0] == "worker_cannot_start"
    assert told.ready == []


async def test_a_port_that_is_taken_is_told_before_anybody_starts() -> None:
    told = _Told()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        told.supervisor._addresses = Addresses((("127.0.0.1", port, "listen.bank"),))
        with pytest.raises(OSError, match="in use"):
            await told.supervisor.run(told.ready.append)
    assert told.supervisor.workers[0].starts == 0
