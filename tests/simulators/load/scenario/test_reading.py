"""Scenario files: what is wrong is told by file, key and reason, before anything is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simulators.load.scenario.reading import ScenarioError, packaged, read, understood

_LEAST: dict[str, Any] = {
    "format": 1,
    "kind": "load",
    "name": "x",
    "arrivals": {"schedule": "poisson", "rate": 10.0},
}


def test_the_scenarios_of_the_program_can_be_read_by_name() -> None:
    assert set(packaged()) == {"calm", "faults", "limit", "network"}
    for name in packaged():
        assert read(Path(name)).name == name


def test_the_faults_scenario_has_every_fault() -> None:
    kinds = {fault.kind for fault in read(Path("faults")).fault}
    assert len(kinds) == 8


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"seconds": "long"}, r"s\.toml: seconds: Expected `float`"),
        ({"fleet": {"terminals": "many"}}, r"fleet\.terminals: Expected `int`"),
        ({"fleat": {}}, "fleat"),
        ({"format": 3}, "format"),
        ({"warm_up_s": 10.0}, "warm_up_s: a warm-up is shorter"),
        ({"arrivals": {"schedule": "poisson"}}, r"arrivals\.rate"),
        ({"mix": []}, "mix: it has no transaction"),
        ({"mix": [{"kind": "bribe"}]}, r"mix\.kind: 'bribe' is none of"),
        ({"mix": [{"kind": "echo", "weight": -1.0}]}, "mix"),
        ({"as": "network", "mix": [{"kind": "void"}]}, r"mix\.kind"),
        ({"at_end": ["bribe"]}, "at_end"),
        ({"thresholds": ["p99 < soon"]}, "thresholds: 'p99 < soon'"),
        ({"amounts": {"draw": "choice"}}, r"amounts\.choices"),
        ({"amounts": {"draw": "uniform", "fen": 9, "to_fen": 3}}, r"amounts\.to_fen"),
        ({"cards": {"hot_share": 2.0}}, r"cards\.hot_share"),
        ({"cards": {"count": 0}}, r"cards\.count"),
        ({"cards": {"count": 2001, "issuers": 2}}, r"cards\.count"),
        ({"fleet": {"terminals": 0}}, r"fleet\.terminals"),
        ({"think": {"draw": "exponential"}}, r"think\.ms"),
        ({"connection": {"lines": 0}}, "lines"),
        ({"limits": {"timeout_ms": 0}}, r"limits\.timeout_ms"),
        ({"fault": [{"kind": "bad_mac", "from_s": 99.0, "for_s": 1.0}]}, r"fault\.from_s"),
        ({"fault": [{"kind": "bad_mac", "from_s": 0.0, "for_s": 1.0, "share": 2.0}]}, "share"),
        ({"fault": [{"kind": "issuer_down", "from_s": 0.0, "for_s": 1.0}]}, r"issuers\.listen"),
        ({"arrivals": {"schedule": "poisson", "rate": float("nan")}}, r"arrivals\.rate: nan"),
        ({"amounts": {"draw": "choice", "choices": [1, 2], "weights": [0, 0]}}, "weights: all"),
        ({"amounts": {"draw": "uniform", "to_fen": 9_000_000_000, "step_fen": 1}}, "step_fen"),
        ({"fleet": {"dialect": "posh"}}, r"fleet\.dialect: posh"),
        ({"as": "network", "network": {"dialect": "none"}}, r"network\.dialect: none"),
        ({"network": {"own_id": "bank"}}, r"network\.own_id"),
        ({"thresholds": ["withdrawl.p99 < 1s"]}, "this run has no 'withdrawl'"),
        ({"thresholds": ["added_p99 < 5ms"]}, "only with issuers"),
        ({"as": "network", "at_end": ["echo"]}, "at_end: it is for terminals"),
        (
            {"as": "network", "fault": [{"kind": "vanish", "from_s": 0.0, "for_s": 1.0}]},
            r"fault\.kind: vanish is made by terminals",
        ),
    ],
)
def test_what_is_wrong_is_told_with_file_key_and_reason(change: dict[str, Any], why: str) -> None:
    with pytest.raises(ScenarioError, match=why) as caught:
        understood({**_LEAST, **change}, "s.toml")
    assert str(caught.value).startswith("s.toml: ")


def test_broken_and_missing_files_are_told(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text("format = = 1")
    with pytest.raises(ScenarioError, match=r"s\.toml: .*line 1"):
        read(tmp_path / "s.toml")
    with pytest.raises(ScenarioError, match=r"no\.toml: cannot be read"):
        read(tmp_path / "no.toml")
