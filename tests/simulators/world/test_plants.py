"""Bugs on purpose: each breaks its promise, and each promise has one."""

from __future__ import annotations

import pytest

from simulators.world.plants import PLANTS, Plant
from simulators.world.trial import CHECKERS
from switch.core.effects import Report
from tests.simulators import recording
from tests.simulators.acting import INTERBANK, POS
from tests.switch.ledger import making


def test_every_promise_has_its_plant() -> None:
    assert {kind.promise for kind in PLANTS.values()} == set(CHECKERS)


@pytest.mark.parametrize("name", PLANTS)
def test_a_plant_is_seen_by_the_checker_of_its_promise(name: str) -> None:
    assert recording.sees(CHECKERS[PLANTS[name].promise][1], name)


def test_no_plant_changes_nothing() -> None:
    plant, operation, effect = Plant(POS, INTERBANK), making.opening(1), Report("x", {})
    assert plant.operation(operation) is operation
    assert plant.effect(effect) == [effect]
    assert plant.keeps("LedgerAnswered")
