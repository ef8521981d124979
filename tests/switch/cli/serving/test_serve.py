"""The switch as a process of its own: ready line, worked examples, signals, limits."""

from __future__ import annotations

import json
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from messages.crypto.keys import Tmk, unwrap_field_62
from switch.cli.outcome import BAD, USAGE
from switch.cli.serving.serve import settings_of
from switch.config.installation import TEST_MAKS, TEST_PIK, load
from tests.switch.cli.running import ROOT, run, sample
from tests.switch.config import folders

_TMK = Tmk.from_hex("0123456789ABCDEFFEDCBA9876543210")


class _Switch:
    """A running switch, and its ready line."""

    def __init__(self, process: subprocess.Popen[str], ready: dict[str, Any]) -> None:
        self.process = process
        self.ready = ready

    def connect(self) -> socket.socket:
        host, _, port = self.ready["terminals"][0].rpartition(":")
        return socket.create_connection((host, int(port)), timeout=5)

    def end(self) -> tuple[int, list[dict[str, Any]]]:
        """Send SIGTERM; return the status and the log."""
        self.process.send_signal(signal.SIGTERM)
        _, err = self.process.communicate(timeout=15)
        return self.process.returncode, [json.loads(line) for line in err.splitlines()]


@contextmanager
def _serving(
    folder: Path, *arguments: str, prepare: Callable[[], None] | None = None
) -> Iterator[_Switch]:
    process = subprocess.Popen(
        [sys.executable, "-m", "switch", "serve", "-c", str(folder), "--json", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        preexec_fn=prepare,  # noqa: PLW1509 - it sets a limit and nothing else
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, process.communicate(timeout=15)[1]
        yield _Switch(process, json.loads(line))
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=15)


def _ask(terminal: socket.socket, frame: bytes) -> bytes:
    terminal.sendall(frame)
    return _receive(terminal)


def _receive(terminal: socket.socket) -> bytes:
    with terminal.makefile("rb") as stream:
        size = int.from_bytes(stream.read(2), "big")
        return stream.read(size)


def test_the_sign_on_of_the_worked_examples_is_answered_on_its_business_date(
    folder: Path,
) -> None:
    with _serving(folder, "--business-date", "2014-06-18T09:30") as switch:
        with switch.connect() as terminal:
            answer = _ask(terminal, bytes.fromhex(sample("sign-on")))
            echo = _ask(terminal, bytes.fromhex(sample("echo")))
        status, log = switch.end()
    assert switch.ready["business_date"] == "2014-06-18T09:30"
    assert answer[11:13].hex() == "0810"
    assert b"50010001999653080110001" in answer
    assert "0618" in answer.hex()
    keys = unwrap_field_62(_TMK, answer[-40:])
    assert keys.pik.reveal().hex().upper() == TEST_PIK
    assert keys.mak.reveal().hex().upper() == TEST_MAKS[8]
    assert echo[11:13].hex() == "0830"
    assert status == 0
    events = [entry["event"] for entry in log]
    assert "TEST_KEYS_IN_USE" in events
    assert "BUSINESS_DATE_IN_USE" in events
    assert events[-1] == "drained"
    assert all(entry["at"].startswith("2014-06-18T09:3") for entry in log)


def test_ports_control_socket_and_metrics_are_told_and_there(folder: Path, tmp_path: Path) -> None:
    ports = tmp_path / "ports"
    with _serving(folder, "--port-file", str(ports), "--metrics", "127.0.0.1:0") as switch:
        told = [f"127.0.0.1:{port}" for port in ports.read_text("ascii").split()]
        assert switch.ready["terminals"] == told
        assert switch.ready["access"] == ["jinbao", "bank"]
        assert switch.ready["business_date"] is None
        with switch.connect() as terminal:
            _ask(terminal, bytes.fromhex(sample("echo")))
            status = json.loads(run("control", "status", "-c", str(folder)).out)
            assert status["connections"] == 1
        with urlopen(f"http://{switch.ready['metrics']}/metrics", timeout=5) as answer:
            assert b"jinbao_frames_from_terminals_total 1.0" in answer.read()
        refused = run("control", "dance", "-c", str(folder))
        assert refused.status == BAD
        assert json.loads(refused.out)["error"] == "unknown verb"
        assert json.loads(run("control", "drain", "-c", str(folder)).out)["draining"]
        assert switch.process.wait(15) == 0


def test_a_ledger_is_served_by_one_switch_at_a_time(folder: Path) -> None:
    with _serving(folder):
        other = subprocess.run(
            [sys.executable, "-m", "switch", "serve", "-c", str(folder)],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            timeout=30,
        )
    assert other.returncode == USAGE
    assert str(folder / "state" / "ledger.sqlite") in other.stderr
    assert "Traceback" not in other.stderr


def test_a_port_that_is_taken_is_told(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        folders.change(folder, "jinbao", "127.0.0.1:0", f"127.0.0.1:{port}")
        outcome = run("serve", "-c", str(folder))
    assert outcome.status == USAGE
    where = f"jinbao.toml: listen.jinbao: 127.0.0.1:{port}"
    assert outcome.err.endswith(f"jinbao: {where}: Address already in use\n")


def test_log_lines_can_go_to_a_file_that_is_appended_to(folder: Path) -> None:
    folders.change(folder, "jinbao", 'log = ""', 'log = "logs/switch.json"')
    for _ in range(2):
        with _serving(folder) as switch:
            assert switch.end() == (0, [])
    lines = (folder / "logs" / "switch.json").read_text("utf-8").splitlines()
    assert [json.loads(line)["event"] for line in lines].count("drained") == 2


def _few_descriptors() -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))


