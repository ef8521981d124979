"""What came of many worlds together (simulators/world): sums and tables.

A run also says what was too rare in it for the run to prove anything.
"""

from __future__ import annotations

from collections import Counter

import msgspec

from simulators.world.telling.counters import REMITTANCES
from simulators.world.telling.stages import STAGES
from simulators.world.telling.stakes import BUSINESS, ENOUGH, OVER_NIGHT, STAKES
from simulators.world.telling.states import ENGINE_PAIRS, LEDGER_PAIRS, Pair, never
from simulators.world.trial import CHECKERS, Verdict
from simulators.world.weather.kinds import KINDS
from simulators.world.weather.profiles import PROFILES

JUDGED_FROM = 300
"""Worlds that a run needs before a fault that never happened in it says anything."""
STAKES_FROM = 1_000
"""Worlds that a run needs before what was seldom at stake says anything."""
_EVERYTHING = frozenset({"mixed", "storm"})
"""Profiles in which all must be at stake but what profiles of their own are about."""
_OWN = {
    "days": OVER_NIGHT, "services": BUSINESS, "stages": STAGES, "remittances": REMITTANCES,
}  # fmt: skip
"""What is wanted of one profile alone."""
_HOUR_S = 3_600


class Tally(msgspec.Struct, kw_only=True):
    """The sums over the worlds of one profile and one ledger."""

    profile: str = "mixed"
    is_on_disk: bool = False
    worlds: int = 0
    broken: int = 0
    requests: int = 0
    approved: int = 0
    reversed_: int = 0
    crashes: int = 0
    lasted_s: float = 0.0
    fired: Counter[str] = msgspec.field(default_factory=Counter)
    stakes: Counter[str] = msgspec.field(default_factory=Counter)
    violations: Counter[str] = msgspec.field(default_factory=Counter)
    engine: set[Pair] = msgspec.field(default_factory=set)
    ledger: set[Pair] = msgspec.field(default_factory=set)

    def add(self, verdict: Verdict) -> None:
        """Count one world."""
        self.worlds += 1
        self.broken += bool(verdict.violations)
        self.requests += verdict.requests
        self.approved += verdict.approved
        self.reversed_ += verdict.reversed_
        self.crashes += verdict.crashes
        self.lasted_s += verdict.lasted_s
        self.fired.update(verdict.fired)
        self.stakes.update(verdict.stakes)
        self.violations.update({violation.promise for violation in verdict.violations})
        self.engine.update(verdict.engine_pairs)
        self.ledger.update(verdict.ledger_pairs)

    @property
    def hours(self) -> float:
        """Simulated hours."""
        return self.lasted_s / _HOUR_S

    @property
    def sentence(self) -> str:
        """The sums in one sentence."""
        kept = f"{self.broken} broke a promise" if self.broken else "every promise was kept"
        return (
            f"{self.worlds} worlds, {self.hours:.1f} simulated hours, {self.requests} answers to "
            f"terminals, {self.approved} approved, {self.reversed_} reversed, "
            f"{self.crashes} crashes: {kept}"
        )

    def faults(self) -> list[tuple[str, str, str]]:
        """Return the rows of the table of faults: kind, how often, in words."""
        named = self._named()
        return [(name, str(self.fired[name]), KINDS[name].words) for name in named]

    def promises(self) -> list[tuple[str, str, str]]:
        """Return the rows of the table of promises: name, worlds that broke it, in words."""
        return [(name, str(self.violations[name]), words) for name, (words, _) in CHECKERS.items()]

    def at_stake(self) -> list[tuple[str, str]]:
        """Return how often each was at stake."""
        return [(name, str(self.stakes[name])) for name in STAKES]

    def never_met(self) -> list[Pair]:
        """Return the pairs of state and event that no world met."""
        return [*never(self.engine, ENGINE_PAIRS), *never(self.ledger, LEDGER_PAIRS)]

    def complaints(self) -> list[str]:
        """Return what was too rare for the run to prove anything; none for a short run."""
        if self.worlds < JUDGED_FROM:
            return []
        found = [f"the fault {name} never fired" for name in self._named() if not self.fired[name]]
        if not self.is_on_disk and self.worlds >= STAKES_FROM:
            least = int(ENOUGH * self.worlds)
            found += [
                f"at stake too seldom: {name}, {self.stakes[name]} times, {least} wanted"
                for name in self._wanted()
                if self.stakes[name] < least
            ]
        return found

    def _wanted(self) -> list[str]:
        """Return what must be at stake in worlds of the profile."""
        if self.profile in _EVERYTHING:
            besides = {name for names in _OWN.values() for name in names}
            return [name for name in STAKES if name not in besides]
        return list(_OWN.get(self.profile, ()))

    def _named(self) -> list[str]:
        """Return the kinds of the profile that this ledger can have."""
        impossible = "two_switches" if self.is_on_disk else "power_cut"
        return [name for name in PROFILES[self.profile].kinds if name != impossible]
