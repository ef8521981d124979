"""Terminal connections over real sockets, on both loops."""

from __future__ import annotations

import asyncio

import pytest

from switch.core.effects import CloseTerminal, Effect, SendToTerminal
from switch.core.events import (
    Event,
    TerminalConnected,
    TerminalDisconnected,
    TerminalFrameReceived,
)
from switch.shell.settings import Limits
from tests.switch.shell.playing import (
    ECHO,
    KEEP_ALIVE,
    LINK_FRAME,
    playing,
    prefixed,
    settings,
    silent,
    until,
)


async def _read(reader: asyncio.StreamReader, size: int) -> bytes:
    async with asyncio.timeout(3):
        return await reader.readexactly(size)


async def _is_closed(reader: asyncio.StreamReader) -> bool:
    async with asyncio.timeout(3):
        try:
            return await reader.read() == b""
        except ConnectionError:
            return True


async def test_a_whole_frame_is_an_event_and_its_answer_comes_back() -> None:
    async with playing() as stage:
        reader, writer = await stage.connect()
        writer.write(ECHO)
        assert await _read(reader, len(ECHO)) == ECHO
        writer.close()
        await until(lambda: stage.engine.seen(TerminalDisconnected))
        assert stage.engine.events[1:] == [
            TerminalConnected(1),
            TerminalFrameReceived(1, ECHO[2:]),
            TerminalDisconnected(1),
        ]


async def test_a_frame_byte_by_byte_is_one_event() -> None:
    async with playing() as stage:
        reader, writer = await stage.connect()
        for byte in ECHO:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0)
        assert await _read(reader, len(ECHO)) == ECHO
        assert len(stage.engine.seen(TerminalFrameReceived)) == 1
        writer.close()


async def test_frames_glued_together_are_separate_events_and_one_write() -> None:
    async with playing() as stage:
        reader, writer = await stage.connect()
        writer.write(ECHO * 100)
        assert await _read(reader, 100 * len(ECHO)) == ECHO * 100
        assert len(stage.engine.seen(TerminalFrameReceived)) == 100
        assert stage.counters["frames_to_terminals"] == 100
        writer.close()


async def test_keep_alives_between_frames_are_not_events() -> None:
    async with playing() as stage:
        reader, writer = await stage.connect()
        writer.write(KEEP_ALIVE + ECHO[:10])
        await asyncio.sleep(0.02)
        writer.write(ECHO[10:] + KEEP_ALIVE * 3)
        assert await _read(reader, len(ECHO)) == ECHO
        assert len(stage.engine.seen(TerminalFrameReceived)) == 1
        writer.close()


async def test_frames_of_one_chunk_share_a_moment_and_elapsed_time_never_goes_back() -> None:
    async with playing() as stage:
        reader, writer = await stage.connect()
        writer.write(ECHO * 3)
        await _read(reader, 3 * len(ECHO))
        moments = stage.engine.moments
        assert moments[2] == moments[3] == moments[4]
        assert [m.elapsed_ns for m in moments] == sorted(m.elapsed_ns for m in moments)
        writer.close()


@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"\xff\xff", "the frame is too long"),
        (b"\x00\x05hello", "the frame is too short"),
        (b"GET / HTTP/1.1\r\n\r\n", "the frame is too long"),
    ],
)
async def test_bytes_that_cannot_be_framed_close_the_connection_with_a_reason(
    sent: bytes, reason: str
) -> None:
    async with playing() as stage:
        reader, writer = await stage.connect()
        writer.write(sent)
        assert await _is_closed(reader)
        await until(lambda: stage.logged("frame_refused"))
        (line,) = stage.logged("frame_refused")
        assert reason in str(line["reason"])
        assert line["peer"] == "127.0.0.1"
        assert stage.counters["refused_frames"] == 1
        writer.close()


async def test_a_refused_frame_is_told_which_dialect_it_would_have_fitted() -> None:
    async with playing() as stage:
        reader, writer = await stage.connect()
        writer.write(LINK_FRAME)
        assert await _is_closed(reader)
        await until(lambda: stage.logged("frame_refused"))
        assert "it would fit dialect interbank" in str(stage.logged("frame_refused")[0]["reason"])
        writer.close()


async def test_half_a_frame_and_then_silence_closes_the_connection() -> None:
    told = settings(Limits(half_frame_ms=60))
    async with playing(told=told) as stage:
        reader, writer = await stage.connect()
        writer.write(ECHO[:20])
        assert await _is_closed(reader)
        assert stage.logged("half_frame_closed")[0]["bytes"] == 20
        assert stage.counters["half_frames"] == 1
        writer.close()


