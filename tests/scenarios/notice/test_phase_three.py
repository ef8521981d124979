"""三(三): 购买国债和理财产品、远程消费 at a composite terminal, with both ledgers: done as told.

List, order, payment, result; two legs, and one promise over crashes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from bench.serving import until
from simulators.cards import fictional_card
from simulators.installation import composite_wire, terminal_identity
from simulators.issuer import CALM, Temper
from simulators.live import LiveTerminal
from simulators.products.books import Order
from simulators.products.host import ProductHost
from simulators.products.sample import host_identity, sample_shelf
from simulators.terminal import Terminal
from simulators.terminal_memory import Job, Kind, Result
from simulators.terminals.services import payload
from switch.core.operations import Row
from switch.core.transaction import State
from switch.shell.clock import Clock
from tests.scenarios.town import LINK_WIRE, Town, play, town

_DAY = "2014-06-18T09:30"
CARD = fictional_card(0)


class Counter:
    """A village clinic whose composite terminal sells products."""

    def __init__(self, here: Town, seller: ProductHost) -> None:
        self.here = here
        self.seller = seller
        self.terminal = Terminal(terminal_identity(), composite_wire())

    async def start(self) -> None:
        """Start the switch again, and connect to it."""
        await self.here.start(_DAY)
        await self.connect()

    async def connect(self) -> None:
        """Bring the terminal's line up."""
        self.line = LiveTerminal(self.terminal, composite_wire(), Clock())
        await self.line.connect("127.0.0.1", self.here.port)

    async def ask(self, kind: Kind, fen: int = 0, **tags: str) -> Result:
        """Ask for something with the first card; return how it ended."""
        job = Job(kind=kind, card=CARD, amount_fen=fen, content=payload(tags))
        return (await self.line.do(job))[-1]

    async def order(self, product: str, units: int = 1) -> Order:
        """Order a product."""
        told = await self.ask(Kind.PRODUCT_INQUIRY, S1="ORD", P2=product, P3=str(units))
        return self.seller.shelf.dues[told.told["S5"]]

    async def pay(self, order: Order) -> Result:
        """Pay an order for a bond."""
        return await self.ask(Kind.BOND, order.card_fen, S1="BND", S5=order.number)

    async def legs(self, state: State, bill: str) -> Row:
        """Wait until a row has both legs like that; return it."""

        def found(rows: list[Row]) -> list[Row]:
            return [
                row
                for row in rows
                if row.bill is not None and (row.state, row.bill.state.name) == (state, bill)
            ]

        return found(await self.here.rows(lambda rows: bool(found(rows))))[-1]

    @property
    def balance_fen(self) -> int:
        """What is in the card's account."""
        return self.here.bank.accounts.balance_fen(CARD.pan)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """Return where the ledger is: nowhere for the file."""
    if request.param == "sqlite":
        return ""
    found: str = request.getfixturevalue("ledger_url")
    return found


def _played(
    folder: Path, url: str, scenario: Callable[[Counter], Coroutine[Any, Any, None]]
) -> None:
    async def whole() -> None:
        seller = ProductHost(host_identity(), LINK_WIRE, sample_shelf())
        async with town(folder / "city", _DAY, host=seller, url=url) as here:
            counter = Counter(here, seller)
            await counter.connect()
            await scenario(counter)

    play(whole())


def test_bonds_are_listed_ordered_paid_and_shown_and_a_crash_loses_no_leg(
    tmp_path: Path, url: str
) -> None:
    async def scenario(here: Counter) -> None:
        bank, product = here.here.bank, here.seller.shelf.products["GZ1403"]
        listed = await here.ask(Kind.PRODUCT_INQUIRY, S1="LST", P1="BND")
        assert "储蓄国债三年期 100.00" in listed.told["S7"]
        first = await here.order("GZ1403", 3)
        paid = await here.pay(first)
        assert (paid.code, here.balance_fen, product.left) == ("00", 1_000_000 - 30_000, 497)
        shown = await here.ask(Kind.PRODUCT_INQUIRY, S1="RES", S5=first.number)
        assert f"已支付 {paid.rrn}" in shown.told["S7"]
        # The confirmation is not heard, then the switch dies: the next one repeats it.
        here.seller.temper = lambda heard: Temper(ignores=heard.mti.startswith("022"))
        second = await here.order("GZ1403")
        assert (await here.pay(second)).code == "00"
        await here.legs(State.APPROVED, "CONFIRMING")
        here.here.switch.kill()
        here.seller.temper = lambda _: CALM
        await here.start()
        await until(lambda: bool(second.paid_by), 30.0)
        # The bank carries the debit out and nobody hears of it, then the switch dies: both go back.
        third = await here.order("GZ1403")
        bank.temper = lambda heard: Temper(answers=0 if heard.mti == "0200" else 1)
        task = asyncio.create_task(here.pay(third))
        await until(lambda: here.balance_fen == 1_000_000 - 50_000, 30.0)
        assert third.reserved_by
        here.here.switch.kill()
        await task
        bank.temper = lambda _: CALM
        await here.start()
        await here.legs(State.REVERSED, "CANCELLED")
        assert here.balance_fen == 1_000_000 - 40_000
        assert (third.reserved_by, third.paid_by, product.left) == ("", "", 496)

    _played(tmp_path, url, scenario)
