"""Over real sockets: our terminal through its cases, and hostile ones that end their own."""

from __future__ import annotations

import asyncio

from simulators import live
from simulators.conformance.driving.driver import Driver
from simulators.conformance.driving.trial import Trial, own_setup, plan
from simulators.conformance.judging.happenings import Note
from simulators.conformance.judging.host import Host
from simulators.conformance.live import DriverClient, FastClock, HostServer
from simulators.conformance.outer import client_of, outer_of
from simulators.installation import terminal_identity, wires
from tests.simulators.conformance import frames

_SPEED = 100


async def _talk(host: Host, cases: tuple[str, ...], outer: str = "none") -> list[Note]:
    clock, notes = FastClock(_SPEED), list[Note]()
    server = HostServer(host, clock, notes.append, outer_of(outer))
    port = await server.open("127.0.0.1", 0)
    driver = Driver(terminal_identity(), wires()[0], plan(host.suite, Trial(cases=cases)))
    try:
        async with asyncio.timeout(30):
            await DriverClient(driver, clock, client_of(outer)()).run("127.0.0.1", port)
            await asyncio.sleep(0.05)
    finally:
        server.close()
    return notes


def test_our_own_terminal_keeps_everything_over_a_socket() -> None:
    host = Host(own_setup())
    names = ("no-answer", "cut", "split-answer", "slow-answer", "answered-77", "wrong-mac")
    notes = live.run(_talk(host, names))
    assert not host.tally.failures
    (station,) = host.stations.values()
    assert {station.progress[name].state for name in names} == {"done"}
    assert len([n for n in notes if n.what == "received"]) > 12


def test_an_outer_frame_is_taken_off_on_a_socket() -> None:
    for outer in ("http", "block:8"):
        host = Host(own_setup())
        live.run(_talk(host, ("withdrawal", "balance"), outer))
        assert not host.tally.failures
        (station,) = host.stations.values()
        assert station.progress["balance"].state == "done"


async def _hostile(host: Host) -> bytes:
    server = HostServer(host, FastClock(_SPEED), lambda _note: None)
    port = await server.open("127.0.0.1", 0)
    garbage = await asyncio.open_connection("127.0.0.1", port)
    flood = await asyncio.open_connection("127.0.0.1", port)
    slow = await asyncio.open_connection("127.0.0.1", port)
    good = await asyncio.open_connection("127.0.0.1", port)
    garbage[1].write(b"\xff" * 5_000)
    flood[1].write(frames.ECHO * 2_000)
    slow[1].write(frames.WITHDRAWAL[:30])
    async with asyncio.timeout(10):
        assert await garbage[0].read() == b""
        answered = await flood[0].read()
        assert await slow[0].read() == b""
        good[1].write(frames.ECHO)
        answer = await good[0].readexactly(20)
    for _, writer in (garbage, flood, slow, good):
        writer.close()
    server.close()
    assert len(answered) < 200 * 100
    return answer


def test_garbage_a_flood_and_a_slow_one_end_their_own_connections_only() -> None:
    host = Host(own_setup())
    answer = live.run(_hostile(host))
    assert answer[13:15] == bytes.fromhex("0830")
    assert "FRM-01" in host.tally.failed()
