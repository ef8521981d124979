"""Bounds: every number of a scenario is finite and none but the seed is below 0."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from simulators.load.scenario.bounds import complaints
from simulators.load.scenario.model import Scenario
from tests.simulators.load import making


def _found(**changes: Any) -> list[str]:  # noqa: ANN401 - any part of a scenario
    return list(complaints(msgspec.convert(making.scenario(**changes), Scenario)))


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"seconds": float("inf")}, "seconds"),
        ({"arrivals": {"rate": float("nan")}}, "arrivals.rate"),
        ({"arrivals": {"steps": [[1.0, float("nan")]]}}, "arrivals.steps"),
        ({"amounts": {"fen": 12_345_678_901_234}}, "amounts.fen"),
        ({"amounts": {"fen": -100}}, "amounts.fen"),
        ({"amounts": {"choices": [100, -1]}}, "amounts.choices"),
        ({"fleet": {"first_stan": 1_000_000}}, "fleet.first_stan"),
        ({"think": {"ms": -5.0}}, "think.ms"),
        ({"limits": {"late_ms": -1.0}}, "limits.late_ms"),
        ({"connection": {"connect_ms": 0}}, "connection.connect_ms"),
        (
            {"fault": [{"kind": "vanish", "from_s": 0.0, "for_s": 1.0, "issuer": -1}]},
            "fault.issuer",
        ),
        ({"fault": [{"kind": "line_flap", "from_s": 0.0, "for_s": 1.0, "ms": 0}]}, "fault.ms"),
    ],
)
def test_a_number_out_of_bounds_is_told_by_its_key(changes: dict[str, Any], key: str) -> None:
    (found,) = _found(**changes)
    assert found.startswith(f"{key}: ")


def test_a_seed_may_be_anything_and_what_is_usual_is_within() -> None:
    assert _found(seed=-7) == []
