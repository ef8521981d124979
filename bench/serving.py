"""`jinbao serve` as a process of its own (bench): started, measured from outside, ended or killed.

CPU time is what the scheduler counts for its threads, in nanoseconds (Linux).
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from bench.folder import LOG

READY_S: Final = 30.0
"""What a switch may take until terminals can connect."""
END_S: Final = 20.0
"""What a process may take to end."""
_LOOK_S: Final = 0.005
_PORTS: Final = "ports"


class Spent(msgspec.Struct, frozen=True):
    """CPU time of a process and wall time, in nanoseconds, between two readings."""

    cpu_ns: int
    wall_ns: int

    @property
    def busy(self) -> float:
        """The share of one core."""
        return self.cpu_ns / self.wall_ns


async def until(is_true: Callable[[], bool], seconds: float) -> None:
    """Return when something has become true, or when the seconds are over: whoever asks looks."""
    last = time.monotonic() + seconds
    while not is_true() and time.monotonic() < last:  # noqa: ASYNC110 - another process's doing
        await asyncio.sleep(_LOOK_S)


class Watched:
    """A process of ours, pinned to one core where one is named."""

    def __init__(self, arguments: list[str], output: Path, core: int | None = None) -> None:
        """Start it; what it prints goes to the end of `output`."""
        allowed = os.sched_getaffinity(0)
        if core is not None:
            # Inherited by the process and by every thread that it starts.
            os.sched_setaffinity(0, {core})
        try:
            with output.open("ab") as stream:
                self._process = subprocess.Popen(  # noqa: S603 - our own modules
                    [sys.executable, *arguments], stdout=stream, stderr=stream
                )
        finally:
            os.sched_setaffinity(0, allowed)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """Its exit status, None while it runs."""
        return self._process.poll()

    def cpu_ns(self) -> int:
        """Return the time that its threads have had on a core so far."""
        tasks = Path(f"/proc/{self.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks)

    def main_cpu_ns(self) -> int:
        """Return the time that its main thread alone has had."""
        return int(Path(f"/proc/{self.pid}/task/{self.pid}/schedstat").read_text().split()[0])

    def main_queued_ns(self) -> int:
        """Return for how long its main thread could have run, and others had the core."""
        return int(Path(f"/proc/{self.pid}/task/{self.pid}/schedstat").read_text().split()[1])

    def rss_bytes(self) -> int:
        """Return its resident memory."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def kill(self) -> None:
        """End it in the middle of whatever it does."""
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(END_S)

    def end(self) -> int:
        """Ask it to end, and return its exit status; a process that does not is killed."""
        self._process.terminate()
        try:
            return self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


class Meter:
    """Reads the CPU time of a process over a stretch of time."""

    def __init__(self, process: Watched) -> None:
        """Begin now."""
        self._process = process
        self._cpu_ns = process.cpu_ns()
        self._since_ns = time.perf_counter_ns()

    def spent(self) -> Spent:
        """Return what was spent since the beginning."""
        wall_ns = time.perf_counter_ns() - self._since_ns
        return Spent(self._process.cpu_ns() - self._cpu_ns, wall_ns)


class Switch(Watched):
    """`jinbao serve` on a folder of `bench.folder`."""

    def __init__(self, folder: Path, core: int | None = None, more: Sequence[str] = ()) -> None:
        """Start it, with more options; `port` waits until it is ready."""
        self._folder = folder
        self._ports = folder / _PORTS
        self._ports.unlink(missing_ok=True)
        arguments = ["-m", "switch", "serve", "-c", str(folder), "--port-file", str(self._ports)]
        super().__init__([*arguments, *more], folder / "output.log", core)

    @property
    def is_ready(self) -> bool:
        """Whether terminals can connect."""
        return self._ports.exists()

    def port(self) -> int:
        """Wait until terminals can connect; return the port. RuntimeError where it ends first."""
        last = time.monotonic() + READY_S
        while not self._ports.exists():
            if self.status is not None or time.monotonic() > last:
                raise RuntimeError(f"the switch did not start: {self.last_words()}")
            time.sleep(_LOOK_S)
        return int(self._ports.read_text(encoding="ascii").split()[0])

    def last_words(self) -> str:
        """Return the last lines of its output and its log."""
        files = (self._folder / "output.log", self._folder / LOG)
        lines = [line for file in files if file.exists() for line in _last_lines(file)]
        return "\n".join(lines)


def _last_lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8", errors="replace").splitlines()[-5:]
