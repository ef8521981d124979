"""The processes of the demo (switch/cli): started, asked, killed, ended; none outlives its use.

Each is the ordinary `jinbao` command of its kind, on a free port of the loopback interface.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from simulators.installation import terminal_id
from switch.cli.demo.city import LOG, POINTS

PATIENCE_S: Final = 90.0
"""What a process may take for what it does at once on an idle machine."""
_LOOK_S: Final = 0.02
_LAST_LINES: Final = 3
_ADDRESS: Final = 2
"""The word of a network's first line that says where it listens."""


class DemoError(Exception):
    """A process did not do what it was started for; one sentence says which and what."""


def wait_for(what: str, is_so: Callable[[], bool]) -> None:
    """Return when something is so; DemoError after the patience."""
    last = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > last:
            raise DemoError(f"waited {PATIENCE_S:.0f} s in vain: {what}")
        time.sleep(_LOOK_S)


class Child:
    """A `jinbao` command as a process; what it writes goes to a file."""

    def __init__(self, folder: Path, name: str, *arguments: str) -> None:
        """Start it."""
        self.name = name
        self._output = folder / f"{name}.out"
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - our own command
                [sys.executable, "-m", "switch", *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE if name.startswith("terminal") else output,
                stderr=output,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def said(self) -> str:
        """Return all that it has written."""
        return self._output.read_text(encoding="utf-8", errors="replace")

    def check(self) -> None:
        """Raise DemoError if it has ended."""
        if self._process.poll() is not None:
            told = " | ".join(self.said().splitlines()[-_LAST_LINES:])
            raise DemoError(f"{self.name} ended with status {self._process.returncode}: {told}")

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it in the middle of whatever it does: kill -9."""
        self._process.kill()
        self._process.wait()
        self._close()

    def wait(self) -> None:
        """Wait until it has done what it does; DemoError where it ends badly."""
        wait_for(f"{self.name} to be done", lambda: self._process.poll() is not None)
        self._close()
        if self._process.returncode:
            self.check()

    def end(self) -> None:
        """Have it end by itself; DemoError where it does not, or ends badly."""
        self._close()
        if self._process.poll() is None:
            self._process.terminate()
        try:
            status = self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.kill()
            raise DemoError(f"{self.name} did not end") from None
        if status not in {0, -signal.SIGTERM}:
            raise DemoError(f"{self.name} ended with status {status}")

    def _close(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()


class Bank(Child):
    """`jinbao issuer`; its books are asked for with a signal."""

    def __init__(self, folder: Path, number: int, *manners: str) -> None:
        """Start bank `number`; `manners` are further options."""
        name = f"bank-{number + 1}"
        self.books = folder / f"{name}.json"
        super().__init__(
            folder, name, "issuer", "--number", str(number), "--books", str(self.books), *manners
        )

    def port(self) -> int:
        """Wait until it listens; return its port."""
        wait_for(f"{self.name} to listen", self._listens)
        return int(self.said().split()[-1].rpartition(":")[2])

    def _listens(self) -> bool:
        self.check()
        return "listening on" in self.said() and self.said().endswith("\n")

    def has_debited(self, amount_fen: int) -> bool:
        """Have the books written, and tell whether those that are there have such a debit.

        A bank that is told to overcharge takes a fen more.
        """
        self.signal(signal.SIGUSR1)
        try:
            movements = json.loads(self.books.read_bytes())["movements"]
        except (FileNotFoundError, ValueError):
            return False  # not there yet, or half written
        return any(-each["amount_fen"] - amount_fen in (0, 1) for each in movements)


class ServiceHost(Child):
    """`jinbao social-host` or `jinbao product-host`."""

    def __init__(self, folder: Path, verb: str) -> None:
        """Start it."""
        super().__init__(folder, verb, verb)

    def port(self) -> int:
        """Wait until it listens; return its port."""
        wait_for(f"the {self.name} to listen", self._listens)
        return int(self.said().split()[-1].rpartition(":")[2])

    def _listens(self) -> bool:
        self.check()
        return "listening on" in self.said() and self.said().endswith("\n")


class Network(Child):
    """`jinbao network` in front of a bank; its line can be cut, and made whole again."""

    def __init__(self, folder: Path, to: int) -> None:
        """Start it before the port `to`."""
        leads = ("--profile", "jinbao-city", "--to", f"127.0.0.1:{to}")
        super().__init__(folder, "network", "network", *leads)

    def port(self) -> int:
        """Wait until it listens; return its port."""
        wait_for("the network to listen", self._listens)
        return int(self.said().split()[_ADDRESS].rstrip(",").rpartition(":")[2])

    def _listens(self) -> bool:
        self.check()
        return "listening on" in self.said() and self.said().endswith("\n")

    def cut(self) -> None:
        """Lose every connection; take none."""
        self.signal(signal.SIGUSR1)

    def restore(self) -> None:
        """Take connections again."""
        self.signal(signal.SIGUSR2)


class Switch(Child):
    """`jinbao serve` and its log; a new one goes on with the log of the one before."""

    def __init__(
        self, folder: Path, city: Path, business_date: str, record: tuple[str, ...] = ()
    ) -> None:
        """Start it on the folder of its installation; `record` are options of `serve`."""
        self._ports = folder / "ports"
        self._ports.unlink(missing_ok=True)
        self._log = city / LOG
        self._begins_at = self._log.stat().st_size if self._log.exists() else 0
        arguments = ("-c", str(city), "--port-file", str(self._ports))
        dated = ("--business-date", business_date, *record)
        super().__init__(folder, "switch", "serve", *arguments, *dated)

    def addresses(self, links: int) -> list[str]:
        """Wait until `links` links are signed on; return HOST:PORT of 金保专网 and bank links."""
        wait_for("the switch to listen and to sign on to its banks", lambda: self._is_up(links))
        return [f"127.0.0.1:{port}" for port in self._ports.read_text(encoding="ascii").split()]

    def has_lost(self, link: str) -> bool:
        """Tell whether it has noticed that a link is down."""
        self.check()
        return any(line["event"] == "link_down" and line["link"] == link for line in self.log())

    def _is_up(self, links: int) -> bool:
        self.check()
        ready = [line for line in self.log() if line["event"] == "link_ready"]
        return self._ports.exists() and len(ready) >= links

    def log(self) -> list[dict[str, Any]]:
        """Return its whole log lines so far."""
        if not self._log.exists():
            return []
        with self._log.open("rb") as stream:
            stream.seek(self._begins_at)
            return [json.loads(line) for line in stream if line.endswith(b"\n")]


class Terminal(Child):
    """`jinbao terminal work`; it answers every job with one line."""

    def __init__(self, folder: Path, number: int, *manners: str) -> None:
        """Start terminal `number` of the city; `manners` are further options."""
        name = f"terminal-{number + 1}"
        self.books = folder / f"{name}.json"
        own = ("--terminal", terminal_id(number), "--merchant", POINTS[number].merchant)
        arguments = ("work", "--books", str(self.books), *own, *manners)
        super().__init__(folder, name, "terminal", *arguments)
        self._rest = b""

    def do(self, **order: object) -> list[dict[str, Any]]:
        """Do a job and return how it ended, and what it needed."""
        self.begin(**order)
        return self.results()

    def begin(self, **order: object) -> None:
        """Hand a job over without waiting for its end."""
        self.check()
        stream = self._process.stdin
        if stream is None:
            raise DemoError("the terminal takes no jobs")
        stream.write(json.dumps(order).encode() + b"\n")
        stream.flush()

    def results(self) -> list[dict[str, Any]]:
        """Wait for the end of the job that was begun."""
        answer = json.loads(self._line())
        if "error" in answer:
            raise DemoError(f"the terminal could not: {answer['error']}")
        found: list[dict[str, Any]] = answer["results"]
        return found

    def _line(self) -> bytes:
        stream, last = self._process.stdout, time.monotonic() + PATIENCE_S
        while b"\n" not in self._rest:
            if (
                stream is None
                or not select.select([stream], [], [], max(0, last - time.monotonic()))[0]
            ):
                raise DemoError("the terminal does not answer")
            chunk = os.read(stream.fileno(), 1 << 16)
            if not chunk:
                self.check()
                raise DemoError("the terminal ended")
            self._rest += chunk
        line, _, self._rest = self._rest.partition(b"\n")
        return line
