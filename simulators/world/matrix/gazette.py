"""Reloads of a world (simulators/world): another registry, which each switch hears of in its time.

Whoever is down, or frozen, takes it when it is back: the files are what they are by then.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from random import Random
from typing import Final

from msgspec.structs import replace

from simulators.world.agenda import SECOND, Agenda
from simulators.world.host import Host
from simulators.world.matrix.drawing import Planned, changed
from switch.core.moment import local
from switch.registry.snapshot import Registry

_HEARS_WITHIN_NS: Final = 4 * SECOND


class Gazette:
    """The registry as it was published last."""

    def __init__(
        self,
        registry: Registry,
        hosts: Sequence[Host],
        agenda: Agenda,
        plans: Planned | None = None,
    ) -> None:
        """Begin with the registry that all switches have, and its plans of 金保专网."""
        self.registry = registry
        self._plans = plans
        self._hosts = hosts
        self._agenda = agenda

    def publish(self, chance: Random) -> None:
        """Change the registry, and have each switch reload it within seconds."""
        day = local(self._agenda.moment.utc_ms).day
        self.registry = changed(self.registry, chance, day)
        if self._plans is not None:
            self.registry = self._plans.changed(self.registry, day)
        for host in self._hosts:
            wait_ns = chance.randint(0, _HEARS_WITHIN_NS)
            self._agenda.after(wait_ns, partial(self._reload, host))

    def _reload(self, host: Host) -> None:
        """Have a switch read what is published by now."""
        old = host.configuration
        if old.registry is not None and old.registry.change < self.registry.change:
            host.reconfigure(replace(old, number=old.number + 1, registry=self.registry))
