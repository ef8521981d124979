"""A switch that is a member: off us through the centre's node, on us to the bank's own host."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from switch.config.installation import load
from switch.core.rules import Rule
from tests.switch.cli.running import ROOT, run
from tests.switch.config import folders

_DATED = ("--business-date", "2014-06-18T23:10")
_READY_S = 60


class _Processes:
    """Processes of the command, each with the first line that it said."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack

    def start(self, *arguments: str) -> str:
        process = subprocess.Popen(
            [sys.executable, "-m", "switch", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
        )
        self._stack.callback(process.communicate, timeout=_READY_S)
        self._stack.callback(process.send_signal, signal.SIGKILL)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, arguments
        return line

    def port(self, *arguments: str) -> int:
        return int(self.start(*arguments).split()[2].rstrip(",").rpartition(":")[2])


def _member(folder: Path, centre: int, own: int) -> None:
    """Make a folder whose link `outside` leads to the centre, and `first` to the own bank."""
    assert run("init", str(folder)).status == 0
    folders.change(folder, "banks", "127.0.0.1:9587", f"127.0.0.1:{centre}")
    folders.change(folder, "banks", "127.0.0.1:9586", f"127.0.0.1:{own}")
    folders.change(folder, "banks", 'peer_id = "99910002"', 'peer_id = "00010000"')
    folders.change(folder, "banks", 'profile = "direct"', 'profile = "member"')
    folders.change(folder, "banks", '# links = ["centre"]', 'links = ["outside"]')
    folders.away(folder)


def test_off_us_goes_through_the_centre_and_its_day_counts_for_all(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "city"
    with ExitStack() as stack:
        processes = _Processes(stack)
        other = processes.port("issuer", "--number", "0")
        own = processes.port("issuer", "--number", "1")
        centre = processes.port("centre", "--bank", f"0=127.0.0.1:{other}", *_DATED)
        _member(folder, centre, own)
        log = folder / "switch.json"
        folders.change(folder, "jinbao", 'log = ""', 'log = "switch.json"')
        told = json.loads(processes.start("serve", "-c", str(folder), "--json", *_DATED))
        _wait(lambda: log.read_text("utf-8").count('"link_ready"') == 2)
        # The centre begins the next day at 23:00, and tells a switch that signs on after that.
        _wait(lambda: '"cut_over"' in log.read_text("utf-8"))
        at = told["terminals"][1]
        assert run("terminal", "signon", at).status == 0
        for card in ("0", "1000"):
            outcome = run("terminal", "withdraw", at, "--card", card, "--json")
            assert outcome.status == 0, outcome.out + outcome.err
        rows = _rows(folder)
    assert [row["route"]["link"] for row in rows] == ["outside", "first-jinbao"]
    assert [row["answer"]["settlement_date"] for row in rows] == ["0619"] * 2
    assert [row["clearing_day"] for row in rows] == [20140619] * 2
    numbers = [{rule["number"] for rule in row["rules"]} for row in rows]
    assert Rule.ROUTE_MEMBER in numbers[0]
    assert Rule.ROUTE_ON_US in numbers[1]
    assert load(folder).configuration.centre == ("outside",)


def _wait(is_so: Callable[[], bool]) -> None:
    last = time.monotonic() + _READY_S
    while not is_so():
        assert time.monotonic() < last
        time.sleep(0.05)


def _rows(folder: Path) -> list[dict[str, Any]]:
    """Return both transactions as `txn show` has them, the first first."""

    def listed() -> list[dict[str, Any]]:
        out = run("txn", "list", "-c", str(folder), "--json").out
        return [json.loads(line) for line in out.splitlines()]

    _wait(lambda: [row["state"] for row in listed()] == ["APPROVED"] * 2)
    return [
        json.loads(run("txn", "show", row["rrn"], "-c", str(folder), "--json").out)
        for row in reversed(listed())
    ]
