"""Answers whose MAC is wrong: seen when the switch does what one says."""

from __future__ import annotations

import pytest

from simulators.checkers.answers.macs import check
from simulators.world import world
from simulators.world.setting import Setting
from simulators.world.weather.faults import Faults
from switch.core.transaction import State
from tests.simulators import recording
from tests.switch.ledger import making


@pytest.mark.parametrize("plant", ["", "believed-mac"])
def test_a_switch_that_believes_them_is_seen_and_ours_does_not(
    plant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    weather = Faults(issuer_breaks_mac=0.3, issuer_silent=0.05)
    monkeypatch.setattr(world, "draw", lambda *_: weather)
    setting = Setting(seed=0, plant=plant, terminals=3, profile="services")
    history = world.World(setting).run()
    assert history.believed
    assert any(check(history)) is bool(plant)


@pytest.mark.parametrize("state", [State.APPROVED, State.DECLINED])
def test_an_outcome_that_such_an_answer_says_is_seen(state: State) -> None:
    row = recording.row(state)
    history = recording.ended(rows=[row])
    history.believed.append((7, making.closing(2, 1, state)))
    [found] = check(history)
    assert (found.rrn, found.step) == (row.record.rrn, 7)
    assert "a Close of" in found


@pytest.mark.parametrize(
    ("state", "is_reversible"), [(State.IN_DOUBT, True), (State.DECLINED, False)]
)
def test_a_doubt_or_the_end_of_an_inquiry_is_what_should_come_of_it(
    state: State, *, is_reversible: bool
) -> None:
    history = recording.ended(rows=[recording.row(state, is_reversible=is_reversible)])
    history.believed.append((7, making.closing(2, 1, state)))
    assert not list(check(history))
