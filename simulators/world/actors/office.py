"""The social-security office of a world (simulators/world): its host, its lines, its pay-outs.

One office with one set of books; each switch has a line to it. Every draw comes from streams that
nothing else uses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Final

import msgspec

from simulators.cards import Card
from simulators.installation import CARDS_EACH, SOCIAL_LINK, composite_wire, wires
from simulators.social_security.books import Books
from simulators.social_security.host import SocialHost
from simulators.social_security.sample import host_identity
from simulators.wire import Wire
from simulators.world.actors.agency import Agency
from simulators.world.actors.bank import Bank
from simulators.world.actors.services import Services, people
from simulators.world.history import History
from simulators.world.host import Host
from simulators.world.ledgers.kept import Kept
from simulators.world.lines import Road
from simulators.world.plant import Plant
from simulators.world.weather.faults import stream

_COMPOSITE: Final = 0.7
"""Share of composite terminals."""


class Office(msgspec.Struct, kw_only=True):
    """What stands at the office. `agency` is None where nothing is paid out."""

    seed: int
    cards: Sequence[Card]
    books: Books
    agency: Agency | None = None

    def services(self, terminal: int) -> Services | None:
        """Return what is asked of a terminal, by its number; None where it is no composite one."""
        chance = stream(self.seed, f"services-{terminal}")
        is_composite = chance.random() < _COMPOSITE
        return Services(chance, self.cards, self.books) if is_composite else None

    def lines(
        self, host: Host, road: Road, chance: Callable[[str], Random], plant: Plant
    ) -> list[Bank]:
        """Return the office's end of a switch's line to it."""
        host_end = SocialHost(host_identity(), wires()[1], self.books)
        line = Bank(SOCIAL_LINK, host_end, host, road, chance(SOCIAL_LINK))
        line.plant = plant
        return [line]


def open_office(seed: int, cards: Sequence[Card], issuers: int, plant: Plant) -> Office:
    """Return an office whose persons hold these cards, which go from issuer to issuer in turn."""
    numbers = [
        issuer * CARDS_EACH + number
        for number in range(len(cards) // issuers)
        for issuer in range(issuers)
    ]
    books = people(numbers, stream(seed, "persons"))
    return Office(seed=seed, cards=cards, books=plant.office(books))


def open_agency(
    office: Office, history: History, road: Road, ways: Mapping[str, tuple[Host, Kept]]
) -> Agency:
    """Have the office pay its benefits out through these switches."""
    agency = Agency(office.books, ways, road, stream(office.seed, "agency"))
    agency.history = history
    for payout in agency.payouts:
        history.keep_secret(payout.pan)
    office.agency = agency
    return agency


def keep_secrets(office: Office, history: History) -> None:
    """Have the persons' identity numbers looked for in all that is stored and reported."""
    for person in office.books.persons.values():
        history.keep_secret(person.identity)


def is_composite(seed: int, terminal: int) -> bool:
    """Draw whether a terminal is a composite one, in a world that has such."""
    return stream(seed, f"services-{terminal}").random() < _COMPOSITE


def wire_of(*, composite: bool) -> Wire:
    """Return what a terminal speaks."""
    return composite_wire() if composite else wires()[0]