async def test_trickling_bytes_gains_no_time() -> None:
    told = settings(Limits(half_frame_ms=100))
    async with playing(told=told) as stage:
        reader, writer = await stage.connect()
        begun = asyncio.get_running_loop().time()
        for byte in ECHO[:-1]:
            if writer.is_closing() or reader.at_eof():
                break
            writer.write(bytes([byte]))
            await asyncio.sleep(0.01)
        assert await _is_closed(reader)
        assert asyncio.get_running_loop().time() - begun < 0.5
        assert not stage.engine.seen(TerminalFrameReceived)
        writer.close()


async def test_a_connection_between_frames_may_be_silent_for_ever() -> None:
    told = settings(Limits(half_frame_ms=50))
    async with playing(told=told) as stage:
        reader, writer = await stage.connect()
        writer.write(ECHO[:5])
        await asyncio.sleep(0.01)
        writer.write(ECHO[5:])
        assert await _read(reader, len(ECHO)) == ECHO
        await asyncio.sleep(0.15)
        writer.write(ECHO)
        assert await _read(reader, len(ECHO)) == ECHO
        assert stage.counters["half_frames"] == 0
        writer.close()


async def test_a_peer_that_never_reads_is_cut() -> None:
    answer = prefixed(b"\x60" + bytes(1_500))

    def flooding(event: Event) -> list[Effect]:
        if isinstance(event, TerminalFrameReceived):
            return [SendToTerminal(event.connection, answer)] * 100
        return []

    told = settings(Limits(pending_output_bytes=65_536))
    async with playing(flooding, told) as stage:
        _, writer = await stage.connect()
        try:
            for _ in range(2_000):
                if stage.counters["cut_unread"]:
                    break
                writer.write(ECHO)
                await writer.drain()
                await asyncio.sleep(0)
        except ConnectionError:
            pass
        await until(lambda: stage.counters["cut_unread"])
        await until(lambda: stage.engine.seen(TerminalDisconnected))
        assert stage.logged("peer_does_not_read")[0]["peer"] == "127.0.0.1"
        writer.close()


async def test_one_connection_too_many_is_closed_and_the_others_go_on() -> None:
    told = settings(Limits(connections=2))
    async with playing(told=told) as stage:
        first, second = await stage.connect(), await stage.connect()
        third, writer = await stage.connect()
        assert await _is_closed(third)
        writer.close()
        assert stage.counters["refused_connections"] == 1
        assert stage.logged("connection_refused")[0]["limit"] == 2
        first[1].write(ECHO)
        assert await _read(first[0], len(ECHO)) == ECHO
        first[1].close()
        await until(lambda: stage.engine.seen(TerminalDisconnected))
        fourth, writer = await stage.connect()
        writer.write(ECHO)
        assert await _read(fourth, len(ECHO)) == ECHO
        writer.close()
        second[1].close()


async def test_the_engine_can_close_a_connection_after_a_last_answer() -> None:
    def once(event: Event) -> list[Effect]:
        if isinstance(event, TerminalFrameReceived):
            return [SendToTerminal(event.connection, ECHO), CloseTerminal(event.connection, "done")]
        return []

    async with playing(once) as stage:
        reader, writer = await stage.connect()
        writer.write(ECHO)
        async with asyncio.timeout(3):
            assert await reader.read() == ECHO
        assert stage.logged("terminal_closed")[0]["reason"] == "done"
        writer.close()


async def test_an_answer_for_a_connection_that_is_gone_is_counted_and_dropped() -> None:
    def late(event: Event) -> list[Effect]:
        if isinstance(event, TerminalDisconnected):
            return [SendToTerminal(event.connection, ECHO)]
        return []

    async with playing(late) as stage:
        _, writer = await stage.connect()
        await until(lambda: stage.engine.seen(TerminalConnected))
        writer.close()
        await until(lambda: stage.counters["undeliverable"] == 1)


async def test_a_lone_request_is_measured_and_pipelined_ones_are_not() -> None:
    async with playing() as stage:
        reader, writer = await stage.connect()
        writer.write(ECHO)
        await _read(reader, len(ECHO))
        whole = stage.process._driver.counters.whole
        assert whole.count == 1
        writer.write(ECHO * 2)
        await _read(reader, 2 * len(ECHO))
        assert whole.count == 1
        writer.close()


async def test_a_silent_engine_leaves_the_connection_open() -> None:
    async with playing(silent) as stage:
        reader, writer = await stage.connect()
        writer.write(ECHO)
        await until(lambda: stage.engine.seen(TerminalFrameReceived))
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await reader.read(1)
        writer.close()
