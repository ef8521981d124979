"""Connections (simulators/world): two directions of bytes in order, with latency, until they end.

As on TCP: a cut loses what was on its way, or lets it arrive before the end of the connection is
noticed, each side notices in its own time, and frames arrive in whatever pieces.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random
from typing import Final

import msgspec

from messages.framing import Deframer, Framing
from simulators.network.path import Direction, Network
from simulators.world.agenda import MS, SECOND, Agenda
from simulators.world.weather.faults import Faults

_SOONEST_NS: Final = 1 * MS
_SPREAD_NS: Final = 39 * MS
"""The least that a frame is on its way, and how much longer it may be."""
_NOTICE_NS: Final = 3 * SECOND
"""How long a side may take to notice that its connection is gone."""
_AS_LIKELY_AS_NOT: Final = 0.5
_LATER_NS: Final = 5 * SECOND
"""How much later than its first a copy may come."""
_NEXT_NS: Final = 200 * MS
"""How long a frame waits to be glued to the next one."""


class Road(msgspec.Struct, frozen=True):
    """What all connections of a world share."""

    agenda: Agenda
    faults: Faults
    chance: Random


class Way:
    """One direction: bytes in order to a receiver's deframer, and at last the news of the end."""

    __slots__ = (
        "_deframer", "_ended", "_held", "_in_flight", "_is_lost", "_is_open", "_last_ns",
        "_receive", "_road", "direction",
    )  # fmt: skip

    def __init__(
        self,
        road: Road,
        framing: Framing,
        receive: Callable[[bytes], None],
        ended: Callable[[], None],
    ) -> None:
        """Deliver whole frames without prefix to `receive`; call `ended` once, at the end."""
        self._road = road
        self._deframer = Deframer(framing)
        self._receive = receive
        self._ended = ended
        self._held = b""
        self.direction: Direction | None = None
        """What it goes through besides, where its line goes over a network."""
        self._last_ns = 0
        self._in_flight = 0
        self._is_open = True
        self._is_lost = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing is on its way."""
        return not self._in_flight and not self._held

    def send(self, frame: bytes) -> None:
        """Send a whole frame, prefix included; over an ended connection it is lost."""
        road = self._road
        faults, chance = road.faults, road.chance
        likely, draw = faults.likelihood, chance.random
        delay_ns = int(draw() * _SPREAD_NS) + _SOONEST_NS
        if draw() < likely["delay"] and faults.comes("delay"):
            delay_ns += faults.lasts_ns(chance, "delay_ms")
        is_doubled = draw() < likely["duplicate"] and faults.comes("duplicate")
        is_split = draw() < likely["split"] and faults.comes("split")
        is_held = draw() < likely["merge"] and faults.comes("merge")
        is_later = draw() < _AS_LIKELY_AS_NOT
        later_ns = int(draw() * _LATER_NS)
        if not self._is_open:
            return
        chunk = frame
        if is_doubled and is_later:
            road.agenda.after(later_ns, partial(self._again, frame))
        elif is_doubled:
            chunk = frame * 2
        if self._held:
            chunk = self._held + chunk
        elif is_held:
            self._held = chunk
            road.agenda.after(_NEXT_NS, self._let_go)
            return
        self._held = b""
        if is_split:
            at = chance.randrange(1, len(chunk))
            self._put(chunk[:at], delay_ns // 2)
            chunk = chunk[at:]
        self._put(chunk, delay_ns)

    def _again(self, frame: bytes) -> None:
        """Send the copy of a frame that comes later than its first."""
        if self._is_open:
            self._put(frame, _SOONEST_NS)

    def _let_go(self) -> None:
        """Send a frame that waited for another one in vain."""
        chunk, self._held = self._held, b""
        if chunk:
            self._put(chunk, _SOONEST_NS)

    def _put(self, chunk: bytes, delay_ns: int) -> None:
        agenda = self._road.agenda
        sent_ns = agenda.now_ns + delay_ns
        if self.direction is not None:
            sent_ns = self.direction.arrival_ns(len(chunk), sent_ns)
        self._last_ns = max(self._last_ns, sent_ns)
        self._in_flight += 1
        agenda.at(self._last_ns, partial(self._deliver, chunk))

    def _deliver(self, chunk: bytes) -> None:
        self._in_flight -= 1
        if not self._is_lost:
            for frame in self._deframer.feed(chunk):
                self._receive(frame)

    def stick(self, until_ns: int) -> None:
        """Have its receiver read nothing until then."""
        self._last_ns = max(self._last_ns, until_ns)

    def end(self, *, loses: bool, is_own: bool = False) -> None:
        """End the direction: lose what is on its way, or deliver it first. `is_own`: at once."""
        if not self._is_open:
            return
        self._let_go()
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

    __slots__ = ("_road", "back", "there")

    def __init__(self, road: Road, there: Way, back: Way) -> None:
        """Take the two directions: from the client, and to it."""
        self._road = road
        self.there = there
        self.back = back

    def go_over(self, network: Network) -> None:
        """Lead both directions through a network from now on."""
        self.there.direction = network.connect()
        self.back.direction = network.connect(is_back=True)

    def cut(self) -> None:
        """Lose the connection from outside."""
        faults, chance = self._road.faults, self._road.chance
        for way in (self.there, self.back):
            way.end(loses=not faults.happens(chance, "straggle"))

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
