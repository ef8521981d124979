"""Two processes serve one ledger; a terminal may come back to either, and one may die."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import typer

from switch.cli.outcome import BAD, USAGE
from switch.cli.serving.workers import Place, own_place, supervise
from switch.config.installation import load
from switch.ledger.postgres import PostgresLedger
from switch.shell.clock import Clock
from switch.shell.watching.log import Log
from tests.switch.cli.ledger.test_verbs import on_postgres
from tests.switch.cli.running import ROOT, run, sample
from tests.switch.config import folders


def test_an_embedded_ledger_has_one_process(folder: Path) -> None:
    done = run("serve", "-c", str(folder), "--workers", "2")
    assert done.status == USAGE
    assert "belongs to one process" in done.err
    assert "PostgreSQL" in done.err
    assert run("serve", "-c", str(folder), "--workers", "0").status == USAGE


def test_an_address_that_is_taken_is_told_with_its_key_before_any_worker_starts(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        folders.change(folder, "jinbao", "127.0.0.1:0", f"127.0.0.1:{port}")
        found = load(folder)
        found.control.parent.mkdir(exist_ok=True)
        with pytest.raises(typer.Exit) as ended:
            supervise(found, 0, Log(lambda _: None, Clock(), 10), lambda _: None, 2)
    assert ended.value.exit_code == USAGE
    where = f"jinbao.toml: listen.jinbao: 127.0.0.1:{port}"
    assert capsys.readouterr().err == f"jinbao: {where}: Address already in use\n"


def test_a_database_without_tables_is_told_before_anything_starts(
    folder: Path, empty_url: str
) -> None:
    on_postgres(folder, empty_url)
    for words in ((), ("--workers", "2")):
        done = run("serve", "-c", str(folder), *words)
        assert (done.status, "jinbao ledger init" in done.err) == (USAGE, True)


def test_a_worker_knows_its_place(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert own_place() is None
    monkeypatch.setenv("JINBAO_WORKER", '{"number":2,"ports":[4711, 4712],"offset_ms":5}')
    place = own_place()
    assert place == Place(2, (4711, 4712), 5)
    found = place.installation(load(folder))
    assert [address.port for address in found.listen] == [4711, 4712]
    assert found.control.name == "control.sock.2"


def test_two_processes_serve_one_ledger_and_one_may_die(folder: Path, ledger_url: str) -> None:
    on_postgres(folder, ledger_url)
    words = ["serve", "-c", str(folder), "--workers", "2", "--json"]
    process = subprocess.Popen(
        [sys.executable, "-m", "switch", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        assert process.stdout is not None
        port = int(json.loads(process.stdout.readline())["terminals"][0].rpartition(":")[2])
        assert _sign_on(port) == "0810"
        pids = {worker["worker"]: worker["pid"] for worker in _workers(folder)}
        assert len(set(pids.values())) == 2
        os.kill(pids[1], signal.SIGKILL)
        # Whoever is left goes on, and the other comes back.
        _until(lambda: _is_good(port))
        _until(lambda: all(each["ready"] and each["ok"] for each in _workers(folder)))
        assert {each["worker"] for each in _workers(folder) if each["starts"] == 2} == {1}
        for _ in range(6):
            assert _sign_on(port) == "0810"
        _reloads(folder)
        assert run("control", "drain", "-c", str(folder)).status == 0
        assert process.wait(20) == 0
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=15)
    ledger = PostgresLedger(ledger_url)
    ((count,),) = ledger.on_line(lambda line: line.fetch("SELECT count(*) FROM leases"))
    assert count == 3
    ledger.close()


def _reloads(folder: Path) -> None:
    """Each worker takes a changed folder up, or all of them refuse it."""
    folders.change(folder, "caps", "limit_fen = 200000", "limit_fen = 150000")
    done = run("reload", "-c", str(folder))
    assert [each["configuration"] for each in json.loads(done.out)["workers"]] == [2, 2]
    folders.change(folder, "jinbao", 'commit = "inline"', 'commit = "thread"')
    done = run("reload", "-c", str(folder))
    assert done.status == BAD
    assert "worker 1: needs a restart: [ledger] commit; worker 2: needs" in done.err


def _workers(folder: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(run("control", "status", "-c", str(folder)).out)[
        "workers"
    ]
    return found


def _sign_on(port: int) -> str:
    """Sign on over a connection of its own; return the MTI of the answer."""
    frame = bytes.fromhex(sample("sign-on"))
    with socket.create_connection(("127.0.0.1", port), timeout=5) as terminal:
        terminal.sendall(frame)
        with terminal.makefile("rb") as stream:
            body = stream.read(int.from_bytes(stream.read(2), "big"))
    return body[11:13].hex()


def _is_good(port: int) -> bool:
    try:
        return _sign_on(port) == "0810"
    except OSError:
        return False


def _until(is_so: Any) -> None:  # noqa: ANN401 - a function of no arguments
    last = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < last
        time.sleep(0.05)
