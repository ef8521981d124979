"""金保专网: a message before its bank's plan, or beyond it, is found, and one by it is not."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from simulators.cards import FIRST_PAN, fictional_card
from simulators.checkers.answers.plans import check
from simulators.world.history import History
from simulators.world.matrix.asking import Gate, Sent
from simulators.world.setting import Setting
from simulators.world.world import World
from switch.core.transaction import State
from switch.registry.snapshot import Connection, Registry
from tests.simulators import recording

_BANK, _DAY = "00010000", 20140618


def _history(plan: Connection | None, day: int = _DAY) -> History:
    """Return a history in which one card's request went over 金保专网."""
    history = recording.ended(rows=[recording.row(State.APPROVED)])
    gate = history.gate = Gate(frozenset())
    registry = Registry(change=1, stages=(), connections={} if plan is None else {_BANK: plan})
    sent = Sent(1, 7, "a", "bank-1-jinbao", _BANK, "0200", FIRST_PAN, recording.RRN, day, registry)
    gate.sent.append(sent)
    return history


@pytest.mark.parametrize(
    "plan", [Connection(_DAY), Connection(20110101), Connection(_DAY, ("9", FIRST_PAN[:12]))]
)
def test_a_message_by_its_plan_is_good(plan: Connection) -> None:
    assert not list(check(_history(plan)))


@pytest.mark.parametrize(
    "plan", [None, Connection(20140619), Connection(_DAY, (fictional_card(1).pan,))]
)
def test_a_message_without_a_plan_before_it_or_beyond_it_is_seen(plan: Connection | None) -> None:
    [found] = check(_history(plan))
    assert found == f"a 0200 of {recording.RRN} went over bank-1-jinbao, without a plan"
    assert found.step == 7


def test_a_message_is_of_the_day_of_its_request_as_well() -> None:
    # Its request came on the 18th, and the wall clock was put back before it was sent.
    assert not list(check(_history(Connection(_DAY), day=20140617)))
    history = _history(Connection(_DAY), day=20140617)
    later = replace(history.end.rows[0].record, date="0617")
    history.end = replace(history.end, rows=[replace(history.end.rows[0], record=later)])
    assert list(check(history))


def test_the_planted_bug_is_seen() -> None:
    assert recording.sees(check, "unplanned")


def test_a_world_without_a_registry_has_nothing_to_find() -> None:
    assert not list(check(recording.blank()))


def test_a_world_of_the_profile_sends_by_its_plans() -> None:
    history = World(Setting(seed=3, profile="stages", minutes=1)).run()
    assert history.gate is not None
    assert history.gate.sent
    assert not list(check(history))
