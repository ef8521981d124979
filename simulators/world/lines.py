"""Connections (simulators/world): two directions in order, with latency, until they are cut.

As on TCP: a cut loses what was on its way, or lets it arrive before the end of the connection is
noticed, and each side notices in its own time.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

import msgspec

from simulators.world.agenda import MS, SECOND, Agenda
from simulators.world.faults import Faults

_LATENCY_NS: Final = (1 * MS, 40 * MS)
_NOTICE_NS: Final = 3 * SECOND
"""How long a side may take to notice that its connection is gone."""


class Road(msgspec.Struct, frozen=True):
    """What all connections of a world share."""

    agenda: Agenda
    faults: Faults
    chance: Random


class Way:
    """One direction: frames in order to a receiver, and at last the news of the end."""

    def __init__(
        self, road: Road, receive: Callable[[bytes], None], ended: Callable[[], None]
    ) -> None:
        """Deliver to `receive`; call `ended` once, after the last frame."""
        self._road = road
        self._receive = receive
        self._ended = ended
        self._last_ns = 0
        self._in_flight = 0
        self._is_open = True
        self._is_lost = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing is on its way."""
        return not self._in_flight

    def send(self, frame: bytes) -> None:
        """Send a frame; over an ended connection it is lost."""
        road, faults = self._road, self._road.faults
        delay_ns = road.chance.randint(*_LATENCY_NS)
        if faults.happens(road.chance, faults.delay):
            delay_ns += road.chance.randint(0, faults.delay_ms) * MS
        is_doubled = faults.happens(road.chance, faults.duplicate)
        if not self._is_open:
            return
        for _ in range(1 + is_doubled):
            self._last_ns = max(self._last_ns, road.agenda.now_ns + delay_ns)
            self._in_flight += 1
            road.agenda.at(self._last_ns, lambda: self._deliver(frame))

    def _deliver(self, frame: bytes) -> None:
        self._in_flight -= 1
        if not self._is_lost:
            self._receive(frame)

    def end(self, *, loses: bool, is_own: bool = False) -> None:
        """End the direction: lose what is on its way, or deliver it first. `is_own`: at once."""
        if not self._is_open:
            return
        self._is_open = False
        agenda = self._road.agenda
        notice_ns = self._road.chance.randint(0, _NOTICE_NS)
        if is_own:
            self._is_lost = True
            agenda.after(0, self._ended)
        elif loses:
            self._is_lost = True
            agenda.after(notice_ns, self._ended)
        else:
            agenda.at(max(self._last_ns, agenda.now_ns + notice_ns), self._ended)


class Line:
    """One connection between a client and the switch or a bank."""

    def __init__(self, road: Road, there: Way, back: Way) -> None:
        """Take the two directions: from the client, and to it."""
        self._road = road
        self.there = there
        self.back = back

    def cut(self) -> None:
        """Lose the connection from outside."""
        faults, chance = self._road.faults, self._road.chance
        for way in (self.there, self.back):
            way.end(loses=not faults.happens(chance, faults.straggle))

    def close_by_client(self) -> None:
        """End it at the client's wish: what it sent still arrives."""
        self.back.end(loses=True, is_own=True)
        self.there.end(loses=False)

    def close_by_server(self, *, loses: bool = False) -> None:
        """End it at the server's wish, or (`loses`) with its process."""
        self.there.end(loses=True, is_own=True)
        self.back.end(loses=loses)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is on its way in either direction."""
        return self.there.is_empty and self.back.is_empty
