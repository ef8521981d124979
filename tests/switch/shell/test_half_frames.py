"""One timer for all half frames: those that are late are closed, no other is."""

from __future__ import annotations

import asyncio

from switch.shell.half_frames import HalfFrames
from tests.switch.shell.playing import until


class _Dawdler:
    def __init__(self) -> None:
        self.is_closed = False

    def too_slow(self) -> None:
        self.is_closed = True


async def test_a_frame_that_does_not_end_in_time_is_late() -> None:
    half_frames, slow = HalfFrames(30), _Dawdler()
    half_frames.begin(slow)
    await until(lambda: slow.is_closed)


async def test_a_frame_that_ends_is_not_late() -> None:
    half_frames, good, slow = HalfFrames(30), _Dawdler(), _Dawdler()
    half_frames.begin(good)
    half_frames.begin(slow)
    half_frames.end(good)
    await until(lambda: slow.is_closed)
    assert not good.is_closed


async def test_beginning_again_gains_no_time() -> None:
    half_frames, slow = HalfFrames(60), _Dawdler()
    loop = asyncio.get_running_loop()
    begun = loop.time()
    while not slow.is_closed:
        half_frames.begin(slow)
        await asyncio.sleep(0.005)
        assert loop.time() - begun < 1
    assert loop.time() - begun >= 0.05


async def test_a_later_frame_gets_its_own_time() -> None:
    half_frames, first, second = HalfFrames(80), _Dawdler(), _Dawdler()
    loop = asyncio.get_running_loop()
    half_frames.begin(first)
    await asyncio.sleep(0.05)
    half_frames.begin(second)
    begun = loop.time()
    await until(lambda: first.is_closed)
    assert not second.is_closed
    await until(lambda: second.is_closed)
    assert loop.time() - begun >= 0.07
