"""The faults of one world (simulators/world): drawn from its seed, counted as they happen.

Every kind has a stream of chance of its own, so that a draw in one place never shifts another.
"""

from __future__ import annotations

from collections.abc import Collection
from random import Random
from typing import Final

from simulators.world.weather.kinds import KINDS, LONGEST_MS
from simulators.world.weather.profiles import Profile


def stream(seed: int, name: str) -> Random:
    """Return the named stream of chance of a seed; it does not depend on the hash seed."""
    return Random(f"{seed}/{name}")  # noqa: S311 - repeatable chance, no secrets


class Faults:
    """How likely each kind is, for one chance to happen; `is_on` ends them all.

    `fired` counts what happened, by kind.
    """

    __slots__ = ("fired", "is_on", "likelihood", "longest_ms")

    def __init__(self, **drawn: float) -> None:
        """Take likelihoods by kind, and longest times (`..._ms`); what is not given is 0 or 1 ms.

        KeyError for what is neither.
        """
        self.is_on = True
        self.likelihood = dict.fromkeys(KINDS, 0.0)
        self.longest_ms = dict.fromkeys(LONGEST_MS, 1)
        self.fired: dict[str, int] = {}
        for name, value in drawn.items():
            if name in LONGEST_MS:
                self.longest_ms[name] = int(value)
            elif name in KINDS:
                self.likelihood[name] = value
            else:
                raise KeyError(name)

    def happens(self, chance: Random, name: str) -> bool:
        """Draw whether a fault happens now; the draw is made even when faults are over."""
        return chance.random() < self.likelihood[name] and self.comes(name)

    def comes(self, name: str) -> bool:
        """Count a fault that was drawn, and tell whether faults are on."""
        if self.is_on:
            self.came(name)
        return self.is_on

    def comes_in_ns(self, chance: Random, name: str, number: int = 1) -> int:
        """Draw when a fault of so much a minute comes next to one of `number`; 0 for never."""
        a_minute = self.likelihood[name] * number
        return int(chance.expovariate(a_minute) * _MINUTE) + 1 if a_minute and self.is_on else 0

    def came(self, name: str) -> None:
        """Count a fault that came."""
        self.fired[name] = self.fired.get(name, 0) + 1

    def lasts_ns(self, chance: Random, name: str) -> int:
        """Draw how long something takes, from 1 ms to its longest, in nanoseconds."""
        return (1 + int(chance.random() * self.longest_ms[name])) * _MS


def draw(seed: int, profile: Profile, without: Collection[str] = ()) -> Faults:
    """Return the faults of a seed. `without` drops kinds and leaves the draws of the others.

    Each kind is drawn from a stream of its own, so that a new one changes no other world.
    """
    chance = stream(seed, "faults")
    drawn: dict[str, float] = {}
    for name, kind in KINDS.items():
        own = stream(seed, f"faults/{name}")
        is_off, share = own.random() < profile.off, own.random()
        is_named = name in profile.kinds and name not in without
        drawn[name] = kind.most * share if is_named and not is_off else 0.0
    for name, ms in LONGEST_MS.items():
        drawn[name] = int(ms * chance.random()) + 1
    if chance.random() < profile.peace:
        drawn.update(dict.fromkeys(KINDS, 0.0))
    return Faults(**drawn)


_MS: Final = 1_000_000
_MINUTE: Final = 60_000 * _MS
