"""One trial (simulators/world): a world, and what its checkers say of it.

The same setting gives the same verdict and the same digest, in whatever process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Final

import msgspec

from simulators.checkers import (
    approvals,
    cap,
    holds,
    masks,
    money,
    outcomes,
    quiet,
    records,
    reversals,
    stops,
)
from simulators.world.history import History
from simulators.world.world import Setting, World

Check = Callable[[History], Iterator[str]]
CHECKERS: Final[Mapping[str, tuple[str, Check]]] = {
    "cap": (cap.PROMISE, cap.check),
    "outcomes": (outcomes.PROMISE, outcomes.check),
    "approvals": (approvals.PROMISE, approvals.check),
    "money": (money.PROMISE, money.check),
    "records": (records.PROMISE, records.check),
    "reversals": (reversals.PROMISE, reversals.check),
    "holds": (holds.PROMISE, holds.check),
    "quiet": (quiet.PROMISE, quiet.check),
    "masks": (masks.PROMISE, masks.check),
    "stops": (stops.PROMISE, stops.check),
}
"""Name -> the promise in words, and the function that looks whether it was kept."""
_MOST_TOLD: Final = 3
"""Violations of one promise that are told."""


class Violation(msgspec.Struct, frozen=True):
    """A promise that a world broke: its name, and what happened."""

    promise: str
    what: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a world."""

    seed: int
    digest: str
    violations: list[Violation]
    requests: int
    approved: int
    reversed_: int
    crashes: int
    settled_after_s: float | None


def check(history: History) -> list[Violation]:
    """Return the promises that a world broke, the first few times each."""
    return [
        Violation(name, what)
        for name, (_, looked) in CHECKERS.items()
        for what in islice(looked(history), _MOST_TOLD)
    ]


def attempt(setting: Setting) -> tuple[Verdict, History]:
    """Let a world happen and check it."""
    history = World(setting).run()
    settled_ns = history.end.settled_after_ns
    states = history.end.totals.by_state
    verdict = Verdict(
        seed=setting.seed,
        digest=history.digest,
        violations=check(history),
        requests=sum(1 for _ in history.answers("0210")),
        approved=states.get(6, (0, 0))[0],
        reversed_=states.get(11, (0, 0))[0],
        crashes=history.crashes,
        settled_after_s=None if settled_ns is None else settled_ns / 1e9,
    )
    return verdict, history
