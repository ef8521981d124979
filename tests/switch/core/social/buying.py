"""A counter for tests of products (三(三)): the clinic, with a line to the product host beside."""

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from routing.links import LinkClass
from simulators.installation import wires
from simulators.issuer import Temper
from simulators.products.books import Order
from simulators.products.host import ProductHost
from simulators.products.sample import HOST, host_identity, sample_shelf
from switch.core.configuration import Issuer
from switch.core.events import LinkConnected, LinkDisconnected, LinkFrameReceived
from switch.core.moment import Moment
from tests.switch.core.social import KINDS, Clinic
from tests.switch.core.stage import Issue, approve, configuration

SORTS = {"BND": "bond", "WLT": "wealth", "RMT": "remote"}
"""S1 of a purchase, and its kind here."""
PRODUCTS = {"BND": "GZ1403", "WLT": "LC0090", "RMT": "YC0001"}
CODES = {"BND": "961000", "WLT": "962000", "RMT": "963000"}
_KINDS = {
    "products": ("0100", "960000", "81"),
    **{kind: ("0200", CODES[sort], "82") for sort, kind in SORTS.items()},
}
ADMITTED = frozenset(
    {"product_inquiry", "bond_purchase", "wealth_purchase", "remote_purchase", "social_void"}
)


class Counter(Clinic):
    """The clinic, whose terminal may sell products; `host` is the product host."""

    def __init__(self, issue: Issue = approve, **changes: Any) -> None:  # noqa: ANN401
        self.seller = ProductHost(host_identity(), wires()[1], sample_shelf())
        self.is_seller_up = True
        usual = configuration()
        bank, (terminal,) = usual.links["bank"], usual.terminals.values()
        line = replace(bank, name="products", peer_id=HOST, link_class=LinkClass.BANK)
        social = replace(bank, name="social", peer_id="99980000", link_class=LinkClass.JINBAO)
        whole: dict[str, Any] = {
            "links": {"bank": bank, "social": social, "products": line},
            "product_host": Issuer(id=HOST, name="Products", links=("products",)),
            "terminals": {terminal.id: replace(terminal, transactions=ADMITTED)},
        }
        self.kinds = KINDS | _KINDS
        super().__init__(issue, **(whole | changes))

    def start(self) -> None:
        """Bring a fresh process up, with the seller's line unless that is down."""
        super().start()
        if self.is_seller_up:
            self.connect_seller()

    def connect_seller(self) -> None:
        """Bring the line to the product host up."""
        self.is_seller_up = True
        self.seller.connected()
        self.happen(LinkConnected("products"))

    def disconnect_seller(self) -> None:
        """Cut the line to the product host."""
        self.is_seller_up = False
        self.seller.disconnected()
        self.happen(LinkDisconnected("products"))

    def _at_the_bank(self, frame: bytes) -> None:
        if self.line != "products":
            super()._at_the_bank(frame)
            return
        at = Moment(self.elapsed_ns, self.utc_ms)
        for answer in self.seller.received(frame[4:], at):
            self.happen(LinkFrameReceived("products", answer[4:]))

    def trouble(self, mti: str, **temper: Any) -> None:  # noqa: ANN401 - as `Temper`
        """Have the product host treat messages of one MTI like that."""
        unusual, usual = Temper(**temper), Temper()
        self.seller.temper = lambda heard: unusual if heard.mti.startswith(mti) else usual

    def order(self, sort: str, units: int = 1, stan: str = "000002") -> Order:
        """Order a product of a kind; return the order as the host has it."""
        self.serve("products", stan, None, S1="ORD", P2=PRODUCTS[sort], P3=str(units), S6="")
        assert self.code == "00", self.code
        return self.seller.shelf.dues[self.tags()["S5"]]

    def buy(self, order: Order, stan: str = "000003", fen: int | None = None) -> bytes:
        """Pay an order; return the frame."""
        paid = order.card_fen if fen is None else fen
        kind = SORTS[order.sort]
        return self.serve(kind, stan, paid, S1=order.sort, S5=order.number, S6="")
