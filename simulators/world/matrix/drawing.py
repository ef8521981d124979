"""The registry of a world (simulators/world): who may do what where, drawn around its own days.

Stages open and close at a midnight of the world, for everyone or at one place; some cards are no
social-security cards. A change of it is what a reload brings.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Final, Protocol

import msgspec
from msgspec.structs import replace

from messages.dialects.loader import load_dialect
from simulators.cards import Card
from simulators.installation import ACQUIRER, MERCHANT, terminal_id
from simulators.world.weather.faults import stream
from switch.config.registry.stages import Stages, load_stages
from switch.core.configuration import CardRange, Channel, Configuration, Terminal
from switch.registry.snapshot import Connection, Point, Registry, Span
from switch.registry.stages import EVERYWHERE, NO_END, Opening, Stage

STAGES: Final = "chongqing-2014"
POINTS: Final[Mapping[str, str]] = {
    MERCHANT: "500101",
    "999653080110002": "500101",
    "999653080110003": "500102",
}
"""Merchant of each service point -> its district."""
_CHANNELS: Final = (*[Channel.RURAL] * 8, Channel.URBAN, Channel.MERCHANT)
_OTHERS: Final = 0.35
"""Share of cards of other kinds."""
_USUAL: Final = 0.97
"""How often what a point needs is there since long."""
_DEVICES: Final = (*["composite"] * 6, "pos")
_PLANNED: Final[tuple[tuple[str, ...], ...]] = (*[()] * 6, ("0",))
"""The card ranges of a plan: all, or none that a world has."""
_OF_ITS_OWN: Final = 0.35
"""How often the first stage is opened place by place, instead of everywhere on one day."""
_LATER_STAGES: Final = ("other-cards", "transfer", "products", "further", "subsidies")
_RECORDED: Final = 0.9
"""How often a later stage has openings at all."""


class Planned(Protocol):
    """Plans of 金保专网, where a world has them of its own."""

    def set_up(self, configuration: Configuration) -> Configuration:
        """Return a configuration in which they matter."""

    def changed(self, registry: Registry, day: int) -> Registry:
        """Return a registry in which one of them has perhaps changed, as it is reloaded."""


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """What is drawn: the first registry, where each terminal stands, cards that are not social."""

    registry: Registry
    places: tuple[tuple[str, Channel], ...]
    others: frozenset[str]
    plans: Planned | None = None

    def merchant(self, terminal: int) -> str:
        """Return the merchant of a terminal, by its number."""
        return self.places[terminal][0]

    def set_up(self, configuration: Configuration) -> Configuration:
        """Return a configuration with the places, cards and registry of this."""
        terminals: dict[str, Terminal] = {
            each.id: replace(each, merchant=merchant, channel=channel, transactions=None)
            for each, (merchant, channel) in zip(
                configuration.terminals.values(), self.places, strict=True
            )
        }
        others = tuple(self._other(configuration, pan) for pan in sorted(self.others))
        made = replace(
            configuration,
            terminals=terminals,
            merchants=frozenset(POINTS),
            card_ranges=(*others, *configuration.card_ranges),
            registry=self.registry,
        )
        return made if self.plans is None else self.plans.set_up(made)

    def _other(self, configuration: Configuration, pan: str) -> CardRange:
        usual = configuration.card_range(pan)
        if usual is None:
            raise ValueError("a card of no issuer")
        return replace(usual, prefix=pan, is_social=False)


def draw_stages(
    seed: int, terminals: int, cards: Sequence[Card], issuers: Sequence[str], day: int
) -> Drawn:
    """Draw a registry around a day (YYYYMMDD), from a stream of its own."""
    chance = stream(seed, "stages")
    merchants = tuple(POINTS)
    places = tuple((chance.choice(merchants), chance.choice(_CHANNELS)) for _ in range(terminals))
    others = frozenset(card.pan for card in cards if chance.random() < _OTHERS)
    days = Days(day)
    stages, openings = _stages(chance, days)
    registry = Registry(
        change=1,
        stages=stages,
        openings=openings,
        points={merchant: _point(merchant, chance, days) for merchant in merchants},
        pilots={name: days.usual(chance) for name in sorted(set(POINTS.values()))},
        qualifications={ACQUIRER: _span(chance, days)},
        connections={
            issuer: Connection(plan, chance.choice(_PLANNED))
            for issuer in issuers
            if (plan := days.usual(chance)) is not None
        },
        devices={terminal_id(number): chance.choice(_DEVICES) for number in range(terminals)},
        composite_only=_packaged().composite_only,
    )
    return Drawn(registry=registry, places=places, others=others)


class Days:
    """Days around the first of a world, as YYYYMMDD."""

    def __init__(self, day: int) -> None:
        """Take the first day."""
        self._first = date(day // 10_000, day // 100 % 100, day % 100)

    def after(self, days: int) -> int:
        """Return the day so many days later, or before."""
        then = self._first + timedelta(days)
        return then.year * 10_000 + then.month * 100 + then.day

    def usual(self, chance: Random) -> int | None:
        """Draw since when something holds: mostly since long, else from tomorrow on, or never."""
        is_usual, later = chance.random() < _USUAL, chance.choice((1, 1, 2, None))
        if is_usual:
            return self.after(-30)
        return None if later is None else self.after(later)

    def agreement(self, chance: Random) -> Span | None:
        """Draw the days of an agreement: some are over already, or are from tomorrow on."""
        first, last = self.usual(chance), chance.choice(_LAST_DAYS)
        return None if first is None else Span(first, self.ends(last))

    def ends(self, last: int | None) -> int:
        """Return the day so many days later, the last of all for None."""
        return NO_END if last is None else self.after(last)

    def window(self, chance: Random) -> tuple[int, int]:
        """Draw from when until when a stage is open."""
        first, last = chance.choice(_WINDOWS)
        return self.after(first), self.ends(last)


_LAST_DAYS: Final = (*[None] * 16, -1, 0, 0, 1)
"""The last day of an agreement, from the first day of the world; None for no end."""
_WINDOWS: Final[tuple[tuple[int, int | None], ...]] = (
    *[(-30, None)] * 5,
    *[(1, None)] * 4,
    *[(-30, 0)] * 3,
    (0, 1),
    (7, None),
    (-30, -1),
)
"""First and last day of an opening, from the first day of the world; None for no end."""


@cache
def _packaged() -> Stages:
    rules = [load_dialect(name).transactions for name in ("pos", "composite")]
    known = frozenset(rule.id for each in rules for rule in each)
    return load_stages(STAGES, Path(), known)


def _stages(chance: Random, days: Days) -> tuple[tuple[Stage, ...], tuple[Opening, ...]]:
    stages, openings = list(_packaged().stages), []
    if chance.random() < _OF_ITS_OWN:
        first = stages[0]
        stages[0] = replace(first, open_from=None)
        openings += [_opening(first.id, chance, days) for _ in range(chance.randint(1, 3))]
    for name in _LATER_STAGES:
        is_recorded, number = chance.random() < _RECORDED, chance.randint(1, 2)
        drawn = [_opening(name, chance, days) for _ in range(number)]
        openings += drawn if is_recorded else ()
    return tuple(stages), tuple(openings)


def _opening(stage: str, chance: Random, days: Days) -> Opening:
    scopes = [EVERYWHERE] * 3 + [f"acquirer:{ACQUIRER}"]
    scopes += [f"point:{merchant}" for merchant in POINTS]
    scopes += [f"district:{name}" for name in sorted(set(POINTS.values()))]
    first, last = days.window(chance)
    return Opening(stage=stage, scope=chance.choice(scopes), from_day=first, until_day=last)


def _point(merchant: str, chance: Random, days: Days) -> Point:
    return Point(
        merchant=merchant,
        district=POINTS[merchant],
        is_eligible=chance.random() < _USUAL,
        open_from=days.usual(chance) or days.after(2),
        agreed=days.agreement(chance),
    )


def _span(chance: Random, days: Days) -> Span:
    is_usual, ends = chance.random() < _USUAL, chance.random() < 0.5  # noqa: PLR2004
    if is_usual:
        return Span(days.after(-300), days.after(300))
    return Span(days.after(-300), days.after(0)) if ends else Span(days.after(1), days.after(300))


# -------------------------------------------------------------------------------------- reloads


def changed(registry: Registry, chance: Random, day: int) -> Registry:
    """Return the registry after one drawn change, as it is reloaded on a day."""
    change = chance.choice(_CHANGES)
    return replace(change(registry, chance, Days(day)), change=registry.change + 1)


def _opened(registry: Registry, chance: Random, days: Days) -> Registry:
    """Open a stage somewhere, from today or tomorrow on."""
    names = ("initial", "initial", *_LATER_STAGES)
    drawn = _opening(chance.choice(names), chance, days)
    from_day = days.after(chance.choice((0, 0, 1)))
    opening = replace(drawn, from_day=from_day, until_day=NO_END)
    return replace(registry, openings=(*registry.openings, opening))


def _closed(registry: Registry, chance: Random, days: Days) -> Registry:
    """Let an opening end, today or yesterday; or the first stage, where it is open everywhere."""
    last = days.after(chance.choice((-1, -1, 0)))
    openings, at = list(registry.openings), chance.random()
    if not openings or at < _OF_ITS_OWN:
        first = registry.stages[0]
        stages = (replace(first, open_from=None), *registry.stages[1:])
        if first.open_from is None:
            return replace(registry, openings=())
        short = Opening(stage=first.id, scope=EVERYWHERE, from_day=first.open_from, until_day=last)
        return replace(registry, stages=stages, openings=(*openings, short))
    place = int(chance.random() * len(openings))
    ended = openings[place]
    if ended.from_day > last:
        del openings[place]
    else:
        openings[place] = replace(ended, until_day=last)
    return replace(registry, openings=tuple(openings))


def _agreed(registry: Registry, chance: Random, days: Days) -> Registry:
    """Change one point: its agreement ends, or begins."""
    merchant, is_over = chance.choice(tuple(POINTS)), chance.random() < 0.5  # noqa: PLR2004
    point = registry.points[merchant]
    agreed = Span(days.after(-30), days.after(-1)) if is_over else Span(days.after(0), NO_END)
    changed_point = replace(point, agreed=agreed, is_eligible=True, open_from=days.after(-30))
    return replace(registry, points={**registry.points, merchant: changed_point})


def _piloted(registry: Registry, chance: Random, days: Days) -> Registry:
    """Make every district a pilot since long, or one of them only from tomorrow on."""
    name, ends = chance.choice(tuple(registry.pilots)), chance.random() < 0.3  # noqa: PLR2004
    pilots: dict[str, int | None] = dict.fromkeys(registry.pilots, days.after(-30))
    if ends:
        pilots[name] = days.after(1)
    return replace(registry, pilots=pilots)


def _qualified(registry: Registry, chance: Random, days: Days) -> Registry:
    """Let the acquirer be qualified for long, or until yesterday."""
    ends = chance.random() < 0.2  # noqa: PLR2004
    span = Span(days.after(-300), days.after(-1 if ends else 300))
    return replace(registry, qualifications={ACQUIRER: span})


def _equipped(registry: Registry, chance: Random, _: Days) -> Registry:
    """Register another device for one terminal."""
    terminal = chance.choice(tuple(registry.devices))
    device = chance.choice(("composite", "pos"))
    return replace(registry, devices={**registry.devices, terminal: device})


_CHANGES: Final[tuple[Callable[[Registry, Random, Days], Registry], ...]] = (
    *[_opened] * 4,
    *[_closed] * 3,
    _agreed,
    _piloted,
    _qualified,
    _equipped,
)
"""Every change and its share."""
