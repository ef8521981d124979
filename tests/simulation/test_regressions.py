"""Worlds that once broke a promise keep all of them now; regressions.toml tells the stories.

Each story says which fix it is about, and its world breaks the promise that it names again without
it. Every fix that can be undone has its story.
"""

from __future__ import annotations

from typing import Any, Final

import pytest

from simulators.world.trial import CHECKERS
from tests.simulation.undoing import UNDONE, happen, stories

_STORIES: Final = stories()


def _id(told: dict[str, Any]) -> str:
    return f"{told['undo']}-{told['profile']}-{told['seed']}"


def test_every_fix_has_its_story_and_every_story_its_fix() -> None:
    assert {told["undo"] for told in _STORIES} == set(UNDONE)
    assert all(told["story"].strip() for told in _STORIES)
    assert {told["promise"] for told in _STORIES} <= set(CHECKERS)


@pytest.mark.parametrize("told", _STORIES, ids=_id)
def test_a_world_that_once_failed_keeps_its_promises(
    told: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not happen(told, monkeypatch)


@pytest.mark.parametrize("told", _STORIES, ids=_id)
def test_it_fails_again_without_its_fix(
    told: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    UNDONE[told["undo"]](monkeypatch)
    assert told["promise"] in {violation.promise for violation in happen(told, monkeypatch)}
