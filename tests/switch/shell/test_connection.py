"""What every connection does: one write a turn, halves noted, whatever the chunks are."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import cast

from hypothesis import given, settings
from hypothesis import strategies as st

from messages.dialects.loader import load_dialect
from switch.core.moment import Moment
from switch.shell.connection import Connection, Side
from switch.shell.driver import Driver
from switch.shell.stops import Stops
from tests.switch.shell import playing
from tests.switch.shell.playing import ECHO, KEEP_ALIVE


class _Transport:
    """Keeps what is written."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []
        self.is_closed = False

    def write(self, data: bytes) -> None:
        self.writes.append(data)

    def is_closing(self) -> bool:
        return self.is_closed

    def close(self) -> None:
        self.is_closed = True


class _Connection(Connection):
    """Keeps its frames."""

    __slots__ = ("frames",)

    def joined(self) -> None:
        self.frames: list[bytes] = []

    def took(self, frames: list[bytes], at: Moment) -> None:
        assert at == Moment(1, 2)
        self.frames += frames

    def left(self) -> None:
        self.frames.clear()


class _Driver:
    def now(self) -> Moment:
        return Moment(1, 2)


def _connected() -> tuple[_Connection, _Transport]:
    side = Side(
        cast("Driver", _Driver()), playing.settings(), Stops(None), load_dialect("pos").frame
    )
    connection, transport = _Connection(side), _Transport()
    connection.connection_made(cast("asyncio.BaseTransport", transport))
    return connection, transport


@settings(max_examples=50)
@given(st.lists(st.integers(0, 4 * len(ECHO) + 6), max_size=12))
def test_any_chunking_gives_the_same_frames_and_leaves_no_half(cuts: list[int]) -> None:
    async def scene() -> None:
        connection, _ = _connected()
        stream = ECHO * 2 + KEEP_ALIVE * 3 + ECHO * 2
        edges = [0, *sorted(cuts), len(stream)]
        for first, stop in pairwise(edges):
            connection.data_received(stream[first:stop])
        assert connection.frames == [ECHO[2:]] * 4
        assert not connection._side.half_frames._begun

    asyncio.run(scene())


async def test_the_frames_of_a_turn_are_one_write_in_their_order() -> None:
    connection, transport = _connected()
    connection.out += [b"one", b"two", b"three"]
    connection.flush()
    connection.flush()
    assert transport.writes == [b"onetwothree"]


async def test_closing_writes_what_is_left_and_nothing_follows() -> None:
    connection, transport = _connected()
    connection.out.append(b"last")
    connection.close()
    connection.out.append(b"late")
    connection.flush()
    assert transport.writes == [b"last"]
    assert connection.out == []


async def test_a_new_half_after_a_whole_frame_has_time_of_its_own() -> None:
    connection, _ = _connected()
    begun = connection._side.half_frames._begun
    connection.data_received(ECHO[:10])
    first = begun[connection]
    await asyncio.sleep(0.005)
    connection.data_received(ECHO[10:20])
    assert begun[connection] == first
    connection.data_received(ECHO[20:] + ECHO[:4])
    assert begun[connection] > first
    connection.connection_lost(None)
    assert not begun
