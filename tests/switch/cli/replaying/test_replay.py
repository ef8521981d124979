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

from simulators.cards import fictional_card
from simulators.replay.capture.export import Exporter
from simulators.replay.trace.reading import Trace
from switch.cli.demo import city
from switch.cli.demo.processes import Bank, Child, Switch, Terminal, wait_for
from tests.simulators.replay.days import (
    INTERBANK,
    KEY,
    START_US,
    TOKENS,
    Raw,
    bare,
    day,
    forms,
    written,
)
from tests.switch.cli.running import run

_FIRST_CARDS: Final = (0, 1_000, city.OTHER_CARD)
_FICTIONAL: Final = ",".join(f"{first}-{first + 3}" for first in _FIRST_CARDS)
_RULES: Final = f'format = 1\n[cards]\nfictional = "{_FICTIONAL}"\n'
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

    def __init__(self, folder: Path, trace: Path, number: int, link: str = "") -> None:
        link, desk = link or f"bank-{number + 1}", folder.parent
        super().__init__(
            folder, f"bank-{number + 1}", "replay", "issuer", str(trace), "--link", link,
            "--number", str(number), "--rules", str(desk / f"{trace.stem}.toml"),
            "--record-key", str(desk / "recording.key"), "--at-once", "--chip", "verify",
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
    (desk / "traces.toml").write_text(_RULES)
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
def _fresh(trace: Path, name: str, links: tuple[str, ...] = ("", "")) -> Iterator[str]:
    """Start a fresh switch with the recorded issuers behind it; yield its address."""
    folder, banks = trace.parent / name, len(links)
    folder.mkdir()
    with ExitStack() as stack:
        mocks = [_Mock(folder, trace, number, link) for number, link in enumerate(links)]
        for mock in mocks:
            stack.callback(mock.kill)
        ports = [mock.port() for mock in mocks] + [1] * (2 - banks)
        city.write(folder / "city", tuple(ports))
        switch = Switch(folder, folder / "city", city.MORNING)
        stack.callback(switch.kill)
        yield switch.addresses(banks)[0]


def _replayed(trace: Path, target: str, *more: str) -> subprocess.CompletedProcess[str]:
    desk = trace.parent
    rules, key = str(desk / f"{trace.stem}.toml"), str(desk / "recording.key")
    options = ("--rules", rules, "--record-key", key)
    return subprocess.run(
        [
            sys.executable, "-m", "switch", "replay", "run", str(trace), "--target", target,
            *options, "--pace", "fast", "--wait-s", "30", "--json", *more,
        ],
        capture_output=True, check=False, text=True, timeout=120,
    )  # fmt: skip


def test_a_recorded_day_is_answered_alike_by_a_fresh_switch(desk: Path) -> None:
    html, junit = desk / "r.html", desk / "r.xml"
    with _fresh(desk / "traces", "again") as target:
        done = _replayed(desk / "traces", target, "--html", str(html), "--junit", str(junit))
    told = json.loads(done.stdout)
    assert (done.returncode, told["differences"]) == (0, [])
    # Every job and the sign-on; what was refused for its PIN or MAC was refused again.
    assert told["equal"] == told["compared"] >= len(_JOBS) + 1
    assert told["left_out"] == {}
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
    key = ("--record-key", str(desk / "recording.key"))
    done = run("trace", "import", str(pcap), "--into", str(back), *key)
    assert (done.status, "left out" in done.err) == (0, False)
    # A trace is stand-ins already, so the capture has stand-ins of stand-ins; nothing else differs.
    done = run("trace", "diff", str(desk / "traces"), str(back), "--json")
    told = json.loads(done.out)
    assert (done.status, told["differences"]) == (0, [])
    assert told["compared"] > len(_JOBS) + 1
    cards = [fictional_card(number) for first in _FIRST_CARDS for number in range(first, first + 4)]
    rows = [f"{TOKENS.pan(TOKENS.pan(c.pan))},{c.pan},{c.expiry},{c.pin}\n" for c in cards]
    (desk / "cards.csv").write_text("token,pan,expiry,pin\n" + "".join(rows))
    (desk / "back.toml").write_text('format = 1\n[cards]\ncsv = "cards.csv"\n')
    links = sorted({frame.connection for frame in Trace(str(back)) if frame.side == "issuer"})
    with _fresh(back, "through", tuple(links)) as target:
        again = _replayed(back, target)
    told = json.loads(again.stdout)
    assert (again.returncode, told["differences"]) == (0, [])
    assert told["equal"] == told["compared"] >= len(_JOBS) + 1


def test_a_recorded_conversation_is_a_case_for_a_fresh_switch(desk: Path) -> None:
    probes, out = desk / "probes.toml", desk / "judged"
    key, rules = str(desk / "recording.key"), str(desk / "traces.toml")
    told = ("trace", "to-scenario", str(desk / "traces"), "--as", "host", "--into", str(probes))
    done = run(*told, "--rules", rules, "--record-key", key)
    assert done.status == 0, done.err
    assert not any(form in probes.read_bytes() for form in forms(_CANARIES[0]))
    with _fresh(desk / "traces", "judged-switch") as target:
        asked = ("conform", "host", target, "--rules", str(probes))
        same = run(*asked, "--report", str(out))
        assert run("terminal", "withdraw", target, "--yuan", "1400").status == 0
        again = run(*asked)
    assert same.status == 0, same.out
    report = json.loads((out / "report.json").read_text(encoding="utf-8"))
    assert len(report["cases"]) > len(_JOBS)
    # The cap of the day is used up: what differs is named.
    assert again.status == 1
    assert "field 39" in again.out
    assert "expected the form 00, found 61" in again.out


def test_a_switch_without_its_issuers_does_not_answer_alike(desk: Path) -> None:
    (desk / "traces.toml").write_text(_RULES + '[rewrite]\nchip = "send"\n')
    try:
        with _fresh(desk / "traces", "alone", ("",)) as target:
            done = _replayed(desk / "traces", target)
    finally:
        (desk / "traces.toml").write_text(_RULES)
    found = {
        (each["recorded"], each["answered"])
        for each in json.loads(done.stdout)["differences"]
        if each["field"] == "39"
    }
    assert done.returncode == 1
    # One bank is not there, and the other does not believe a cryptogram of zeros.
    assert {("00", "91"), ("00", "A7")} <= found


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
        (("--target", "127.0.0.1:99999"), "no HOST:PORT"),
        (("--target", "127.0.0.1:0"), "no HOST:PORT"),
        (("--target", "127.0.0.1:1", "--pace", "slow"), "--pace"),
        *(
            (("--target", "127.0.0.1:1", "--pace", pace), "--pace")
            for pace in ("rate:x", "rate:0", "rate:inf", "x0", "x-2", "xnan", "xinf", "x5000")
        ),
        (("--target", "127.0.0.1:1", "--pace", "x0.5"), "cannot be reached"),
        (("--target", "127.0.0.1:1", "--pace", "x100"), "cannot be reached"),
        (("--target", "127.0.0.1:1", "--rules", "none.toml"), "No such file"),
        (("--target", "127.0.0.1:1"), "cannot be reached"),
        (("--target", "127.0.0.1:1", "--html", "none/r.html"), "none/r.html: no such folder"),
        (("--target", "127.0.0.1:1", "--junit", "."), ".: is a folder"),
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
    done = run("replay", "run", str(trace), "--target", "127.0.0.1:1", "--survey")
    assert done.status == 0
    assert "not sent: 2: a card that no rule has a test card for" in done.err
    assert run("replay", "run", "-", "--target", "127.0.0.1:1").status == 2
    assert run("replay", "issuer", str(tmp_path / "none")).status == 2


def test_terminals_without_a_key_of_their_own_are_told_before_the_start(tmp_path: Path) -> None:
    trace = str(written(tmp_path / "t.jsonl", day(3)))
    rules, fleet = tmp_path / "r.toml", tmp_path / "fleet.csv"
    rules.write_text('format = 1\n[rewrite]\nunknown_cards = "send"\nchip = "drop"\n')
    fleet.write_text(f"tid,merchant,master_key\n50010002,999653080110001,{'11' * 16}\n")
    told = ("replay", "run", trace, "--target", "127.0.0.1:1", "--rules", str(rules), "--survey")
    done = run(*told, "--keys", str(fleet))
    assert done.status == 0
    assert "no master key for 50010001, 50010003" in done.err
    assert "no master key" not in run(*told).err
    done = run(*told, "--keys", str(tmp_path / "none.csv"))
    assert (done.status, "none.csv: cannot be read" in done.err) == (2, True)


def test_what_no_issuer_can_answer_is_refused_with_the_reason(tmp_path: Path) -> None:
    alone = str(written(tmp_path / "t.jsonl", day(2)))
    done = run("replay", "issuer", alone)
    assert done.status == 2
    assert "no request to an issuer is in it" in done.err
    assert "replay run" in done.err
    heard = INTERBANK.hear(bare("interbank-withdrawal"))
    said = {n: t for n, t in heard.fields.items() if n not in {35, 52, 14, 26, 53, 55}}
    whole = INTERBANK.say(heard.frame[:46], "0200", dict(sorted({**said, 3: "910000"}.items())))
    raws = [
        Raw(START_US, "social", "issuer", "peer", INTERBANK.bare(whole)),
        Raw(START_US + 1, "bank-1", "issuer", "peer", bare("interbank-withdrawal")),
    ]
    trace = str(written(tmp_path / "i.jsonl", raws))
    done = run("replay", "issuer", trace, "--link", "social")
    assert done.status == 2
    assert "asked on social is for a host of services, no bank: 0200 910000 (1)" in done.err
    done = run("replay", "issuer", trace, "--link", "bank-9")
    assert done.status == 2
    assert "nothing was asked on link bank-9; its links: social, bank-1" in done.err
