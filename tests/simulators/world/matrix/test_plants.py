"""Bugs in what a switch goes by: another matrix, other cards, other rules, and nothing else."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from simulators.installation import Size, configuration
from simulators.world.matrix.plants import AnyCard, AnyPayer, LateReload, Unplanned, Yesterday
from simulators.world.plant import Plant
from switch.core.configuration import Configuration
from tests.simulators.acting import INTERBANK, POS
from tests.simulators.world.matrix.test_drawing import DAY, drawn


def _set_up(seed: int = 1) -> Configuration:
    return drawn(seed).set_up(configuration(Size(terminals=4, issuers=2, lines=2)))


def _made(plant: type[Plant], before: Configuration | None = None) -> Configuration:
    return plant(POS, INTERBANK).configuration(_set_up(), before)


def test_every_opening_is_a_day_late() -> None:
    was, registry = _set_up().registry, _made(Yesterday).registry
    assert was is not None
    assert registry is not None
    pairs = list(zip(was.openings, registry.openings, strict=True))
    assert pairs
    assert all(after.from_day > before.from_day for before, after in pairs)


def test_every_card_is_a_social_one() -> None:
    assert all(each.is_social for each in _made(AnyCard).card_ranges)


def test_a_reload_is_late_by_one() -> None:
    before = _set_up(2)
    assert _made(LateReload, before).registry is before.registry
    assert _made(LateReload).registry is not None


def test_every_bank_has_a_plan() -> None:
    made = _made(Unplanned)
    assert made.registry is not None
    assert all(made.registry.is_connected(bank, "6", DAY) for bank in made.issuers)


def test_no_transaction_asks_whose_card_it_is() -> None:
    rules = [rule.business for rule in _made(AnyPayer).terminal_dialect.transactions]
    assert not any(rule is not None and rule.from_settlement_card for rule in rules)


@pytest.mark.parametrize("plant", [Yesterday, Unplanned])
def test_without_a_registry_nothing_changes(plant: type[Plant]) -> None:
    plain = replace(configuration(), registry=None)
    assert plant(POS, INTERBANK).configuration(plain, None) is plain
