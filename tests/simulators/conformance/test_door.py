"""With TLS a terminal is judged as without; who does not get in is told why."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from pathlib import Path

import pytest

from simulators import live
from simulators.conformance.driving.driver import Driver
from simulators.conformance.driving.trial import Trial, own_setup, plan
from simulators.conformance.judging.host import UNKNOWN, Host
from simulators.conformance.live import DriverClient, FastClock, HostServer
from simulators.installation import terminal_identity, wires
from switch.cli.conforming.asking import server_tls
from tests.simulators.conformance import frames
from tests.simulators.conformance.certificate import certificate

_PATIENCE_S = 120
_DOUBTING = ssl.create_default_context()
"""A client that knows no certificate of ours."""


async def _through(host: Host, own: tuple[Path, Path]) -> list[str]:
    clock, words = FastClock(400), list[str]()
    server = HostServer(host, clock, lambda note: words.append(f"{note.terminal} {note.words}"))
    port = await server.open("127.0.0.1", 0, server_tls(*map(str, own)))
    driver = Driver(terminal_identity(), wires()[0], plan(host.suite, Trial(cases=("cut",))))
    trusting = ssl.create_default_context(cafile=str(own[0]))
    async with asyncio.timeout(_PATIENCE_S):
        plain = await asyncio.open_connection("127.0.0.1", port)
        plain[1].write(frames.ECHO)
        with contextlib.suppress(ConnectionResetError):
            await plain[0].read()
        plain[1].close()
        with pytest.raises(ssl.SSLCertVerificationError):
            await asyncio.open_connection("127.0.0.1", port, ssl=_DOUBTING)
        await DriverClient(driver, clock).run("127.0.0.1", port, trusting)
        await asyncio.sleep(0.05)
    server.close()
    await asyncio.sleep(0.05)
    return words


def test_a_terminal_is_judged_over_tls_and_others_are_told_why_they_are_not(
    tmp_path: Path,
) -> None:
    host = Host(own_setup())
    words = live.run(_through(host, certificate(tmp_path)))
    assert not host.tally.failures
    assert host.stations["50010001"].progress["cut"].state == "done"
    away = [each for each in words if "handshake" in each]
    assert all(each.startswith(UNKNOWN) for each in away)
    assert any("the terminal speaks without TLS" in each for each in away)
    assert any("it may not trust this certificate" in each for each in away)