def _is_reset(switch: _Switch) -> bool:
    try:
        with switch.connect() as terminal:
            return _ask(terminal, bytes.fromhex(sample("echo")))[11:13].hex() != "0830"
    except ConnectionError:
        return True


def test_accepting_goes_on_after_the_descriptors_ran_out(folder: Path) -> None:
    with _serving(folder, prepare=_few_descriptors) as switch:
        crowd = []
        for _ in range(120):
            terminal = switch.connect()
            terminal.settimeout(0.05)
            crowd.append(terminal)
        for terminal in crowd:
            terminal.close()
        last = time.monotonic() + 10
        while _is_reset(switch):
            # The switch has still to notice that the crowd is gone.
            assert time.monotonic() < last
            time.sleep(0.02)
        status, log = switch.end()
    assert status == 0
    assert "too_few_descriptors" in [entry["event"] for entry in log]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--business-date", "yesterday"), "should be like 2014-06-18T23:58"),
        (("--business-date", "2014-06-18T23:58+09:00"), "has no time zone"),
        (("--metrics", "9000"), "--metrics should be an address"),
    ],
)
def test_wrong_options_are_refused_before_anything_is_opened(
    folder: Path, arguments: tuple[str, ...], reason: str
) -> None:
    outcome = run("serve", "-c", str(folder), *arguments)
    assert outcome.status == USAGE
    assert reason in outcome.err
    assert not (folder / "state").exists()


def test_a_wrong_configuration_is_told_and_nothing_starts(folder: Path) -> None:
    folders.change(folder, "terminals", "acquirer", "aquirer")
    outcome = run("serve", "-c", str(folder))
    assert outcome.status == USAGE
    assert "terminal[0].aquirer: there is no such key; did you mean acquirer?" in outcome.err
    assert not (folder / "state").exists()


def test_what_the_files_state_reaches_the_shell(folder: Path) -> None:
    folders.change(folder, "jinbao", "# half_frame_ms = 10000", "half_frame_ms = 9")
    told = settings_of(load(folder))
    assert told.limits.half_frame_ms == 9
    assert told.limits.connections == 10_000
    assert [(link.name, link.host, link.port) for link in told.links] == [
        (name, "127.0.0.1", 1) for name in folders.LINKS
    ]
    assert [address.access for address in told.listen] == ["jinbao", "bank"]
    assert {dialect.name for dialect in told.known_dialects} >= {"pos", "interbank", "iso87-ascii"}
