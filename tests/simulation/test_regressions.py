"""Worlds that once broke a promise keep all of them now; regressions.toml tells the stories."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

from simulators.world.setting import Setting
from simulators.world.trial import attempt

_STORIES: Final[list[dict[str, Any]]] = tomllib.loads(
    (Path(__file__).parent / "regressions.toml").read_text(encoding="utf-8")
)["world"]


@pytest.mark.parametrize("told", _STORIES, ids=lambda told: f"{told['profile']}-{told['seed']}")
def test_a_world_that_once_failed_keeps_its_promises(told: dict[str, Any]) -> None:
    assert told["story"].strip()
    # What worlds do besides came later than most stories: those that need it say so.
    drawn: dict[str, Any] = {"transfers": False, "social": False}
    drawn |= {name: value for name, value in told.items() if name != "story"}
    drawn["without"] = tuple(drawn.get("without", ()))
    verdict, _ = attempt(Setting(**drawn))
    assert not verdict.violations
