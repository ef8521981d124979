"""What goes wrong in a world (simulators/world): drawn from its seed, each kind sometimes off.

Every kind has a stream of chance of its own, so that a draw in one place never shifts another.
"""

from __future__ import annotations

from random import Random
from typing import Final

import msgspec

_OFF: Final = 0.5
"""How often a kind of fault does not happen at all in a world."""


def stream(seed: int, name: str) -> Random:
    """Return the named stream of chance of a seed; it does not depend on the hash seed."""
    return Random(f"{seed}/{name}")  # noqa: S311 - repeatable chance, no secrets


class Faults(msgspec.Struct, kw_only=True):
    """How likely each fault is, for one chance to happen; `is_on` ends them all.

    Cuts are per minute and line, outages per cut of a link, crashes per effect, ledger faults per
    batch, issuer faults per request, terminal faults per job, jumps of the wall clock and changes
    of keys per minute. Times in milliseconds are the longest that are drawn.
    """

    is_on: bool = True
    cut_terminal: float = 0.0
    cut_link: float = 0.0
    straggle: float = 0.0
    delay: float = 0.0
    delay_ms: int = 0
    duplicate: float = 0.0
    crash: float = 0.0
    ledger_unknown: float = 0.0
    ledger_slow: float = 0.0
    ledger_slow_ms: int = 0
    issuer_silent: float = 0.0
    issuer_deaf: float = 0.0
    issuer_late: float = 0.0
    issuer_thinks: float = 0.0
    issuer_late_ms: int = 0
    issuer_twice: float = 0.0
    issuer_shifts: float = 0.0
    issuer_breaks_mac: float = 0.0
    issuer_rejects: float = 0.0
    issuer_refuses: float = 0.0
    issuer_keeps: float = 0.0
    outage: float = 0.0
    key_change: float = 0.0
    terminal_repeats: float = 0.0
    terminal_early: float = 0.0
    terminal_late: float = 0.0
    terminal_never: float = 0.0
    terminal_power: float = 0.0
    terminal_old_batch: float = 0.0
    terminal_voids: float = 0.0
    clock_jump: float = 0.0
    clock_jump_ms: int = 0

    def happens(self, chance: Random, likelihood: float) -> bool:
        """Draw whether a fault happens now; the draw is made even when faults are over."""
        drawn = chance.random()
        return self.is_on and drawn < likelihood


_MOST: Final = {
    "cut_terminal": 2.0,
    "cut_link": 2.0,
    "straggle": 1.0,
    "delay": 0.05,
    "duplicate": 0.1,
    "crash": 0.01,
    "ledger_unknown": 0.1,
    "ledger_slow": 0.03,
    "issuer_silent": 0.2,
    "issuer_deaf": 0.05,
    "issuer_late": 0.2,
    "issuer_thinks": 0.2,
    "issuer_twice": 0.1,
    "issuer_shifts": 0.15,
    "issuer_breaks_mac": 0.03,
    "issuer_rejects": 0.03,
    "issuer_refuses": 0.1,
    "issuer_keeps": 0.3,
    "outage": 0.3,
    "key_change": 0.8,
    "terminal_repeats": 0.2,
    "terminal_early": 0.2,
    "terminal_late": 0.1,
    "terminal_never": 0.3,
    "terminal_power": 0.05,
    "terminal_old_batch": 0.05,
    "terminal_voids": 0.1,
    "clock_jump": 0.3,
}
"""The most that is drawn for each."""
_LONGEST_MS: Final = {
    "delay_ms": 20_000,
    "ledger_slow_ms": 90_000,
    "issuer_late_ms": 90_000,
    "clock_jump_ms": 120_000,
}


def draw(seed: int) -> Faults:
    """Return the faults of a seed; one world in twenty has none."""
    chance = stream(seed, "faults")
    drawn: dict[str, float] = {}
    for name, most in _MOST.items():
        is_off, share = chance.random() < _OFF, chance.random()
        drawn[name] = 0.0 if is_off else most * share
    longest = {name: int(ms * chance.random()) + 1 for name, ms in _LONGEST_MS.items()}
    if chance.random() < _PEACE:
        drawn = {}
    return Faults(**drawn, **longest)  # type: ignore[arg-type]


_PEACE: Final = 0.05
