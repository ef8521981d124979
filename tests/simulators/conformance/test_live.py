"""Over real sockets: our terminal through its cases, and hostile ones that end their own."""

from __future__ import annotations

import asyncio
import time

from simulators import live
from simulators.conformance.driving.driver import Driver
from simulators.conformance.driving.trial import Trial, own_setup, plan
from simulators.conformance.judging.happenings import Note
from simulators.conformance.judging.host import Host
from simulators.conformance.live import DriverClient, FastClock, HostServer
from simulators.conformance.outer import client_of, outer_of
from simulators.installation import terminal_identity, wires
from tests.simulators.conformance import frames

_SPEED = 400
_PATIENCE_S = 120
"""For a machine that does much else; nothing here takes a second."""


async def _stalled() -> float:
    clock, rung = FastClock(1000), asyncio.Event()
    began_ns = clock.now().elapsed_ns
    cancelled = clock.later(0, rung.set)
    cancelled.cancel()
    clock.later(1_000_000_000, rung.set)
    time.sleep(0.05)  # noqa: ASYNC251 - the loop stands still: 50 s of a clock that counts it
    await rung.wait()
    return (clock.now().elapsed_ns - began_ns) / 1_000_000_000


def test_a_machine_that_stands_still_takes_no_time_from_a_fast_clock() -> None:
    assert 1 <= live.run(_stalled()) < 1.3


async def _talk(host: Host, cases: tuple[str, ...], outer: str = "none") -> list[Note]:
    clock, notes = FastClock(_SPEED), list[Note]()
    server = HostServer(host, clock, notes.append, outer_of(outer))
    port = await server.open("127.0.0.1", 0)
    driver = Driver(terminal_identity(), wires()[0], plan(host.suite, Trial(cases=cases)))
    try:
        async with asyncio.timeout(_PATIENCE_S):
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


async def _rest(reader: asyncio.StreamReader) -> bytes:
    """Read to the end; a reset is one too, where bytes lay unread when the host hung up."""
    heard = b""
    try:
        while more := await reader.read(4_096):
            heard += more
    except ConnectionResetError:
        pass
    return heard


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
    async with asyncio.timeout(_PATIENCE_S):
        assert await _rest(garbage[0]) == b""
        answered = await _rest(flood[0])
        assert await _rest(slow[0]) == b""
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


async def _unwrappable(host: Host, said: bytes) -> list[Note]:
    notes = list[Note]()
    server = HostServer(host, FastClock(_SPEED), notes.append, outer_of("http"))
    reader, writer = await asyncio.open_connection("127.0.0.1", await server.open("127.0.0.1", 0))
    writer.write(said)
    async with asyncio.timeout(_PATIENCE_S):
        assert await _rest(reader) == b""
    writer.close()
    server.close()
    return notes


def test_what_is_no_whole_outer_frame_is_told_and_hung_up_on() -> None:
    half = client_of("http")().wrap(frames.ECHO)[:-1]
    for said, words in ((frames.ECHO, "no HTTP request"), (half, "no whole outer frame")):
        host = Host(own_setup())
        told = [note for note in live.run(_unwrappable(host, said)) if note.what == "received"]
        assert len(told) == 1
        assert words in told[0].words
        # A terminal without its HTTP is a broken terminal; half a request may be anybody's.
        assert host.tally.failed() == ({"FRM-01"} if said == frames.ECHO else set())
