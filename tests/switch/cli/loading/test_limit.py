"""The search as a verb: what is run, what is told, and what the host's CPU says."""

from __future__ import annotations

import os
import time

import msgspec
import pytest
import typer

from simulators.load.measuring.results import Check, Result
from simulators.load.scenario.model import Scenario
from switch.cli.loading.limit import GENERATOR, HostWatch, busiest, find, why_failed
from tests.simulators.load import making

_EDGE = 300.0


def _carry_out(scenario: Scenario) -> Result:
    assert scenario.loop == "open"
    assert scenario.fault == ()
    result = making.result()
    is_kept = scenario.arrivals.rate <= _EDGE
    result.judged = [{"text": "p99 < 200ms", "value": 1, "shown": "9 s", "is_kept": is_kept}]
    return result


def _find(capsys: pytest.CaptureFixture[str], *, as_json: bool = False, pid: int = 0) -> str:
    scenario = msgspec.convert(making.result().scenario, Scenario)
    limit = find(scenario, _carry_out, (50.0, 10_000.0, 0.05, 2), pid, as_json=as_json)
    assert _EDGE / 1.05 <= limit.edge <= _EDGE
    assert limit.at_edge is not None
    return capsys.readouterr().out


def test_every_run_is_told_and_what_gave_way(capsys: pytest.CaptureFixture[str]) -> None:
    told = _find(capsys, pid=os.getpid())
    assert told.count("confirmed") == 2
    assert "failed: p99 < 200ms, measured 9 s" in told
    assert "at 50% of the limit: p50 40 ms" in told
    assert "at 80% of the limit" in told
    assert "of one core in its busiest second" in told
    assert "above it gave way: p99 < 200ms, measured 9 s" in told.splitlines()[-1]


def test_json_has_a_line_for_each_run_and_one_for_the_limit(
    capsys: pytest.CaptureFixture[str],
) -> None:
    *tried, last = [msgspec.json.decode(line) for line in _find(capsys, as_json=True).splitlines()]
    assert {"rate", "passed", "why", "is_confirmation"} == tried[0]["tried"].keys()
    assert last["limit"]["edge"] >= _EDGE / 1.05
    assert last["limit"]["below"]["50%"]["p99_ms"] > 0


def test_an_invalid_run_is_the_generators_fault_and_says_so() -> None:
    result = making.result()
    result.judged, result.invalid = [], ["it was late"]
    assert why_failed(result) == GENERATOR + "it was late"
    result.invalid, result.checks = [], [Check("books agree", "they differ", holds=False)]
    assert why_failed(result) == "books agree: they differ"
    result.checks = []
    assert why_failed(result) == ""


def test_an_invalid_run_is_tried_again_before_it_counts() -> None:
    """The machine was busy with others in every second run: the limit is found all the same."""
    runs: list[float] = []

    def carry_out(scenario: Scenario) -> Result:
        runs.append(scenario.arrivals.rate)
        result = _carry_out(scenario)
        result.invalid = ["it was late"] if len(runs) % 2 else []
        return result

    scenario = msgspec.convert(making.result().scenario, Scenario)
    limit = find(scenario, carry_out, (50.0, 10_000.0, 0.05, 2), 0, as_json=True)
    assert _EDGE / 1.05 <= limit.edge <= _EDGE
    assert "9 s" in limit.gave_way
    always = find(
        scenario,
        lambda changed: msgspec.structs.replace(carry_out(changed), invalid=["it was late"]),
        (50.0, 10_000.0, 0.05, 2),
        0,
        as_json=True,
    )
    assert not always.edge
    assert always.gave_way.startswith(GENERATOR)


def test_a_figure_below_the_limit_whose_run_gave_way_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def carry_out(scenario: Scenario) -> Result:
        result = _carry_out(scenario)
        is_half = abs(scenario.arrivals.rate / edge[0] - 0.5) < 0.01 if edge else False
        result.invalid = ["it was late"] if is_half else []
        return result

    edge: list[float] = []
    scenario = msgspec.convert(making.result().scenario, Scenario)
    asked = (50.0, 10_000.0, 0.05, 2)
    edge.append(find(scenario, carry_out, asked, 0, as_json=True).edge)
    capsys.readouterr()
    limit = find(scenario, carry_out, asked, 0, as_json=False)
    assert limit.doubts == {"50%": GENERATOR + "it was late"}
    told = capsys.readouterr().out.splitlines()
    assert [line for line in told if "not to be trusted" in line] == [
        line for line in told if line.startswith("at 50%")
    ]


def test_a_process_that_is_not_there_ends_the_verb(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit):
        HostWatch(2**22 + 1)
    assert "no such process" in capsys.readouterr().err


def test_a_hosts_busiest_second_counts_and_not_its_rests() -> None:
    tenth = 100_000_000
    # It rests for two seconds, is four fifths busy for three, and rests again.
    cpu, seen = 0.0, []
    for step in range(80):
        seen.append((step * tenth, cpu))
        cpu += 0.08 if 20 <= step < 50 else 0.0
    assert busiest(seen) == pytest.approx(0.8)
    assert busiest([(0, 0.0), (tenth, 0.05)]) == pytest.approx(0.5)


def test_the_cpu_of_a_process_is_watched_while_something_runs() -> None:
    watch = HostWatch(os.getpid())
    last = time.process_time() + 0.2

    def work() -> Result:
        while time.process_time() < last:
            pass
        return making.result()

    _, share = watch.over(work)
    assert share is not None
    assert share > 0
