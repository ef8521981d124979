"""`jinbao network`: a process between two others, cut and restored by signals."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading

import pytest

from switch.cli.outcome import BAD, USAGE
from tests.switch.cli.running import ROOT, run

HOST = "127.0.0.1"


def _echo(server: socket.socket) -> None:
    while True:
        try:
            peer, _ = server.accept()
        except OSError:
            return
        with peer:
            while piece := _received(peer):
                peer.sendall(piece)


def _received(peer: socket.socket) -> bytes:
    try:
        return peer.recv(4_096)
    except OSError:
        return b""


def _asked(port: int) -> bytes:
    with socket.create_connection((HOST, port), timeout=10) as peer:
        peer.sendall(b"hello")
        return _received(peer)


def test_it_carries_is_cut_and_is_restored() -> None:
    with socket.create_server((HOST, 0)) as server:
        threading.Thread(target=_echo, args=(server,), daemon=True).start()
        to = f"{HOST}:{server.getsockname()[1]}"
        process = subprocess.Popen(
            [sys.executable, "-m", "switch", "network", "--profile", "even", "--to", to],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.endswith(f", even to {to}\n")
            port = int(line.partition(",")[0].rpartition(":")[2])
            assert _asked(port) == b"hello"
            with socket.create_connection((HOST, port), timeout=10) as standing:
                standing.sendall(b"x")
                assert standing.recv(1) == b"x"
                process.send_signal(signal.SIGUSR1)
                assert _received(standing) == b""
            assert _asked(port) == b""
            process.send_signal(signal.SIGUSR2)
            for _ in range(100):
                if _asked(port) == b"hello":
                    break
            else:
                pytest.fail("it was never restored")
            process.send_signal(signal.SIGTERM)
            assert process.wait(15) == 0
        finally:
            process.kill()
            process.communicate(timeout=15)
        server.shutdown(socket.SHUT_RDWR)


def test_the_list_names_every_profile_with_its_path() -> None:
    outcome = run("network", "--list")
    assert outcome.status == 0
    for part in ("jinbao-village", "village 14 ms", "银行专线", "no outages"):
        assert part in outcome.out


@pytest.mark.parametrize(
    ("arguments", "status", "complaint"),
    [
        ((), USAGE, "needs a --profile"),
        (("--profile", "isdn", "--to", "h:1"), USAGE, "there is no network profile isdn"),
        (("--profile", "even", "--to", "h"), USAGE, "--to should be an address"),
        (("--profile", "even", "--to", "h:1", "--host", "192.0.2.1"), BAD, "cannot listen"),
    ],
)
def test_what_cannot_be_is_told(arguments: tuple[str, ...], status: int, complaint: str) -> None:
    outcome = run("network", *arguments)
    assert outcome.status == status
    assert complaint in outcome.err
