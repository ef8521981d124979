"""A network between two parties without I/O (simulators): when do bytes arrive, and is it up.

A path of hops as a profile has it: each carries so much a second, adds latency and jitter, and
keeps order. Chance is seeded, time is an argument: a virtual clock serves as well as a real one.
"""

from __future__ import annotations

from random import Random
from typing import Final

from routing.links import Hop, Profile

_NS_PER_US: Final = 1_000
_NS_PER_MS: Final = 1_000_000
_BITS: Final = 8


class Network:
    """One path, shared by all connections over it: they share what its hops can carry."""

    def __init__(self, profile: Profile, seed: str) -> None:
        """Begin idle and up, at elapsed nanosecond 0."""
        self.profile = profile
        self._seed = seed
        self._outages = _Outages(profile, Random(f"{seed}/outages"))  # noqa: S311 - no secret
        self._free: dict[tuple[int, bool], int] = {}
        self._ways = 0
        self._cut_by_hand = False

    def connect(self, *, is_back: bool = False) -> Direction:
        """Return one direction of a new connection; `is_back` goes through the hops backwards."""
        self._ways += 1
        chance = Random(f"{self._seed}/{self._ways}")  # noqa: S311 - no secret
        return Direction(self, chance, is_back=is_back)

    def fail(self) -> None:
        """Fail until `restore`, whatever the profile says; connections are lost."""
        self._cut_by_hand = True

    def restore(self) -> None:
        """End what `fail` began."""
        self._cut_by_hand = False

    def is_cut(self, now_ns: int) -> bool:
        """Tell whether connections are lost now, and none can be made."""
        outage = self.profile.outage
        return self._cut_by_hand or (
            outage is not None and outage.is_cut and self._outages.over_ns(now_ns) > now_ns
        )

    def moves_ns(self, now_ns: int) -> int:
        """Return when what is sent now begins to move: later than now during a stall."""
        outage = self.profile.outage
        if outage is None or outage.is_cut:
            return now_ns
        return max(now_ns, self._outages.over_ns(now_ns))

    def next_change_ns(self, now_ns: int) -> int | None:
        """Return when an outage of the profile begins or ends next; None for never."""
        return self._outages.next_change_ns(now_ns)

    def carried_ns(self, hop: int, size: int, at_ns: int, *, is_back: bool) -> int:
        """Return when the last bit of `size` bytes that come at `at_ns` has left a hop's sender."""
        begins_ns = max(at_ns, self._free.get((hop, is_back), 0))
        took_ns = size * _BITS * _NS_PER_MS // self.profile.hops[hop].bandwidth_kbps
        self._free[hop, is_back] = begins_ns + took_ns
        return begins_ns + took_ns


class Direction:
    """One direction of one connection: pieces arrive in the order in which they were sent."""

    def __init__(self, network: Network, chance: Random, *, is_back: bool) -> None:
        """Belong to a network."""
        self._network = network
        self._chance = chance
        self._is_back = is_back
        self._last_ns = 0
        hops = list(enumerate(network.profile.hops))
        self._hops: list[tuple[int, Hop]] = hops[::-1] if is_back else hops

    def arrival_ns(self, size: int, now_ns: int) -> int:
        """Return when the last of `size` bytes that are sent now arrives."""
        network, chance = self._network, self._chance
        at_ns = network.moves_ns(now_ns)
        for number, hop in self._hops:
            at_ns = network.carried_ns(number, size, at_ns, is_back=self._is_back)
            at_ns += hop.latency.at(chance.random()) * _NS_PER_US
            at_ns += round(chance.random() * hop.jitter_us) * _NS_PER_US
        self._last_ns = max(self._last_ns, at_ns)
        return self._last_ns


class _Outages:
    """The outages of a path, drawn one after the other as time reaches them."""

    def __init__(self, profile: Profile, chance: Random) -> None:
        self._outage = profile.outage
        self._chance = chance
        self._begins_ns = self._ends_ns = 0
        self._draw()

    def _draw(self) -> None:
        outage, chance = self._outage, self._chance
        if outage is None:
            return
        pause_ms = chance.expovariate(1 / outage.every_ms)
        lasts_ms = chance.expovariate(1 / outage.lasts_ms)
        self._begins_ns = self._ends_ns + 1 + int(pause_ms * _NS_PER_MS)
        self._ends_ns = self._begins_ns + 1 + int(lasts_ms * _NS_PER_MS)

    def over_ns(self, now_ns: int) -> int:
        """Return when the outage that holds now is over; 0 where none does."""
        self._advance(now_ns)
        is_down = self._outage is not None and self._begins_ns <= now_ns
        return self._ends_ns if is_down else 0

    def next_change_ns(self, now_ns: int) -> int | None:
        """Return when the next outage begins, or the one that holds ends."""
        self._advance(now_ns)
        if self._outage is None:
            return None
        return self._ends_ns if self._begins_ns <= now_ns else self._begins_ns

    def _advance(self, now_ns: int) -> None:
        while self._outage is not None and self._ends_ns <= now_ns:
            self._draw()
