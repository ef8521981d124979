"""What a world is made from (simulators/world), and what its seed draws of it.

The same setting gives the same world, to the last byte.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Final

import msgspec

from simulators.accounts import Accounts
from simulators.cards import Card, fictional_card
from simulators.checkers.books.bank_tables import BankTable
from simulators.installation import CARDS_EACH, DEFAULT, Size
from simulators.world.plant import Plant
from simulators.world.weather.faults import stream
from simulators.world.weather.profiles import PROFILES
from switch.core.configuration import Cap, Timers

MOST_TERMINALS: Final = 6
MOST_ISSUERS: Final = 3
MOST_CARDS: Final = 6
"""The most that is drawn of each; cards are those of one issuer."""
MEMORY: Final = "memory"
SQLITE: Final = "sqlite"
SLOW: Final = Timers()
QUICK: Final = Timers(
    answer_ms=20_000,
    issuer_ms=12_000,
    advice_retry_ms=(500, 2_000, 10_000),
    echo_ms=20_000,
    sign_on_ms=5_000,
)
CAPS: Final = (*DEFAULT.caps, Cap(20140910, 200_000, "银发〔2014〕235号", counter="remittance"))
"""Where cash is remitted: 2 000 yuan a payee card and day, and nothing before that day."""
BUSINESS: Final[Mapping[str, float]] = {
    "transfers": 0.2,
    "social": 0.25,
    "payouts": 0.7,
    "products": 0.15,
    "stages": 0.15,
    "remittances": 0.1,
    "plans": 0.5,
}
"""What may be done in a world besides, and in which share of worlds; pay-outs need a host, stages
are a registry that says who may do what where, which may have plans of 金保专网. What is new here
draws after all others."""
_BALANCES_FEN: Final = (30_000, 500_000, 5_000_000)


class Setting(msgspec.Struct, frozen=True, kw_only=True):
    """What a world is made from.

    `until` is the last step that happens, 0 for all. `without` are kinds of faults, and business of
    `BUSINESS`, left out; `terminals`, `issuers` and `cards` leave out what was drawn beyond them, 0
    for nothing.
    """

    seed: int
    minutes: int = 3
    days: int = 0
    """How many days, each settled at its end, with so many minutes of trade; 0: as is drawn."""
    profile: str = "mixed"
    plant: str = ""
    ledger: str = MEMORY
    until: int = 0
    without: tuple[str, ...] = ()
    terminals: int = 0
    issuers: int = 0
    cards: int = 0
    keeps_trace: bool = False
    settles: bool = True
    """Whether every terminal settles its batch once all is quiet."""
    transfers: bool | None = None
    """Whether people transfer money from card to card too; None for what is drawn."""
    social: bool | None = None
    """Whether people use social services, and benefits are paid out; None for what is drawn."""
    products: bool | None = None
    """Whether people buy bonds, wealth products and from afar; None for what is drawn."""
    stages: bool | None = None
    """Whether a registry says who may do what where; None for what is drawn."""
    remittances: bool | None = None
    """Whether people remit cash from terminals; None for what is drawn."""


class Business(msgspec.Struct, frozen=True, kw_only=True):
    """What is done in a world beside the ordinary."""

    transfers: bool = False
    social: bool = False
    payouts: bool = False
    products: bool = False
    stages: bool = False
    remittances: bool = False
    plans: bool = False


def business_of(setting: Setting) -> Business:
    """Draw what is done besides, from a stream of its own; a profile may want all of it."""
    chance = stream(setting.seed, "business")
    always = PROFILES[setting.profile].business
    drawn = {name: (chance.random() < share) | (name in always) for name, share in BUSINESS.items()}
    for name in ("transfers", "products", "stages", "remittances"):
        wanted: bool | None = getattr(setting, name)
        if wanted is not None:
            drawn[name] = wanted
    if setting.social is not None:
        drawn["social"] = setting.social
        drawn["payouts"] |= setting.social
    is_on = {name: drawn[name] and name not in setting.without for name in BUSINESS}
    is_on["payouts"] &= is_on["social"]
    is_on["plans"] &= is_on["stages"]
    return Business(**is_on)


def size_of(setting: Setting, chance: Random) -> Size:
    """Draw how many terminals and issuers there are, and how the switch is set up."""
    timers, business = chance.choice((SLOW, QUICK)), business_of(setting)
    return Size(
        terminals=_at_most(chance.randint(1, MOST_TERMINALS), setting.terminals),
        issuers=_at_most(chance.randint(1, MOST_ISSUERS), setting.issuers),
        timers=timers,
        repeats_get_stored_answer=chance.random() < 0.5,  # noqa: PLR2004 - as likely as not
        transfers=business.transfers or business.remittances,
        social=business.social,
        products=business.products,
        lines=max(chance.randint(1, 2), 2 * business.plans),
        tariffs=tariff_of(setting).tariffs,
        caps=CAPS if business.remittances else DEFAULT.caps,
    )


def days_of(setting: Setting) -> int:
    """Draw how many days there are."""
    return setting.days or stream(setting.seed, "days").choice(PROFILES[setting.profile].days)


def tariff_of(setting: Setting) -> BankTable:
    """Draw what the banks take of cardholders."""
    return stream(setting.seed, "fees").choice(tuple(BankTable))


def cards_of(
    setting: Setting, chance: Random, size: Size, plant: Plant
) -> tuple[list[Card], list[Accounts]]:
    """Return the cards that are used, and the books in which their accounts are open."""
    books = [plant.accounts() for _ in range(size.issuers)]
    cards = []
    for number in range(_at_most(chance.randint(1, MOST_CARDS), setting.cards)):
        for issuer, accounts in enumerate(books):
            card = fictional_card(issuer * CARDS_EACH + number)
            accounts.open(card, chance.choice(_BALANCES_FEN))
            cards.append(card)
    return cards, books


def _at_most(drawn: int, limit: int) -> int:
    return min(drawn, limit) if limit else drawn
