"""A drawn registry: around the days of its world, the same for a seed, and never twice the same."""

from __future__ import annotations

from simulators.cards import fictional_card
from simulators.installation import Size, configuration, issuer_identity, terminal_id
from simulators.world.matrix.drawing import POINTS, Days, Drawn, changed, draw_stages
from simulators.world.weather.faults import stream
from switch.core.configuration import Channel
from switch.registry.snapshot import Asked

CARDS = [fictional_card(number) for number in (0, 1000, 1, 1001)]
BANKS = [issuer_identity(number).id for number in range(2)]
DAY = 20141231


def drawn(seed: int) -> Drawn:
    """Return what a seed draws for four terminals."""
    return draw_stages(seed, 4, CARDS, BANKS, DAY)


def test_days_go_over_the_end_of_a_year() -> None:
    days = Days(DAY)
    assert [days.after(number) for number in (-1, 0, 1)] == [20141230, 20141231, 20150101]


def test_a_seed_draws_the_same_again_and_another_seed_something_else() -> None:
    once, again = drawn(1), drawn(1)
    assert (once.places, once.others) == (again.places, again.others)
    assert once.registry.openings == again.registry.openings
    assert once.registry.points == again.registry.points
    assert len({drawn(seed).registry.openings for seed in range(10)}) > 7


def test_stages_open_and_close_at_the_midnight_of_the_world() -> None:
    openings = [each for seed in range(20) for each in drawn(seed).registry.openings]
    assert any(each.from_day == 20150101 for each in openings)
    assert any(each.until_day == DAY for each in openings)
    assert {each.scope.partition(":")[0] for each in openings} == {
        "all",
        "acquirer",
        "point",
        "district",
    }


def test_a_configuration_gets_places_other_cards_and_the_registry() -> None:
    made = next(each for each in map(drawn, range(20)) if each.others)
    size = Size(terminals=4, issuers=2)
    whole = made.set_up(configuration(size))
    assert whole.registry is made.registry
    assert whole.merchants == set(POINTS)
    for number, (merchant, channel) in enumerate(made.places):
        terminal = whole.terminals[terminal_id(number)]
        assert (terminal.merchant, terminal.channel) == (merchant, channel)
        assert terminal.transactions is None
        assert made.merchant(number) == merchant
    for card in CARDS:
        plain, found = configuration(size).card_range(card.pan), whole.card_range(card.pan)
        assert plain is not None
        assert found is not None
        assert found.issuer == plain.issuer
        assert found.is_social is (card.pan not in made.others)


def test_most_points_stand_in_the_country_and_some_terminals_do_not() -> None:
    channels = [channel for seed in range(50) for _, channel in drawn(seed).places]
    assert set(channels) == set(Channel)
    assert channels.count(Channel.RURAL) > len(channels) // 2


def test_every_change_has_the_next_number_and_changes_a_verdict_soon() -> None:
    chance, registry, told = stream(1, "changes"), drawn(1).registry, set()
    for number in range(2, 60):
        registry = changed(registry, chance, DAY)
        assert registry.change == number
        for point in POINTS:
            asked = Asked("rural_withdrawal", "rural", point, "99900000", True, DAY)
            told.add(registry.judge(asked).is_open)
    assert told == {True, False}
