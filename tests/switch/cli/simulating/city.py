"""A city for tests: an issuer and a switch as processes of their own, on free loopback ports."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.switch.cli.running import ROOT, Outcome, run
from tests.switch.config import folders

_WAIT_S: Final = 20


class Process:
    """A running verb: its ready line, and its end."""

    def __init__(self, process: subprocess.Popen[str], ready: dict[str, Any]) -> None:
        """Hold what was started."""
        self.process = process
        self.ready = ready

    def end(self, with_signal: signal.Signals = signal.SIGTERM) -> tuple[int, str]:
        """Send a signal; return the status and what was written to standard error."""
        self.process.send_signal(with_signal)
        _, err = self.process.communicate(timeout=_WAIT_S)
        return self.process.returncode, err


@contextmanager
def running(*arguments: str) -> Iterator[Process]:
    """Run a verb that prints a ready line as JSON."""
    with subprocess.Popen(
        [sys.executable, "-m", "switch", *arguments, "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line, process.communicate(timeout=_WAIT_S)[1]
            yield Process(process, json.loads(line))
        finally:
            if process.poll() is None:
                process.kill()
                process.communicate(timeout=_WAIT_S)


class City:
    """A folder, its issuer and its switch."""

    def __init__(self, folder: Path, issuer: Process, switch: Process) -> None:
        """Hold what runs."""
        self.folder = folder
        self.issuer = issuer
        self.switch = switch

    def terminal(self, verb: str, *arguments: str) -> Outcome:
        """Be a terminal of this city."""
        return run("terminal", verb, self.switch.ready["terminals"][0], *arguments)

    def ask(self, *arguments: str) -> Any:  # noqa: ANN401 - JSON
        """Return what a verb about this city prints as JSON."""
        outcome = run(*arguments, "-c", str(self.folder), "--json")
        assert outcome.status == 0, outcome.err
        return [json.loads(line) for line in outcome.out.splitlines()]

    def until_ready(self) -> None:
        """Wait until the link is signed on."""
        last = time.monotonic() + _WAIT_S
        while self.terminal("balance").status:
            assert time.monotonic() < last, "the link never signed on"
            time.sleep(0.05)

    def transaction(self, rrn: str) -> dict[str, Any]:
        """Return a transaction once the books have it: the tables follow the log."""
        last = time.monotonic() + _WAIT_S
        while not (found := [row for row in self.ask("txn", "list") if row["rrn"] == rrn]):
            assert time.monotonic() < last, f"no transaction {rrn}"
            time.sleep(0.05)
        row: dict[str, Any] = found[0]
        return row


@contextmanager
def city(folder: Path, *of_issuer: str, timers: str = "") -> Iterator[City]:
    """Make a folder with `jinbao init`, and run an issuer and a switch in it."""
    assert run("init", str(folder)).status == 0
    if timers:
        folders.change(folder, "jinbao", "[timers] # milliseconds", f"[timers]\n{timers}")
    for port in (8583, 8584):
        folders.change(folder, "jinbao", f"127.0.0.1:{port}", "127.0.0.1:0")
    # Nobody listens on port 1: what else runs on this machine is no bank of these tests.
    for port in (9583, 9585, 9586, 9587):
        folders.change(folder, "banks", f"127.0.0.1:{port}", "127.0.0.1:1")
    with running("issuer", *of_issuer) as issuer:
        folders.change(folder, "banks", "127.0.0.1:9584", issuer.ready["issuer"])
        with running("serve", "-c", str(folder)) as switch:
            yield City(folder, issuer, switch)
