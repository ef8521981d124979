"""`jinbao conform host` against our own switch over real sockets: it keeps every requirement."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from simulators.conformance.driving.trial import START_MS
from simulators.conformance.outer import Http
from simulators.conformance.probing.plain_host import HEALTHY, PlainHost
from simulators.installation import terminal_identity
from switch.core.moment import Moment
from tests.scenarios.town import play, town
from tests.simulators.conformance.certificate import certificate
from tests.switch.cli.running import ROOT, Outcome, leaks, run


def test_our_own_switch_conforms(tmp_path: Path) -> None:
    done: list[Outcome] = []

    async def scenario() -> None:
        async with town(tmp_path / "city", "2014-06-18T09:30") as here:
            where, out = f"127.0.0.1:{here.port}", str(tmp_path / "out")
            done.append(await asyncio.to_thread(run, "conform", "host", where, "--report", out))

    play(scenario())
    (told,) = done
    assert told.status == 0, told.out
    assert "conforms: 31 requirements kept in 24 cases" in told.out
    assert not leaks(told)
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["verdict"] == "pass"
    assert run("conform", "verify", str(tmp_path / "out" / "evidence.jsonl")).status == 0


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("nowhere",), 2, "HOST:PORT"),
        (("127.0.0.1:9", "--probe", "nothing"), 2, "nothing"),
        (("127.0.0.1:9",), 1, "nobody listens"),
        (("127.0.0.1:99999",), 2, "HOST:PORT"),
        (("127.0.0.1:0",), 2, "HOST:PORT"),
        (("127.0.0.1:9", "--terminal", "1"), 2, "--terminal '1'"),
        (("127.0.0.1:9", "--terminal", "ééé"), 2, "--terminal 'ééé'"),
        (("127.0.0.1:9", "--merchant", "1"), 2, "--merchant '1'"),
        (("127.0.0.1:9", "--outer", "ftp"), 2, "--outer"),
        (("127.0.0.1:9", "--tls-ca", "/nothing.pem"), 2, "--tls-ca /nothing.pem: No such file"),
        (("127.0.0.1:9", "--report", "/dev/null"), 2, "--report /dev/null"),
        (("127.0.0.1:9", "--outer", "http", "--probe", "split"), 2, "split"),
    ],
)
def test_what_cannot_be_asked_is_told(arguments: tuple[str, ...], status: int, said: str) -> None:
    done = run("conform", "host", *arguments)
    assert done.status == status
    assert said in done.err


def test_the_evidence_of_another_run_is_never_written_over(tmp_path: Path) -> None:
    (tmp_path / "evidence.jsonl").write_text("{}\n", encoding="utf-8")
    done = run("conform", "host", "127.0.0.1:9", "--report", str(tmp_path))
    assert done.status == 2
    assert "choose another folder" in done.err
    assert "--resume" not in done.err
    assert (tmp_path / "evidence.jsonl").read_text(encoding="utf-8") == "{}\n"


_Answer = Callable[[bytes], bytes]


def _asked(answer: _Answer, *arguments: str, tls: ssl.SSLContext | None = None) -> Outcome:
    """Run the verb against a small server that answers whatever comes, over real sockets."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65_536):
                writer.write(answer(data))
                await writer.drain()
        writer.close()

    async def scenario() -> Outcome:
        server = await asyncio.start_server(talk, "127.0.0.1", 0, ssl=tls)
        where = f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        done = await asyncio.to_thread(run, "conform", "host", where, *arguments)
        server.close()
        return done

    return asyncio.run(scenario())


def test_a_silent_host_is_waited_for_as_long_as_is_said_and_each_probe_is_told() -> None:
    done = _asked(lambda _data: b"", "--timeout", "0.1", "--probe", "echo", "--probe", "sign-on")
    assert done.status == 1
    assert "echo: HST-01" in done.err
    assert "sign-on: HST-01" in done.err


@pytest.mark.parametrize("said", [b"\xff" * 64, b"HTTP/1.1 400 Bad Request\r\n\r\n" * 2_000])
def test_what_cannot_be_read_ends_its_probe_at_once(said: bytes, tmp_path: Path) -> None:
    arguments = ("--probe", "echo", "--probe", "sign-on", "--timeout", "300")
    done = _asked(lambda _data: said, *arguments, "--report", str(tmp_path))
    assert done.status == 1
    assert "echo: HST-02" in done.err
    assert "sign-on: HST-02" in done.err
    assert (tmp_path / "evidence.jsonl").stat().st_size < 50_000
    assert "Which rules of its dialect a host keeps" in (tmp_path / "report.html").read_text()


def test_a_host_behind_tls_and_http_is_asked(tmp_path: Path) -> None:
    own, key = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own, key)
    host, http = PlainHost(terminal_identity(), HEALTHY), Http()
    host.connected()

    def answer(data: bytes) -> bytes:
        answers, _ = host.received(http.unwrap(data), Moment(0, START_MS))
        return b"".join(http.wrap(each) for each in answers)

    only = ("--probe", "echo", "--probe", "sign-on", "--probe", "balance")
    done = _asked(answer, "--tls-ca", str(own), "--outer", "http", *only, tls=context)
    assert (done.status, done.err.count(": kept")) == (0, 3), done.err
    done = _asked(answer, "--tls", "--outer", "http", *only, tls=context)
    assert done.status == 1
    assert "no TLS with 127.0.0.1" in done.err


def test_a_run_that_is_broken_off_keeps_what_was_seen(tmp_path: Path) -> None:
    silent = socket.create_server(("127.0.0.1", 0))
    where = f"127.0.0.1:{silent.getsockname()[1]}"
    asking = subprocess.Popen(
        [sys.executable, "-m", "switch", "conform", "host", where, "--report", str(tmp_path),
         "--timeout", "300"],
        cwd=ROOT, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        peer, _ = silent.accept()
        assert peer.recv(100)
        asking.send_signal(signal.SIGINT)
        told, _ = asking.communicate(timeout=60)
    finally:
        asking.kill()
    peer.close()
    silent.close()
    assert asking.returncode == 130
    assert b"not finished" in told
    assert json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["verdict"] == "open"
    assert run("conform", "verify", str(tmp_path / "evidence.jsonl")).status == 0
