"""Plans of 金保专网 in a world (simulators/world; 五(二)): from which day, and for which cards.

Where there are such plans, acquirers chose 金保专网 first and a bank's own line as the alternate.
Every draw comes from streams that nothing else uses.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final

import msgspec
from msgspec.structs import replace

from routing.links import LinkClass
from simulators.cards import Card
from simulators.world.matrix.drawing import Days, Drawn
from simulators.world.weather.faults import stream
from switch.core.configuration import CardRange, Configuration
from switch.registry.snapshot import Connection, Registry

_APPROVED: Final = (-30, -30, 0, *[1] * 5, 7, None)
"""From which day a plan is approved, from the first day of the world; None for no plan."""
_OF_SOME: Final = 0.5
"""How often a plan covers some cards only."""
_COVERED: Final = 0.6
_CHANGES: Final = 0.5
"""How often what is reloaded changes a plan as well."""


class Plans(msgspec.Struct, frozen=True, kw_only=True):
    """The cards whose ranges a plan may name; each is a range of its own."""

    chance: Random
    pans: tuple[str, ...]

    def set_up(self, configuration: Configuration) -> Configuration:
        """Return a configuration whose acquirers prefer 金保专网, and whose cards have ranges."""
        acquirers = {
            name: replace(each, access=LinkClass.JINBAO, alternate=LinkClass.BANK)
            for name, each in configuration.acquirers.items()
        }
        own = tuple(_own_range(configuration, pan) for pan in self.pans)
        return replace(
            configuration, acquirers=acquirers, card_ranges=(*own, *configuration.card_ranges)
        )

    def changed(self, registry: Registry, day: int) -> Registry:
        """Return the registry in which perhaps a plan is new, older, or wider; none is narrower."""
        chance, days = self.chance, Days(day)
        changes, place, wider = chance.random() < _CHANGES, chance.random(), chance.random()
        approved = days.after(chance.choice((0, 0, 1)))
        banks = sorted(registry.connections)
        if not changes or not banks:
            return registry
        bank = banks[int(place * len(banks))]
        plan = registry.connections[bank]
        ranges = () if wider < _OF_SOME else plan.ranges
        newer = Connection(min(approved, plan.approved), ranges)
        return replace(registry, connections={**registry.connections, bank: newer})


def with_plans(
    drawn: Drawn, seed: int, banks: Sequence[str], cards: Sequence[Card], day: int
) -> Drawn:
    """Return what was drawn around a day (YYYYMMDD), with plans for its banks."""
    chance, days = stream(seed, "plans"), Days(day)
    pans = tuple(sorted(card.pan for card in cards if card.pan not in drawn.others))
    connections: dict[str, Connection] = {}
    for bank in banks:
        after, is_of_some = chance.choice(_APPROVED), chance.random() < _OF_SOME
        covered = tuple(card.pan for card in cards if chance.random() < _COVERED)
        # A plan of some cards that covers none of a world's covers those that no world has.
        ranges = (covered or ("0",)) if is_of_some else ()
        if after is not None:
            connections[bank] = Connection(days.after(after), ranges)
    registry = replace(drawn.registry, connections=connections)
    plans = Plans(chance=stream(seed, "plans/reloads"), pans=pans)
    return replace(drawn, registry=registry, plans=plans)


def _own_range(configuration: Configuration, pan: str) -> CardRange:
    usual = configuration.card_range(pan)
    if usual is None:
        raise ValueError("a card of no issuer")
    return replace(usual, prefix=pan)
