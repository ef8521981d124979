"""Only the time in which the machine was awake counts as waiting."""

from __future__ import annotations

import asyncio
import time

import pytest

from simulators import live
from simulators.replay.again.patience import STALL_S, TICK_S, Patience


def test_a_tick_counts_as_two_at_most() -> None:
    patience = Patience(60)
    patience.passed(TICK_S)
    assert patience.awake_s == pytest.approx(TICK_S)
    patience.passed(79)
    assert patience.awake_s == pytest.approx(3 * TICK_S)
    assert patience.stalled_s == pytest.approx(79 - 2 * TICK_S)
    assert patience.remark.startswith("this machine stood still for 79 s")


def test_a_slow_tick_is_no_stall() -> None:
    patience = Patience(60)
    patience.passed(STALL_S)
    assert (patience.stalled_s, patience.remark) == (0, "")


def test_short_waits_are_looked_after_more_often() -> None:
    assert Patience(60).tick_s == TICK_S
    assert Patience(0.2).tick_s == pytest.approx(0.02)


def test_a_process_that_was_stopped_has_not_waited() -> None:
    looks: list[float] = []

    async def main() -> Patience:
        patience = Patience(0.5)
        patience.begin(lambda: looks.append(patience.awake_s))
        await asyncio.sleep(0.1)
        time.sleep(0.6)  # noqa: ASYNC251 - the whole process stands still, as it should here
        await asyncio.sleep(0.01)
        patience.end()
        return patience

    assert live.run(main()).awake_s < 0.5
    assert looks
