"""What people see: every number of the run, and nothing of a wire as markup or control code."""

from __future__ import annotations

import io

from rich.console import Console

from simulators.load.comparing import compare
from simulators.load.driving.part import Progress
from simulators.load.finding import Tried
from simulators.load.scenario.reading import understood
from switch.cli.loading.showing import LiveView, comparison, summary, tried_line
from tests.simulators.load import making


def test_the_summary_has_latencies_ends_thresholds_checks_and_a_verdict() -> None:
    result = making.result()
    result.whole.cells[0].link = "bank\x1b[2J"
    text = summary(result)
    assert "\x1b[2J" not in text
    assert "answers by DE 39: 00 240, 51 60" in text
    assert "kept   p99 < 200ms: 90 ms" in text or "kept   p99 < 200ms: 89" in text
    assert "BROKEN p50 < 1ms" in text
    assert "holds  books agree: all of them" in text
    assert text.splitlines()[-1].startswith("FAILED: p50 < 1ms")


def test_the_live_view_shows_rates_latency_codes_and_time_left() -> None:
    view = LiveView(understood(making.scenario(name="city")), wanted=True)
    latest = [
        Progress(at_s=2.0, meant=40, ended=38, in_flight=2, codes={"00": 38}, p99_ms=12.5),
        Progress(
            at_s=2.0, meant=42, ended=42, waiting=3, codes={"51": 1}, outcomes={"approved": 9}
        ),
    ]
    console = Console(file=io.StringIO(), width=100, force_terminal=False)
    with console.capture() as captured:
        console.print(view.picture(latest))
    text = captured.get()
    assert "city (open loop)" in text
    assert "15/s asked, 41/s arriving, 40/s ended" in text
    assert "p99 12.5 ms" in text
    assert "00 38  51 1" in text
    assert "3 for a free terminal" in text
    assert "10 s" in text


def test_nothing_is_drawn_where_nobody_looks() -> None:
    view = LiveView(understood(making.scenario()), wanted=False)
    with view:
        view.show([Progress()])
    assert not view._live.is_started


def test_runs_of_a_search_and_comparisons_are_told() -> None:
    result = making.result()
    assert "failed: p99" in tried_line(Tried(120.0, passed=False, why="p99"), result)
    assert "confirmed" in tried_line(Tried(120.0, passed=True, is_confirmation=True), result)
    text = comparison(compare(result, making.result(seed=3)))
    assert "caution: the scenarios differ in seed" in text
    assert "all p99" in text
