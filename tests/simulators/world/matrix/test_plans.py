"""Plans of 金保专网: drawn around the day of a world, for some cards or all, never taken back."""

from __future__ import annotations

from collections.abc import Iterator

from routing.links import LinkClass
from simulators.installation import ACQUIRER, Size, configuration
from simulators.world.matrix.drawing import Drawn
from simulators.world.matrix.plans import with_plans
from switch.registry.snapshot import Connection
from tests.simulators.world.matrix.test_drawing import BANKS, CARDS, DAY, drawn


def _planned(seed: int) -> Drawn:
    return with_plans(drawn(seed), seed, BANKS, CARDS, DAY)


def _all(count: int = 60) -> Iterator[Connection]:
    for seed in range(count):
        yield from _planned(seed).registry.connections.values()


def test_a_plan_begins_long_ago_today_at_the_next_midnight_or_never() -> None:
    days = {plan.approved for plan in _all()}
    assert days == {20141201, DAY, 20150101, 20150107}
    assert any(len(_planned(seed).registry.connections) < len(BANKS) for seed in range(20))


def test_it_covers_all_cards_or_some() -> None:
    pans, ranges = {card.pan for card in CARDS}, {plan.ranges for plan in _all()}
    assert () in ranges
    assert any(0 < len(each) < len(CARDS) and set(each) <= pans for each in ranges)


def test_nothing_else_that_was_drawn_is_another() -> None:
    for seed in range(5):
        plain, planned = drawn(seed), _planned(seed)
        assert (plain.places, plain.others) == (planned.places, planned.others)
        assert plain.registry.openings == planned.registry.openings


def test_the_way_of_a_card_is_over_the_private_line_where_its_plan_says_so() -> None:
    ways = set()
    for seed in range(30):
        made = _planned(seed).set_up(configuration(Size(terminals=4, issuers=2, lines=2)))
        registry = made.registry
        assert registry is not None
        for card in CARDS:
            found = made.card_range(card.pan)
            assert found is not None
            assert found.prefix == card.pan
            plan = registry.connections.get(found.issuer)
            covers = plan is not None and (not plan.ranges or card.pan in plan.ranges)
            way = made.way(ACQUIRER, found, DAY)
            is_first = way.candidates[0].link_class is LinkClass.JINBAO
            assert is_first == (covers and plan is not None and plan.approved <= DAY)
            ways.add(is_first)
    assert ways == {True, False}


def test_a_reload_makes_plans_older_or_wider_and_never_narrower() -> None:
    seen = set()
    for seed in range(30):
        made = _planned(seed)
        registry = made.registry
        for _ in range(5):
            assert made.plans is not None
            after = made.plans.changed(registry, DAY)
            for bank, plan in registry.connections.items():
                newer = after.connections[bank]
                assert newer.approved <= plan.approved
                assert newer.ranges in {(), plan.ranges}
                seen.add((newer.approved < plan.approved, newer.ranges != plan.ranges))
            registry = after
    assert seen == {(False, False), (True, False), (False, True), (True, True)}
