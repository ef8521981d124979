"""A setting draws what a world is made from; limits leave out what was drawn beyond them."""

from __future__ import annotations

from msgspec.structs import replace

from simulators.checkers.books.bank_tables import BankTable
from simulators.world.plant import Plant
from simulators.world.setting import (
    BUSINESS,
    MOST_CARDS,
    MOST_ISSUERS,
    MOST_TERMINALS,
    Business,
    Setting,
    business_of,
    cards_of,
    size_of,
    tariff_of,
)
from simulators.world.weather.faults import stream
from tests.simulators import recording
from tests.simulators.acting import INTERBANK, POS


def test_sizes_are_drawn_within_their_bounds_and_reach_them() -> None:
    sizes = [size_of(Setting(seed=seed), stream(seed, "population")) for seed in range(200)]
    assert {size.terminals for size in sizes} == set(range(1, MOST_TERMINALS + 1))
    assert {size.issuers for size in sizes} == set(range(1, MOST_ISSUERS + 1))
    assert {size.lines for size in sizes} == {1, 2}
    assert len({size.timers for size in sizes}) == 2


def test_a_limit_takes_the_first_and_keeps_the_other_draws() -> None:
    whole = Setting(seed=3)
    less = replace(whole, terminals=1, issuers=1)
    drawn, limited = (size_of(each, stream(3, "population")) for each in (whole, less))
    assert (limited.terminals, limited.issuers) == (1, 1)
    assert (drawn.timers, drawn.repeats_get_stored_answer) == (
        limited.timers,
        limited.repeats_get_stored_answer,
    )


def test_each_card_has_its_account_at_its_issuer() -> None:
    setting = Setting(seed=5)
    chance = stream(5, "population")
    cards, books = cards_of(setting, chance, size_of(setting, chance), Plant(POS, INTERBANK))
    assert 1 <= len(cards) / len(books) <= MOST_CARDS
    for card in cards:
        assert sum(accounts.card(card.pan) is not None for accounts in books) == 1


def test_banks_charge_in_some_worlds_and_in_others_not() -> None:
    drawn = {seed: tariff_of(Setting(seed=seed)) for seed in range(20)}
    assert set(drawn.values()) == set(BankTable)
    size = size_of(Setting(seed=1), stream(1, "population"))
    assert size.tariffs is drawn[1].tariffs
    fees = {
        seed: {row.record.fee_fen for row in recording.world(seed).end.rows}
        for seed in (0, 1, 2, 3)
    }
    assert any(max(found, default=0) > 0 for found in fees.values())
    assert any(found == {0} for found in fees.values())


def test_what_is_done_besides_is_drawn_for_some_worlds_and_for_many_not() -> None:
    drawn = [business_of(Setting(seed=seed)) for seed in range(200)]
    for name in BUSINESS:
        assert 8 < sum(getattr(each, name) for each in drawn) < 100, name
    assert Business() in drawn
    assert Business(transfers=True, social=True, payouts=True) in drawn
    assert all(each.social for each in drawn if each.payouts)
    assert all(each.stages for each in drawn if each.plans)


def test_where_there_are_plans_every_bank_has_both_lines() -> None:
    made = [
        (business_of(setting), size_of(setting, stream(setting.seed, "population")))
        for setting in (Setting(seed=seed, profile="stages") for seed in range(40))
    ]
    assert {size.lines for drawn, size in made if drawn.plans} == {2}
    assert {size.lines for drawn, size in made if not drawn.plans} == {1, 2}


def test_business_is_wanted_left_out_or_always_there() -> None:
    assert business_of(Setting(seed=0, profile="services")) == Business(
        transfers=True, social=True, payouts=True, products=True
    )
    without = Setting(seed=0, profile="services", without=("social", "transfers", "products"))
    assert business_of(without) == Business()
    asked = business_of(Setting(seed=0, transfers=True, social=True))
    assert asked == Business(transfers=True, social=True, payouts=True)
    assert not business_of(Setting(seed=2, transfers=False)).transfers
