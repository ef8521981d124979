"""The figures of a trace are those of its frames."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.replay.trace import figures
from simulators.replay.trace.figures import Figures, Spread
from tests.simulators.replay.days import day, frames


def test_kinds_codes_and_waits() -> None:
    told = Figures().of(frames(list(day(20)))[:-1])
    (kind,) = told.kinds.items()
    assert kind[0] == ("terminal", "0200", "010000")
    assert (kind[1].count, kind[1].unanswered) == (20, 1)
    assert kind[1].codes == {"00": 19}
    assert kind[1].spread.quantile_us(0.5) == 30_000
    assert told.frames == 39
    assert len(told.connections) == 3
    assert told.told()["kinds"][0]["latency"]["count"] == 19


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=200))
def test_quantiles_are_within_a_hundredth(waits: list[int]) -> None:
    spread = Spread()
    for wait in waits:
        spread.add(wait)
    true = sorted(waits)[(len(waits) + 1) // 2 - 1]
    assert spread.quantile_us(0.5) == pytest.approx(true, rel=0.01, abs=1)
    assert spread.longest_us == max(waits)
    assert len(spread.told()) == 5


def test_kinds_that_never_end_are_gathered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "MOST_KINDS", 2)
    told = Figures().of(frames(list(day(9, terminals=9))))
    assert len(told.connections) == 3
    assert sum(told.connections.values()) == 18
