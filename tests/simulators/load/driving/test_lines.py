"""Lines: frames in any chunks, and the frames of a turn in one write."""

from __future__ import annotations

import asyncio

from messages.dialects.loader import load_dialect
from messages.framing import Framing
from simulators.load.driving.lines import Hub, Line
from tests.switch.shell.playing import ECHO

_FRAMING = Framing(load_dialect("pos").frame)


class _Owner:
    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.losses = 0

    def took(self, frame: bytes, now_ns: int) -> None:
        assert now_ns > 0
        self.frames.append(frame)

    def lost(self, line: Line, now_ns: int) -> None:
        assert now_ns > 0
        assert line.transport is None
        self.losses += 1


class _Transport(asyncio.WriteTransport):
    def __init__(self) -> None:
        super().__init__()
        self.writes: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.writes.append(bytes(data))

    def close(self) -> None:
        self.writes.append(b"closed")


async def test_frames_come_whole_in_any_chunks() -> None:
    for size in (1, 7, len(ECHO), len(ECHO) + 3, 3 * len(ECHO)):
        owner = _Owner()
        line = Line(Hub(0), _FRAMING, owner)
        data = ECHO * 3
        for at in range(0, len(data), size):
            line.data_received(data[at : at + size])
        assert owner.frames == [ECHO[2:]] * 3


async def test_the_frames_of_a_turn_go_out_in_one_write() -> None:
    hub, transport = Hub(0), _Transport()
    line = Line(hub, _FRAMING, _Owner())
    line.connection_made(transport)
    line.send(b"a")
    line.send(b"b")
    assert transport.writes == []
    await asyncio.sleep(0)
    assert transport.writes == [b"ab"]
    assert hub.sent == 2


async def test_a_stream_that_cannot_be_followed_is_hung_up_and_its_loss_told() -> None:
    owner, transport = _Owner(), _Transport()
    line = Line(Hub(0), _FRAMING, owner)
    line.connection_made(transport)
    line.data_received(b"\xff\xff nonsense")
    assert transport.writes == [b"closed"]
    line.connection_lost(None)
    assert owner.losses == 1


async def test_moments_follow_the_clock_from_the_time_it_was_told() -> None:
    hub = Hub(1_700_000_000_000)
    one = hub.moment(hub._zero_ns + 5_000_000)
    assert one.utc_ms == 1_700_000_000_005
    assert one.elapsed_ns == hub._zero_ns + 5_000_000
