"""Worlds that once broke a promise keep all of them now; regressions.toml tells the stories.

Each story says which fix it is about, and its world breaks the promise again without it, unless the
entry says that what is drawn has changed since: `tests.simulation.undoing` looks for another seed.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

import pytest

from simulators.world.setting import Setting
from simulators.world.trial import attempt
from tests.simulation.undoing import UNDONE

_STORIES: Final[list[dict[str, Any]]] = tomllib.loads(
    (Path(__file__).parent / "regressions.toml").read_text(encoding="utf-8")
)["world"]
_OF_THE_STORY: Final = frozenset({"story", "undo", "is_lost"})
# What worlds do besides came later than most stories: those that need it say so.
_BESIDES: Final = {"transfers": False, "social": False, "products": False, "stages": False}


def _id(told: dict[str, Any]) -> str:
    return f"{told['undo']}-{told['profile']}-{told['seed']}"


def _setting(told: dict[str, Any]) -> Setting:
    drawn: dict[str, Any] = dict(_BESIDES)
    drawn |= {name: value for name, value in told.items() if name not in _OF_THE_STORY}
    drawn["without"] = tuple(drawn.get("without", ()))
    return Setting(**drawn)


@pytest.mark.parametrize("told", _STORIES, ids=_id)
def test_a_world_that_once_failed_keeps_its_promises(told: dict[str, Any]) -> None:
    assert told["story"].strip()
    assert told["undo"] in UNDONE
    verdict, _ = attempt(_setting(told))
    assert not verdict.violations


@pytest.mark.parametrize("told", [told for told in _STORIES if not told.get("is_lost")], ids=_id)
def test_it_fails_again_without_its_fix(
    told: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    UNDONE[told["undo"]](monkeypatch)
    verdict, _ = attempt(_setting(told))
    assert verdict.violations
