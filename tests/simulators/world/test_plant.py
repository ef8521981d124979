"""No bug at all: what nobody planted changes nothing."""

from __future__ import annotations

from simulators.installation import configuration
from simulators.world.plant import Plant
from switch.core.effects import Report
from tests.simulators.acting import INTERBANK, POS
from tests.switch.ledger import making


def test_no_plant_changes_nothing() -> None:
    plant, operation, effect = Plant(POS, INTERBANK), making.opening(1), Report("x", {})
    assert plant.operation(operation) is operation
    assert plant.effect(effect) == [effect]
    assert plant.keeps("LedgerAnswered")
    assert not plant.changes_effects
    told = configuration()
    assert plant.configuration(told, None) is told
