"""What people buy at composite terminals in a world (simulators/world), and the product host.

Bonds, wealth products and remote purchases: a list, an order, its payment, its result. Each
terminal draws from a stream of its own; few units are left of each product.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Final

import msgspec

from simulators.installation import PRODUCT_LINK, wires
from simulators.products.books import Shelf, Sort
from simulators.products.host import ProductHost
from simulators.products.sample import host_identity, sample_shelf
from simulators.terminal_memory import Job, Kind, Result, Verdict
from simulators.terminals.services import PURCHASES, payload, to_pay_fen
from simulators.world.actors.bank import Bank
from simulators.world.actors.trade import Desk
from simulators.world.host import Host
from simulators.world.lines import Road
from simulators.world.plant import Plant
from simulators.world.weather.faults import stream

BOUGHT: Final = 0.4
"""Share of purchases among what is asked where there is a shop."""
_LEFT: Final = (3, 12, 60)
_UNITS: Final = (1, 1, 1, 2, 3)
_RECENT: Final = 6
"""Orders from the newest that somebody comes to pay."""
_WRONG: Final = 0.06
"""Share of payments of another amount than was ordered, and of those with another card."""
_KINDS: Final[Mapping[str, Kind]] = {
    Sort.BOND.value: Kind.BOND,
    Sort.WEALTH.value: Kind.WEALTH,
    Sort.REMOTE.value: Kind.REMOTE_PURCHASE,
}


class Purchases:
    """What one composite terminal is asked to buy."""

    def __init__(self, chance: Random, shelf: Shelf) -> None:
        """Sell what is on a shelf; nothing is changed there."""
        self.chance = chance
        self._products = tuple(shelf.products)

    def is_wanted(self) -> bool:
        """Draw whether somebody comes to buy now."""
        return self.chance.random() < BOUGHT

    def job(self, desk: Desk, results: Sequence[Result]) -> Job:
        """Draw a piece of it; `results` are those of the terminal, and `desk` draws as this."""
        made: Job = self.chance.choices(_JOBS, _SHARES)[0](self, desk, results)
        return made

    def order(self, desk: Desk, _results: Sequence[Result]) -> Job:
        """Order some units of a product."""
        chance = self.chance
        units, product = chance.choice(_UNITS), chance.choice(self._products)
        return self._asks(desk, {"S1": "ORD", "P2": product, "P3": str(units)})

    def pay(self, desk: Desk, results: Sequence[Result]) -> Job:
        """Pay an order of late, now and then another amount or with another card."""
        chance = self.chance
        place, is_other, is_wrong = chance.random(), chance.random(), chance.random()
        orders = _orders(results)[-_RECENT:]
        if not orders:
            return self.order(desk, results)
        of = orders[int(place * len(orders))]
        sort, number = of.told["P1"], of.told["S5"]
        holders = [card for card in desk.cards if card.shown == of.shown_card]
        return Job(
            kind=_KINDS[sort],
            card=desk.card if is_other < _WRONG or not holders else holders[0],
            amount_fen=(to_pay_fen(of.told) or 0) + 100 * (is_wrong < _WRONG),
            habits=desk.habits,
            content=payload({"S1": sort, "S5": number}),
        )

    def void(self, desk: Desk, results: Sequence[Result]) -> Job:
        """Take a purchase back; who has none orders. Bonds and wealth products are final."""
        slip = desk.recent(PURCHASES)
        if slip is None:
            return self.order(desk, results)
        return Job(
            kind=Kind.VOID,
            card=desk.card_of(slip),
            amount_fen=slip.amount_fen,
            habits=desk.habits,
            of=slip,
        )

    def ask(self, desk: Desk, results: Sequence[Result]) -> Job:
        """Ask what is sold, or what became of the card's orders, or of one."""
        chance, orders = self.chance, _orders(results)
        tags = chance.choice(({"S1": "LST"}, {"S1": "RES"}, {"S1": "LST", "P1": "BND"}))
        if orders and tags["S1"] == "RES":
            tags = {**tags, "S5": orders[-1].told["S5"]}
        return self._asks(desk, tags)

    def _asks(self, desk: Desk, tags: dict[str, str]) -> Job:
        content = payload(tags)
        return Job(kind=Kind.PRODUCT_INQUIRY, card=desk.card, habits=desk.habits, content=content)


def _orders(results: Sequence[Result]) -> list[Result]:
    """Return the orders that were placed at a terminal, the oldest first."""
    return [
        each
        for each in results
        if each.kind is Kind.PRODUCT_INQUIRY
        and each.verdict is Verdict.APPROVED
        and each.told.get("P1") in _KINDS
        and each.told.get("S5")
    ]


_PIECES: Final[tuple[tuple[int, Callable[[Purchases, Desk, Sequence[Result]], Job]], ...]] = (
    (36, Purchases.order),
    (46, Purchases.pay),
    (10, Purchases.void),
    (8, Purchases.ask),
)
"""Every piece of buying and its share."""
_SHARES: Final = tuple(share for share, _ in _PIECES)
_JOBS: Final = tuple(piece for _, piece in _PIECES)


class Shop(msgspec.Struct, kw_only=True):
    """The product host of a world: one shelf, and a line from each switch."""

    seed: int
    shelf: Shelf

    def purchases(self, terminal: int) -> Purchases:
        """Return what is bought at a composite terminal, by its number."""
        return Purchases(stream(self.seed, f"purchases-{terminal}"), self.shelf)

    def line(self, host: Host, road: Road, chance: Callable[[str], Random], plant: Plant) -> Bank:
        """Return the shop's end of a switch's line to it."""
        end = ProductHost(host_identity(), wires()[1], self.shelf)
        line = Bank(PRODUCT_LINK, end, host, road, chance(PRODUCT_LINK))
        line.plant = plant
        return line


def open_shop(seed: int, plant: Plant) -> Shop:
    """Return a shop that has few of some products."""
    chance, shelf = stream(seed, "shelf"), sample_shelf()
    for product in shelf.products.values():
        product.left = chance.choice(_LEFT)
    return Shop(seed=seed, shelf=plant.shelf(shelf))
