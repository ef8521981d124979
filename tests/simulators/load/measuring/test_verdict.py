"""Verdicts: a busy or late generator makes a run invalid, whatever its figures."""

from __future__ import annotations

import msgspec
import pytest

from simulators.load.measuring.histograms import Tally
from simulators.load.measuring.recorder import Recorder
from simulators.load.measuring.results import Health, Result, together
from simulators.load.measuring.verdict import headline, judge, why_invalid
from simulators.load.scenario.model import Limits, Scenario
from tests.simulators.load.measuring.test_results import record

_LIMITS = Limits()


def _late(late_us: int, share: float) -> Tally:
    tally = Tally()
    for number in range(1_000):
        tally.add(late_us if number < share * 1_000 else 10)
    return tally


def _judged(*texts: str) -> Result:
    recorder = Recorder(0, 0, None)
    record([recorder], 300)
    scenario = Scenario(format=1, kind="load", name="x", seconds=12, warm_up_s=0, thresholds=texts)
    result = Result(whole=together([recorder.part()]), parts=[Health()])
    judge(result, scenario)
    return result


@pytest.mark.parametrize(
    ("health", "word"),
    [
        (Health(late=_late(50_000, 0.02)), "late"),
        (Health(loop_lag=_late(50_000, 0.02)), "behind"),
        (Health(busy=0.97), "busy"),
    ],
)
def test_a_generator_that_was_the_bottleneck_is_told(health: Health, word: str) -> None:
    (why,) = why_invalid([health], _LIMITS)
    assert word in why
    assert list(why_invalid([Health(late=_late(50_000, 0.005), busy=0.9)], _LIMITS)) == []


@pytest.mark.parametrize(
    ("health", "is_blamed"),
    [
        (Health(late=_late(50_000, 0.03), late_excused=25, away_s=0.4), True),
        (Health(late=_late(50_000, 0.03), late_excused=19, away_s=0.4), False),
        (Health(loop_lag=_late(50_000, 0.02), lag_excused_s=0.9, away_s=0.4), True),
        (Health(loop_lag=_late(50_000, 0.02), lag_excused_s=0.4, away_s=0.4), False),
    ],
)
def test_a_machine_that_takes_the_core_away_is_named_and_the_run_stays_invalid(
    health: Health, *, is_blamed: bool
) -> None:
    (why,) = why_invalid([health], _LIMITS)
    assert ("gave its core to others (0.40 s in all)" in why) is is_blamed


@pytest.mark.parametrize(
    ("text", "is_kept", "shown"),
    [
        ("p99 < 200ms", True, "89"),
        ("p50 < 1ms", False, "40 ms"),
        ("balance.max < 90ms", False, "90"),
        ("declined_51 < 0.1%", False, "20.000%"),
        ("declined == 60", True, "60"),
        ("approved >= 80%", True, "80.000%"),
        ("lost == 0", True, "0"),
        ("rate >= 25/s", True, "25"),
        ("achieved > 99.9%", True, "100.000%"),
        ("echo.p99 < 200ms", False, "nothing was measured"),
        ("added_p99 < 5ms", False, "nothing was measured"),
        ("balance.added_p50 < 5ms", False, "nothing was measured"),
    ],
)
def test_thresholds_are_judged_by_what_was_measured(
    text: str, shown: str, *, is_kept: bool
) -> None:
    (judged,) = _judged(text).judged
    assert judged["is_kept"] is is_kept
    assert shown in judged["shown"]


def test_the_headline_says_the_worst_first() -> None:
    result = _judged("p99 < 200ms", "p50 < 1ms", "declined == 0")
    assert headline(result) == "FAILED: p50 < 1ms, measured 40 ms (and 1 more)"
    assert headline(_judged("lost == 0"), "zh") == "通过"
    assert headline(_judged()).startswith("DONE")
    assert headline(msgspec.structs.replace(result, invalid=["x"])) == "INVALID: x"


def test_a_lost_worker_and_a_missing_end_make_a_run_invalid() -> None:
    result = _judged("lost == 0")
    result.lost_workers = ["worker 2"]
    result.whole.accounts.intended += 1
    judge(result, msgspec.convert({"format": 1, "kind": "load", "name": "x"}, Scenario))
    assert len(result.invalid) == 2
    assert "worker 2" in result.invalid[0]
    assert not result.is_good
