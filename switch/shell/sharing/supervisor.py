"""Watches over the processes that share one ledger (switch/shell/sharing).

Each listens at the same addresses (SO_REUSEPORT); the supervisor only keeps the ports, starts what
crashed again, later each time, and passes on the signal to drain. A worker that loses its
supervisor drains: it reads the end of its standard input.
"""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

import msgspec

from switch.shell.terminals import bound

USAGE: Final = 2
"""A worker that ends with this status will not get better by being started again."""
FIRST_WAIT_S: Final = 0.2
LONGEST_WAIT_S: Final = 10.0
"""The bounds of the time before a crashed worker is started again; it doubles."""
STEADY_S: Final = 30.0
"""A worker that was up so long had a good start."""

Command = Callable[[int, Sequence[int]], tuple[list[str], Mapping[str, str]]]
"""Returns what starts worker `number` on these ports: a command, and its environment."""
Tell = Callable[[str, dict[str, object]], None]
Ready = Callable[[list[tuple[str, int]]], None]


class Worker:
    """One of the processes, over all of its lives."""

    __slots__ = ("ended", "is_ready", "number", "process", "since_s", "starts", "status", "wait_s")

    def __init__(self, number: int) -> None:
        """Begin not started; numbers count from 1."""
        self.number = number
        self.process: subprocess.Popen[bytes] | None = None
        self.is_ready = False
        self.ended = False
        """Whether it is not started again."""
        self.starts = 0
        self.since_s = 0.0
        self.status = 0
        self.wait_s = FIRST_WAIT_S

    def shown(self) -> dict[str, Any]:
        """Return what is known of it."""
        pid = self.process.pid if self.process is not None and not self.ended else None
        return {
            "worker": self.number,
            "pid": pid,
            "ready": self.is_ready,
            "starts": self.starts,
            "last_status": self.status,
        }


class Addresses(msgspec.Struct, frozen=True):
    """Each place where terminals connect: host, port (0: any) and key in jinbao.toml."""

    listen: tuple[tuple[str, int, str], ...]

    def reserve(self) -> list[socket.socket]:
        """Return sockets that keep the ports and take no connections. OSError if one is taken."""
        return [bound(*address, is_shared=True) for address in self.listen]


class Supervisor:
    """Runs workers until they have drained; `ready` is told the ports once all are up."""

    def __init__(self, command: Command, workers: int, addresses: Addresses, tell: Tell) -> None:
        """Start later, with `run`."""
        self.workers = [Worker(number) for number in range(1, workers + 1)]
        self._command = command
        self._addresses = addresses
        self._tell = tell
        self._ending = asyncio.Event()
        self._threads = ThreadPoolExecutor(workers, "worker")
        self._ready: Ready = _nobody
        self._where: list[tuple[str, int]] = []

    async def run(self, ready: Ready) -> int:
        """Supervise; return the highest status that a worker ended with for good."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.end)
        kept = self._addresses.reserve()
        try:
            ports = [int(each.getsockname()[1]) for each in kept]
            hosts = [host for host, _, _ in self._addresses.listen]
            self._where = list(zip(hosts, ports, strict=True))
            self._ready = ready
            await asyncio.gather(*(self._keep(worker, ports) for worker in self.workers))
        finally:
            for each in kept:
                each.close()
            self._threads.shutdown()
        return max(worker.status for worker in self.workers)

    def end(self) -> None:
        """Have every worker drain; called again, end at once."""
        self._ending.set()
        for worker in self.workers:
            if worker.process is not None and worker.process.poll() is None:
                worker.process.send_signal(signal.SIGTERM)

    async def _keep(self, worker: Worker, ports: Sequence[int]) -> None:
        """Start a worker again and again, until it has drained or cannot start."""
        loop = asyncio.get_running_loop()
        while not self._ending.is_set():
            worker.since_s = loop.time()
            worker.status = await loop.run_in_executor(
                self._threads,
                self._live,
                worker,
                ports,
                loop,
            )
            facts: dict[str, object] = {"worker": worker.number, "status": worker.status}
            was_ready, worker.is_ready = worker.is_ready, False
            if worker.status == 0 or self._ending.is_set():
                self._tell("worker_drained", facts)
                break
            if worker.status == USAGE and not was_ready:
                self._tell("worker_cannot_start", facts)
                self.end()
                break
            if loop.time() - worker.since_s >= STEADY_S:
                worker.wait_s = FIRST_WAIT_S
            self._tell("worker_crashed", {**facts, "again_in_s": worker.wait_s})
            try:
                async with asyncio.timeout(worker.wait_s):
                    await self._ending.wait()
            except TimeoutError:
                worker.wait_s = min(2 * worker.wait_s, LONGEST_WAIT_S)
        worker.ended = True

    def _live(self, worker: Worker, ports: Sequence[int], loop: asyncio.AbstractEventLoop) -> int:
        """Run a worker from start to end, in a thread of its own; return its status."""
        command, environment = self._command(worker.number, ports)
        with subprocess.Popen(  # noqa: S603 - our own program
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # A signal from the keyboard goes to us alone, and from us to them.
            start_new_session=True,
        ) as process:
            worker.process = process
            worker.starts += 1
            if self._ending.is_set():
                process.send_signal(signal.SIGTERM)
            if process.stdout is not None and process.stdout.readline():
                loop.call_soon_threadsafe(self._up, worker)
                process.stdout.read()
            return process.wait()

    def _up(self, worker: Worker) -> None:
        worker.is_ready = True
        self._tell("worker_ready", {"worker": worker.number, "pid": worker.shown()["pid"]})
        if all(each.is_ready for each in self.workers):
            ready, self._ready = self._ready, _nobody
            ready(self._where)


def _nobody(_addresses: list[tuple[str, int]]) -> None:
    """Tell nobody: they know."""
