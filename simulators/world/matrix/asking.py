"""What was asked under which registry (simulators/world), for the checker of stages.

Each copy of a request stands for itself, with the day on which a process took it and the registry
that this process had been given by then.
"""

from __future__ import annotations

import msgspec

from messages.errors import DecodeError
from routing.links import LinkClass
from simulators.wire import Heard, Wire
from switch.core.configuration import Configuration
from switch.core.moment import Moment, local
from switch.registry.snapshot import Registry


class Asked(msgspec.Struct, frozen=True, gc=False):
    """A request as a process took it; `before` is the registry that it had before this one."""

    number: int
    step: int
    by: str
    key: tuple[str, str, str]
    """Terminal (DE 41), batch (DE 60.2) and STAN (DE 11)."""
    codes: tuple[str, str, str]
    """MTI, processing code (DE 3) and transaction type (DE 60.1)."""
    pan: str
    day: int
    registry: Registry
    before: Registry | None

    def __repr__(self) -> str:
        return f"Asked({self.by}, {self.key}, {self.codes}, {self.day})"


class Sent(msgspec.Struct, frozen=True, gc=False):
    """A message about a card that a bank was sent over 金保专网; `registry` was the newest."""

    number: int
    step: int
    by: str
    link: str
    bank: str
    mti: str
    pan: str
    rrn: str
    day: int
    registry: Registry

    def __repr__(self) -> str:
        return f"Sent({self.by}, {self.link}, {self.mti}, {self.rrn}, {self.day})"


class Gate:
    """The registries in force at each switch, and every request that was held against them."""

    def __init__(self, others: frozenset[str], configuration: Configuration | None = None) -> None:
        """Begin with none; `others` are the PANs of cards that are not social-security cards.

        What a configuration's banks are sent over 金保专网 is recorded.
        """
        self.others = others
        self.private = {} if configuration is None else _private(configuration)
        """Each bank's lines of 金保专网, and whose they are."""
        self.sent: list[Sent] = []
        self._newest: Registry | None = None
        self.asked: list[Asked] = []
        self.reloads: list[tuple[int, str]] = []
        """When (by the numbers of a history) which switch took another registry."""
        self._in_force: dict[str, tuple[Registry, Registry | None]] = {}

    def __repr__(self) -> str:
        return f"Gate({len(self.asked)} asked, {len(self.reloads)} reloads)"

    def comes_into_force(self, by: str, registry: Registry | None, number: int) -> None:
        """Record that a switch was told its registry, at its start or by a reload."""
        if registry is None:
            return
        if self._newest is None or self._newest.change < registry.change:
            self._newest = registry
        known = self._in_force.get(by)
        if known is None:
            self._in_force[by] = registry, None
        elif known[0].change != registry.change:
            self._in_force[by] = registry, known[0]
            self.reloads.append((number, by))

    def heard(self, by: str, wire: Wire, frame: bytes, at: tuple[int, int, Moment]) -> None:
        """Record a request of a card; `at` is the number of the record, its step and its time."""
        try:
            heard = wire.hear(frame)
        except DecodeError:
            return
        private, pan = heard.get(60), heard.get(2)
        if heard.mti.startswith("04") or not pan:
            return
        registry, before = self._in_force[by]
        number, step, moment = at
        key = heard.get(41), private[2:8], heard.get(11)
        codes = heard.mti, heard.get(3), private[:2]
        day = local(moment.utc_ms).day
        self.asked.append(Asked(number, step, by, key, codes, pan, day, registry, before))

    def spoken(self, by: str, link: str, heard: Heard, at: tuple[int, int, Moment]) -> None:
        """Record what a bank is sent over one of `private`; `at` as in `heard`."""
        number, step, moment = at
        pan, rrn, day = heard.get(2), heard.get(37), local(moment.utc_ms).day
        if pan and self._newest is not None:
            bank, registry = self.private[link], self._newest
            self.sent.append(Sent(number, step, by, link, bank, heard.mti, pan, rrn, day, registry))


def _private(configuration: Configuration) -> dict[str, str]:
    return {
        link: issuer.id
        for issuer in configuration.issuers.values()
        for link in issuer.links
        if configuration.links[link].link_class is LinkClass.JINBAO
    }
