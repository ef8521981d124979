"""The books of the product host (simulators): what is sold, and the orders of it, in fen.

An order is a bill: it is paid once, and its units are taken with the reservation and given back
with the cancellation. What can be bought is data; nothing here knows a bond from a purchase.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from simulators.services.deeds import NOT_FOUND, Deed, DeedBooks

FINAL, SOLD_OUT = "57", "61"
"""DE 39 of the host: this is not taken back, and so many are not left."""


class Sort(StrEnum):
    """What kind of product it is: S1 of its purchase, P1 of a list."""

    BOND = "BND"
    WEALTH = "WLT"
    REMOTE = "RMT"


class Product(msgspec.Struct, kw_only=True):
    """One product: its price for a unit, how many units are left, whether it is taken back."""

    id: str
    sort: Sort
    name: str
    unit_fen: int
    left: int
    is_final: bool = False


class Order(msgspec.Struct, kw_only=True):
    """An order of a card. `reserved_by` and `paid_by` are the RRNs of deeds."""

    number: str
    pan: str
    product: str
    sort: Sort
    units: int
    card_fen: int
    reserved_by: str = ""
    paid_by: str = ""

    def __repr__(self) -> str:
        return f"Order({self.number}, {self.units} of {self.product})"


class Shelf(DeedBooks[Order]):
    """Products by identifier, orders by number, deeds by RRN."""

    def __init__(self) -> None:
        """Begin with nothing to sell."""
        super().__init__()
        self.products: dict[str, Product] = {}

    def __repr__(self) -> str:
        return f"Shelf({len(self.products)} products, {len(self.dues)} orders)"

    def order(self, rrn: str, pan: str, product: str, units: int) -> Order | str:
        """Take an order, the same one however often an RRN asks; else return DE 39."""
        number = f"P{rrn}"
        if (known := self.dues.get(number)) is not None:
            return known
        sold = self.products.get(product)
        if sold is None or units < 1:
            return NOT_FOUND
        if units > sold.left:
            return SOLD_OUT
        fen = units * sold.unit_fen
        made = Order(
            number=number, pan=pan, product=product, sort=sold.sort, units=units, card_fen=fen
        )
        self.dues[number] = made
        return made

    def reserve(self, deed: Deed, pan: str, sort: Sort | None) -> str:
        """Reserve an order for a payment of its sort, or for its undoing where that is None."""

        def refusal(order: Order) -> str:
            product = self.products[order.product]
            if order.pan != pan or sort not in {None, order.sort}:
                return NOT_FOUND
            if sort is None:
                return FINAL if product.is_final else ""
            return SOLD_OUT if order.units > product.left else ""

        return self.reserve_deed(deed, refusal)

    def _carry(self, due: Order, sign: int) -> None:
        self.products[due.product].left -= sign * due.units
