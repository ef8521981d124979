"""`jinbao replay`: a day recorded by a switch, sent to a fresh one, and compared."""

from __future__ import annotations

import io
import json
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from typing import Final

import pytest

from simulators.replay.capture.export import Exporter
from simulators.replay.trace.reading import Trace
from switch.cli.demo import city
from switch.cli.demo.processes import Bank, Child, Switch, Terminal, wait_for
from tests.simulators.replay.days import KEY, day, forms, written
from tests.switch.cli.running import run

_RULES: Final = 'format = 1\n[cards]\nfictional = "0-3,1000-1003,2000-2003"\n'
_JOBS: Final = (
    {"do": "withdrawal", "yuan": 500},
    {"do": "withdrawal", "yuan": 500, "wrong_pin": True},
    {"do": "withdrawal", "yuan": 1_600},
    {"do": "withdrawal", "yuan": 300, "card": 1_000},
    {"do": "withdrawal", "yuan": 100, "card": city.OTHER_CARD},
    {"do": "withdrawal", "yuan": 100, "card": 1, "is_tampered": True},
    {"do": "balance", "card": 2},
)
_CANARIES: Final = ("6219991234567890120", "123456")
"""The PAN of the first fictional card; its PIN is only looked for where it could stand alone."""


class _Mock(Child):
    """`jinbao replay issuer`."""

    def __init__(self, folder: Path, trace: str, number: int) -> None:
        link = f"bank-{number + 1}"
        super().__init__(
            folder, link, "replay", "issuer", trace, "--link", link, "--number", str(number),
            "--rules", str(folder.parent / "rules.toml"),
            "--record-key", str(folder.parent / "recording.key"), "--at-once", "--chip", "verify",
        )  # fmt: skip

    def port(self) -> int:
        """Wait until it listens; return its port."""
        wait_for(f"{self.name} to listen", lambda: "listening on" in self.said())
        return int(self.said().split("listening on ")[1].split()[0].rpartition(":")[2])


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Record a day: two banks, a switch and a terminal that does a few things."""
    desk = tmp_path_factory.mktemp("replay")
    (desk / "recording.key").write_text(KEY.hex())
    (desk / "rules.toml").write_text(_RULES)
    folder = desk / "recorded"
    folder.mkdir()
    options = ("--record", str(desk / "traces"), "--record-key", str(desk / "recording.key"))
    with ExitStack() as stack:
        banks = [Bank(folder, number, "--chip", "verify") for number in range(2)]
        for bank in banks:
            stack.callback(bank.kill)
        city.write(folder / "city", tuple(bank.port() for bank in banks))
        terminal = Terminal(folder, 0)
        stack.callback(terminal.kill)
        switch = Switch(folder, folder / "city", city.MORNING, options)
        stack.callback(switch.kill)
        terminal.do(do="connect", to=switch.addresses(2)[0])
        for job in _JOBS:
            terminal.do(**job)
        switch.end()
    return desk


@contextmanager
def _fresh(desk: Path, name: str, banks: int = 2) -> Iterator[str]:
    """Start a fresh switch with the recorded issuers behind it; yield its address."""
    folder = desk / name
    folder.mkdir()
    with ExitStack() as stack:
        mocks = [_Mock(folder, str(desk / "traces"), number) for number in range(banks)]
        for mock in mocks:
            stack.callback(mock.kill)
        ports = [mock.port() for mock in mocks] + [1] * (2 - banks)
        city.write(folder / "city", tuple(ports))
        switch = Switch(folder, folder / "city", city.MORNING)
        stack.callback(switch.kill)
        yield switch.addresses(banks)[0]


def _replayed(desk: Path, trace: str, target: str, *more: str) -> subprocess.CompletedProcess[str]:
    options = ("--rules", str(desk / "rules.toml"), "--record-key", str(desk / "recording.key"))
    return subprocess.run(
        [
            sys.executable, "-m", "switch", "replay", "run", trace, "--target", target, *options,
            "--pace", "fast", "--wait-s", "30", "--json", *more,
        ],
        capture_output=True, check=False, text=True, timeout=120,
    )  # fmt: skip


def test_a_recorded_day_is_answered_alike_by_a_fresh_switch(desk: Path) -> None:
    html, junit = desk / "r.html", desk / "r.xml"
    with _fresh(desk, "again") as target:
        files = ("--html", str(html), "--junit", str(junit))
        done = _replayed(desk, str(desk / "traces"), target, *files)
    told = json.loads(done.stdout)
    assert (done.returncode, told["differences"]) == (0, [])
    # Every job and the sign-on; what was refused for its PIN or MAC was refused again.
    assert told["equal"] == told["compared"] >= len(_JOBS) + 1
    assert "refused with 55" in done.stderr
    assert "refused with A0" in done.stderr
    for path in (html, junit, *(desk / "traces").iterdir()):
        content = path.read_bytes()
        assert not any(form in content for form in forms(_CANARIES[0]))


def test_the_same_through_a_capture_with_shuffled_and_doubled_segments(desk: Path) -> None:
    stream = io.BytesIO()
    Exporter(stream).write(Trace(str(desk / "traces")))
    pcap, back = desk / "day.pcap", desk / "back.jsonl"
    pcap.write_bytes(_mixed(stream.getvalue()))
    # A trace is stand-ins already, so the capture is read under a key of its own.
    done = run("trace", "import", str(pcap), "--into", str(back))
    assert done.status == 0
    both = [
        json.loads(run("trace", "stats", str(t), "--json").out) for t in (desk / "traces", back)
    ]
    for told in both[0]["kinds"], both[1]["kinds"]:
        for kind in told:
            del kind["latency"]
    assert both[0]["kinds"] == both[1]["kinds"]
    assert both[1]["unreadable"] == both[1]["with_notes"] == 0


def test_a_switch_without_its_issuers_does_not_answer_alike(desk: Path) -> None:
    with _fresh(desk, "alone", banks=1) as target:
        done = _replayed(desk, str(desk / "traces"), target)
    told = json.loads(done.stdout)
    assert done.returncode == 1
    assert any(each["field"] == "39" for each in told["differences"])


def _mixed(data: bytes) -> bytes:
    """Return a capture with packets doubled and neighbours exchanged."""
    chance, found, at = Random(11), [], 24  # noqa: S311 - no secret
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 8)[0]
        found += [data[at : at + 16 + size]] * (2 if chance.random() < 0.2 else 1)
        at += 16 + size
    for at in range(0, len(found) - 4, 4):
        window = found[at : at + 4]
        chance.shuffle(window)
        found[at : at + 4] = window
    return data[:24] + b"".join(found)


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--target", "nowhere"), "no HOST:PORT"),
        (("--target", "127.0.0.1:1", "--pace", "slow"), "--pace"),
        (("--target", "127.0.0.1:1", "--pace", "rate:x"), "--pace"),
        (("--target", "127.0.0.1:1", "--rules", "none.toml"), "No such file"),
        (("--target", "127.0.0.1:1"), "cannot be reached"),
    ],
)
def test_wrong_usage_is_said(tmp_path: Path, options: tuple[str, ...], why: str) -> None:
    trace = str(written(tmp_path / "t.jsonl", day(2)))
    rules = tmp_path / "r.toml"
    rules.write_text('format = 1\n[rewrite]\nunknown_cards = "send"\n')
    given = options if "--rules" in options else (*options, "--rules", str(rules))
    done = run("replay", "run", trace, *given)
    assert done.status == 2
    assert why in done.err


def test_a_survey_only_looks(tmp_path: Path) -> None:
    trace = str(written(tmp_path / "t.jsonl", day(2)))
    done = run("replay", "run", trace, "--target", "127.0.0.1:1", "--survey")
    assert done.status == 0
    assert "not sent: 2 with a card that no rule has a test card for" in done.err
    assert run("replay", "run", "-", "--target", "127.0.0.1:1").status == 2
    assert run("replay", "issuer", str(tmp_path / "none")).status == 2
