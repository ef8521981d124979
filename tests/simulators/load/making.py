"""A result with everything in it, without a run: for the report and the screens."""

from __future__ import annotations

from typing import Any

import msgspec

from simulators.load.measuring.recorder import Recorder
from simulators.load.measuring.results import Check, Machine, Result, together
from simulators.load.measuring.verdict import judge
from simulators.load.scenario.reading import understood
from tests.simulators.load.measuring.test_results import record

EVIL = "<img src=x onerror=alert(1)>"


def scenario(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - any part of a scenario
    return {
        "format": 1,
        "kind": "load",
        "name": EVIL,
        "seconds": 12.0,
        "thresholds": ["p99 < 200ms", "p50 < 1ms"],
        "arrivals": {"schedule": "ramp", "rate": 10.0, "to_rate": 40.0},
        "fault": [{"kind": "bad_mac", "from_s": 2.0, "for_s": 3.0}],
        **changes,
    }


def result(**changes: Any) -> Result:  # noqa: ANN401 - as above
    recorder = Recorder(0, 0, None)
    record([recorder], 300)
    recorder.side("reversal", "approved")
    part = recorder.part()
    part.cells[0].link = EVIL
    part.notes = [EVIL]
    told = understood(scenario(**changes))
    found = Result(
        scenario=msgspec.to_builtins(told),
        target="10.0.0.1:8583",
        started_utc_ms=1_415_000_000_000,
        seconds=told.seconds,
        machine=Machine(host="bench", cpu="cpu", cores=2, jinbao="0.1"),
        parts=[part.health],
        whole=together([part]),
        checks=[Check("books agree", "all of them", holds=True)],
    )
    judge(found, told)
    return found
