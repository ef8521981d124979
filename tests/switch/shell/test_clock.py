"""One reading, two clocks; a jump of the wall is told, a drift is not."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from switch.core.moment import local
from switch.shell.clock import JUMP_MS, Clock, business_offset_ms, wall_ns

_MS = 1_000_000


class _Hands:
    """Two clocks that a test moves."""

    def __init__(self) -> None:
        self.elapsed = 5_000 * _MS
        self.wall = 1_403_055_000_000 * _MS

    def pass_(self, elapsed_ms: int, wall_ms: int) -> None:
        self.elapsed += elapsed_ms * _MS
        self.wall += wall_ms * _MS

    def clock(self, offset_ms: int = 0) -> tuple[Clock, list[int]]:
        clock = Clock(offset_ms, lambda: self.elapsed, lambda: self.wall)
        jumps: list[int] = []
        clock.on_jump = jumps.append
        return clock, jumps


def test_a_moment_has_elapsed_nanoseconds_and_utc_milliseconds() -> None:
    moment = _Hands().clock()[0].now()
    assert (moment.elapsed_ns, moment.utc_ms) == (5_000 * _MS, 1_403_055_000_000)


def test_a_business_date_moves_the_wall_clock_only() -> None:
    moment = _Hands().clock(offset_ms=-1_000)[0].now()
    assert (moment.elapsed_ns, moment.utc_ms) == (5_000 * _MS, 1_403_054_999_000)


@pytest.mark.parametrize("jump_ms", [JUMP_MS + 1, -JUMP_MS - 1, 86_400_000, -86_400_000])
def test_a_jump_is_told_once_and_followed(jump_ms: int) -> None:
    hands = _Hands()
    clock, jumps = hands.clock()
    hands.pass_(10, 10 + jump_ms)
    before = clock.now()
    hands.pass_(10, 10)
    after = clock.now()
    assert jumps == [jump_ms]
    assert after.utc_ms - before.utc_ms == 10
    assert after.elapsed_ns - before.elapsed_ns == 10 * _MS


@given(st.lists(st.integers(-JUMP_MS, JUMP_MS), max_size=50))
def test_drift_between_two_readings_is_followed_without_a_word(drifts: list[int]) -> None:
    hands = _Hands()
    clock, jumps = hands.clock()
    for drift in drifts:
        hands.pass_(5_000, 5_000 + drift)
        assert clock.now().utc_ms == hands.wall // _MS
    assert jumps == []


def test_the_business_offset_makes_the_clock_show_that_time_in_shanghai() -> None:
    now_ms = 1_790_000_000_123
    offset = business_offset_ms(datetime.fromisoformat("2014-06-18T23:58"), now_ms)
    shown = local(now_ms + offset)
    assert (shown.day, shown.time) == (20140618, "235800")


def test_without_other_hands_the_clocks_are_those_of_the_machine() -> None:
    clock = Clock()
    first, second = clock.now(), clock.now()
    assert second.elapsed_ns >= first.elapsed_ns
    assert abs(second.utc_ms - wall_ns() // _MS) < 60_000
