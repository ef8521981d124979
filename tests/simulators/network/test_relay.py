"""A relay on real sockets: every byte in order, late by its profile, and lost when it is cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from simulators import live
from simulators.network.path import Network
from simulators.network.relay import Relay
from switch.config.networks import load_profile

HOST = "127.0.0.1"


async def _echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(65_536):
            writer.write(piece)
    writer.close()


@asynccontextmanager
async def _between(profile: str = "even") -> AsyncIterator[tuple[Relay, int]]:
    server = await asyncio.start_server(_echo, HOST, 0)
    relay = Relay(Network(load_profile(profile), "1"), server.sockets[0].getsockname()[:2])
    port = await relay.open(HOST, 0)
    try:
        yield relay, port
    finally:
        await relay.close()
        server.close()


def test_every_byte_comes_back_in_order_and_not_before_its_time() -> None:
    async def scene() -> float:
        async with _between() as (_, port):
            reader, writer = await asyncio.open_connection(HOST, port)
            loop = asyncio.get_running_loop()
            begun = loop.time()
            writer.write(b"x")
            assert await reader.readexactly(1) == b"x"
            took = loop.time() - begun
            sent = bytes(range(256)) * 4_000
            writer.write(sent)
            assert await reader.readexactly(len(sent)) == sent
            writer.close()
            return took

    # 10 ms there and 10 ms back, whatever the machine does.
    assert live.run(scene()) >= 0.019


def test_the_end_of_a_connection_arrives_behind_what_was_sent_before_it() -> None:
    async def scene() -> None:
        async with _between() as (_, port):
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(b"the last words")
            writer.write_eof()
            assert await reader.read() == b"the last words"
            writer.close()

    live.run(scene())


def test_a_cut_ends_connections_and_refuses_new_ones_until_it_is_restored() -> None:
    async def scene() -> None:
        async with _between() as (relay, port):
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(b"x")
            await reader.readexactly(1)
            writer.write(b"lost")
            relay.fail()
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await reader.readexactly(4)
            writer.close()
            reader, writer = await asyncio.open_connection(HOST, port)
            with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
                await reader.readexactly(1)
            writer.close()
            relay.restore()
            reader, writer = await asyncio.open_connection(HOST, port)
            writer.write(b"y")
            assert await reader.readexactly(1) == b"y"
            writer.close()

    live.run(scene())


def test_where_nobody_listens_behind_it_the_connection_ends() -> None:
    async def scene() -> None:
        relay = Relay(Network(load_profile("even"), "1"), (HOST, 1))
        port = await relay.open(HOST, 0)
        reader, writer = await asyncio.open_connection(HOST, port)
        with pytest.raises((ConnectionError, asyncio.IncompleteReadError)):
            await reader.readexactly(1)
        writer.close()
        await relay.close()

    live.run(scene())
