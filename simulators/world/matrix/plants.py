"""Bugs put into what a switch goes by (simulators/world): its matrix, its cards, its rules.

The switch is told another configuration than the one that everybody believes in.
"""

from __future__ import annotations

from datetime import date, timedelta

from msgspec.structs import replace

from messages.dialects.dialect import Dialect
from simulators.world.plant import Plant
from switch.core.configuration import Configuration
from switch.registry.snapshot import Connection


class Yesterday(Plant):
    """Switches hold requests against the matrix as it was on the day before."""

    promise = "stages"

    def configuration(
        self, configuration: Configuration, before: Configuration | None
    ) -> Configuration:
        """Return it with every opening a day late."""
        del before
        registry = configuration.registry
        if registry is None:
            return configuration
        openings = tuple(
            replace(each, from_day=_later(each.from_day), until_day=_later(each.until_day))
            for each in registry.openings
        )
        return replace(configuration, registry=replace(registry, openings=openings))


def _later(day: int) -> int:
    try:
        then = date(day // 10_000, day // 100 % 100, day % 100) + timedelta(1)
    except OverflowError:
        return day
    return then.year * 10_000 + then.month * 100 + then.day


class AnyCard(Plant):
    """Switches take every card for a social-security card."""

    promise = "stages"

    def configuration(
        self, configuration: Configuration, before: Configuration | None
    ) -> Configuration:
        """Return it with every range of cards a social one."""
        del before
        ranges = tuple(replace(each, is_social=True) for each in configuration.card_ranges)
        return replace(configuration, card_ranges=ranges)


class LateReload(Plant):
    """Switches apply a reloaded registry only with the next change of their configuration."""

    promise = "stages"

    def configuration(
        self, configuration: Configuration, before: Configuration | None
    ) -> Configuration:
        """Return it with the registry of before."""
        if before is None:
            return configuration
        return replace(configuration, registry=before.registry)


class Unplanned(Plant):
    """Switches take every bank's plan of 金保专网 for approved, and for one of all cards."""

    promise = "plans"

    def configuration(
        self, configuration: Configuration, before: Configuration | None
    ) -> Configuration:
        """Return it with a plan for each bank."""
        del before
        registry = configuration.registry
        if registry is None:
            return configuration
        plans = dict.fromkeys(configuration.issuers, Connection(0))
        return replace(configuration, registry=replace(registry, connections=plans))


class AnyPayer(Plant):
    """Switches take remittances from any card, and not from the point's settlement card alone."""

    promise = "remittances"

    def configuration(
        self, configuration: Configuration, before: Configuration | None
    ) -> Configuration:
        """Return it with rules that do not ask whose card it is."""
        del before
        usual, *others = (_from_any_card(each) for each in configuration.terminal_dialects)
        return replace(configuration, terminal_dialect=usual, other_terminal_dialects=tuple(others))


def _from_any_card(dialect: Dialect) -> Dialect:
    rules = tuple(
        rule
        if rule.business is None
        else replace(rule, business=replace(rule.business, from_settlement_card=False))
        for rule in dialect.transactions
    )
    return replace(dialect, transactions=rules)
