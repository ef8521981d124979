"""What is bought in a world: orders of what is sold, paid as they say, at the product host."""

from __future__ import annotations

from collections import Counter

from simulators.cards import fictional_card
from simulators.installation import PRODUCT_LINK
from simulators.products.books import Shelf
from simulators.services.deeds import Deeds
from simulators.terminal_memory import Habits, Job, Kind, Result, Verdict
from simulators.terminals.services import told
from simulators.world.actors.shop import BOUGHT, open_shop
from simulators.world.actors.trade import Desk
from simulators.world.plant import Plant
from simulators.world.setting import Setting
from simulators.world.world import World
from tests.simulators.acting import INTERBANK, POS

CARDS = [fictional_card(number) for number in (0, 1, 1000)]
_ORDER = Result(
    kind=Kind.PRODUCT_INQUIRY,
    verdict=Verdict.APPROVED,
    code="00",
    shown_card=CARDS[1].shown,
    told={"S1": "ORD", "P1": "BND", "S5": "P1", "S7": "应付 300.00\n订单 P1"},
)


def _jobs(*results: Result, count: int = 300) -> list[Job]:
    shop = open_shop(1, Plant(POS, INTERBANK))
    purchases = shop.purchases(0)
    desk = Desk(purchases.chance, CARDS[0], CARDS, [], Habits())
    return [purchases.job(desk, results) for _ in range(count)]


def test_without_an_order_everybody_orders_or_asks() -> None:
    jobs = _jobs()
    assert {job.kind for job in jobs} == {Kind.PRODUCT_INQUIRY}
    assert {told(job.content)["S1"] for job in jobs} == {"ORD", "LST", "RES"}


def test_an_order_is_paid_as_it_says_but_for_a_few() -> None:
    paid = [job for job in _jobs(_ORDER) if job.kind is Kind.BOND]
    assert paid
    assert all(told(job.content) == {"S1": "BND", "S5": "P1"} for job in paid)
    right = [job for job in paid if job.amount_fen == 30_000 and job.card == CARDS[1]]
    assert 0.7 * len(paid) < len(right) < len(paid)


def test_about_as_many_buy_as_its_share_says() -> None:
    purchases = open_shop(1, Plant(POS, INTERBANK)).purchases(3)
    assert abs(sum(purchases.is_wanted() for _ in range(1000)) / 1000 - BOUGHT) < 0.06


def test_purchases_of_a_world_go_over_a_line_from_each_switch() -> None:
    world = World(Setting(seed=3, profile="services", social=False, transfers=False))
    lines = [bank.host for bank in world._banks if bank.name == PRODUCT_LINK]
    assert lines == world._hosts
    shelf = world.run().end.shop
    assert isinstance(shelf, Shelf)
    states = Counter(deed.state for deed in shelf.deeds.values())
    assert states[Deeds.CONFIRMED]
    for product in shelf.products.values():
        assert product.left >= 0
