"""Bugs on purpose: each breaks its promise, and each promise has one."""

from __future__ import annotations

import pytest

from simulators.accounts import Debit, Origin
from simulators.cards import fictional_card
from simulators.world.plants import PLANTS, Overcharging
from simulators.world.trial import CHECKERS
from tests.simulators import recording


def test_every_promise_has_its_plant() -> None:
    assert {kind.promise for kind in PLANTS.values()} == set(CHECKERS)


@pytest.mark.parametrize("name", PLANTS)
def test_a_plant_is_seen_by_the_checker_of_its_promise(name: str) -> None:
    assert recording.sees(CHECKERS[PLANTS[name].promise][1], name)


def test_a_bank_that_overcharges_takes_a_fen_more_than_a_fee_and_nothing_where_there_is_none() -> (
    None
):
    card, books = fictional_card(0), Overcharging()
    books.open(card, 100_000)
    for number, fee_fen in enumerate((0, 250)):
        debit = Debit(
            origin=Origin("0910093000", f"{number:06d}", "1", "1"),
            pan=card.pan,
            amount_fen=10_000,
            fee_fen=fee_fen,
            rrn=str(number),
            terminal="t",
        )
        assert books.withdraw(debit) == "00"
    assert [moved.amount_fen for moved in books.movements] == [-10_000, -10_251]
