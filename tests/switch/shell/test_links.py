"""Issuer links over real sockets: connected, lost, connected again, cut where they must be."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from switch.core.effects import CloseLink, Effect, SendToLink
from switch.core.events import Event, LinkConnected, LinkDisconnected, LinkFrameReceived
from switch.shell.links import peer_of
from switch.shell.settings import Limits, LinkAddress, Settings
from switch.shell.stops import Stops
from tests.switch.shell.playing import HOST, LINK_FRAME, Stage, playing, settings, silent, until

_FAST = Limits(reconnect_first_ms=10, reconnect_most_ms=40)


class _Issuer:
    """Accepts connections and keeps what comes."""

    def __init__(self) -> None:
        self.connections: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        self.port = 0

    def accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections.append((reader, writer))


@asynccontextmanager
async def _issuer(port: int = 0) -> AsyncIterator[_Issuer]:
    issuer = _Issuer()
    server = await asyncio.start_server(issuer.accepted, HOST, port)
    issuer.port = server.sockets[0].getsockname()[1]
    try:
        yield issuer
    finally:
        server.close()
        for _, writer in issuer.connections:
            writer.transport.abort()
        await asyncio.sleep(0.01)


def _told(port: int, limits: Limits = _FAST) -> Settings:
    return settings(limits, links=(LinkAddress("issuer", HOST, port),))


def _signing_on(event: Event) -> list[Effect]:
    return [SendToLink(event.link, LINK_FRAME)] if isinstance(event, LinkConnected) else []


async def _heard(stage: Stage, kind: type[Event], times: int) -> None:
    await until(lambda: len(stage.engine.seen(kind)) == times)


async def test_a_link_connects_by_itself_and_carries_frames_both_ways() -> None:
    async with _issuer() as issuer, playing(_signing_on, _told(issuer.port)) as stage:
        await until(lambda: issuer.connections)
        reader, writer = issuer.connections[0]
        assert await reader.readexactly(len(LINK_FRAME)) == LINK_FRAME
        for byte in LINK_FRAME:
            writer.write(bytes([byte]))
            await writer.drain()
        writer.write(LINK_FRAME * 2)
        await until(lambda: len(stage.engine.seen(LinkFrameReceived)) == 3)
        assert (
            stage.engine.seen(LinkFrameReceived)
            == [LinkFrameReceived("issuer", LINK_FRAME[4:])] * 3
        )
        assert stage.process._driver.counters.issuer_wait.count == 1


async def test_a_link_that_is_lost_is_made_again_and_the_engine_hears_both() -> None:
    async with _issuer() as issuer, playing(silent, _told(issuer.port)) as stage:
        for number in (1, 2, 3):
            await _heard(stage, LinkConnected, number)
            await until(lambda: issuer.connections)
            issuer.connections.pop()[1].close()
            await _heard(stage, LinkDisconnected, number)
        assert stage.counters["links_lost"] == 3


async def test_an_issuer_that_comes_late_is_found_and_its_absence_is_told_once() -> None:
    async with _issuer() as issuer:
        port = issuer.port
    async with playing(silent, _told(port)) as stage:
        await asyncio.sleep(0.1)
        async with _issuer(port):
            await until(lambda: stage.engine.seen(LinkConnected))
            assert len(stage.logged("link_unreachable")) == 1
            assert stage.logged("link_unreachable")[0]["reason"] == "ConnectionRefusedError"


async def test_a_program_that_starts_again_is_found_within_its_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("switch.shell.links._REFUSED_MS", 40)
    async with _issuer() as issuer:
        port = issuer.port
    told = _told(port, Limits(reconnect_first_ms=10, reconnect_most_ms=60_000))
    async with playing(silent, told) as stage:
        await asyncio.sleep(0.6)
        async with _issuer(port):
            # Doubling alone would have come to a wait of 640 ms by now.
            async with asyncio.timeout(0.3):
                await until(lambda: stage.engine.seen(LinkConnected))


async def test_the_wait_grows_while_an_issuer_accepts_and_closes_without_a_word() -> None:
    async with _issuer() as issuer:
        told = _told(issuer.port, Limits(reconnect_first_ms=10, reconnect_most_ms=10_000))
        async with playing(silent, told) as stage:
            closed = 0
            end = asyncio.get_running_loop().time() + 0.5
            while asyncio.get_running_loop().time() < end:
                for _, writer in issuer.connections[closed:]:
                    writer.close()
                    closed += 1
                await asyncio.sleep(0.005)
            # 10, 20, 40, 80, 160, 320 ms, each more or less by a fifth.
            assert 3 <= stage.counters["links_connected"] <= 8


async def test_bytes_that_cannot_be_framed_close_the_link_with_a_reason() -> None:
    async with _issuer() as issuer, playing(silent, _told(issuer.port)) as stage:
        await until(lambda: issuer.connections)
        issuer.connections[0][1].write(b"not a frame")
        await until(lambda: stage.engine.seen(LinkDisconnected))
        line = stage.logged("frame_refused")[0]
        assert line["peer"] == peer_of("issuer")
        assert "the length prefix is not made of digits" in str(line["reason"])


async def test_an_issuer_that_never_reads_is_cut() -> None:
    def flooding(event: Event) -> list[Effect]:
        if isinstance(event, LinkConnected | LinkFrameReceived):
            return [SendToLink("issuer", LINK_FRAME)] * 4_000
        return []

    limits = Limits(reconnect_first_ms=5_000, link_output_bytes=65_536)
    async with _issuer() as issuer, playing(flooding, _told(issuer.port, limits)) as stage:
        await until(lambda: issuer.connections)
        writer = issuer.connections[0][1]
        for _ in range(200):
            if writer.is_closing() or stage.counters["cut_unread"]:
                break
            writer.write(LINK_FRAME)
            await asyncio.sleep(0.002)
        await until(lambda: stage.engine.seen(LinkDisconnected))
        assert stage.logged("peer_does_not_read")[0]["peer"] == peer_of("issuer")


async def test_the_engine_can_close_a_link_and_the_shell_makes_it_again() -> None:
    closed: list[bool] = []

    def once(event: Event) -> list[Effect]:
        if isinstance(event, LinkConnected) and not closed:
            closed.append(True)
            return [CloseLink("issuer", "no echo")]
        return []

    async with _issuer() as issuer, playing(once, _told(issuer.port)) as stage:
        await until(lambda: len(stage.engine.seen(LinkConnected)) == 2)
        assert stage.logged("link_closed")[0]["reason"] == "no echo"


async def test_half_a_frame_of_an_issuer_ends_the_connection() -> None:
    limits = Limits(half_frame_ms=50, reconnect_first_ms=5_000)
    async with _issuer() as issuer, playing(silent, _told(issuer.port, limits)) as stage:
        await until(lambda: issuer.connections)
        issuer.connections[0][1].write(LINK_FRAME[:30])
        await until(lambda: stage.engine.seen(LinkDisconnected))
        assert stage.logged("half_frame_closed")[0]["peer"] == peer_of("issuer")


async def test_a_refused_link_is_not_connected_until_it_is_released(tmp_path: Path) -> None:
    path = tmp_path / "peers.json"
    stops = Stops(path)
    stops.record(peer_of("issuer"))
    stops.record(peer_of("issuer"))
    async with _issuer() as issuer, playing(silent, _told(issuer.port), stops) as stage:
        await asyncio.sleep(0.1)
        assert not issuer.connections
        assert Stops(path).release(peer_of("issuer"))
        await until(lambda: stage.engine.seen(LinkConnected))
