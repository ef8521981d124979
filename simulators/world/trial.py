"""One trial (simulators/world): a world, and what its checkers say of it.

The same setting gives the same verdict and the same digest, in whatever process.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Final

import msgspec

from simulators.checkers.answers import macs, originals, outcomes, plans, records, reversals, stages
from simulators.checkers.books import (
    approvals,
    cap,
    days,
    fees,
    holds,
    money,
    remittances,
    settlement,
    transfers,
)
from simulators.checkers.finding import Finding
from simulators.checkers.social import benefits, bills, debits
from simulators.checkers.system import masks, quiet, stops
from simulators.world.history import History
from simulators.world.ledgers.kept import Kept
from simulators.world.setting import Setting
from simulators.world.telling.stakes import stakes as at_stake
from simulators.world.telling.states import engine_pairs, ledger_pairs
from simulators.world.world import World

Check = Callable[[History], Iterator[Finding]]
CHECKERS: Final[Mapping[str, tuple[str, Check]]] = {
    "cap": (cap.PROMISE, cap.check),
    "outcomes": (outcomes.PROMISE, outcomes.check),
    "approvals": (approvals.PROMISE, approvals.check),
    "money": (money.PROMISE, money.check),
    "fees": (fees.PROMISE, fees.check),
    "originals": (originals.PROMISE, originals.check),
    "settlement": (settlement.PROMISE, settlement.check),
    "days": (days.PROMISE, days.check),
    "stages": (stages.PROMISE, stages.check),
    "plans": (plans.PROMISE, plans.check),
    "macs": (macs.PROMISE, macs.check),
    "records": (records.PROMISE, records.check),
    "reversals": (reversals.PROMISE, reversals.check),
    "holds": (holds.PROMISE, holds.check),
    "quiet": (quiet.PROMISE, quiet.check),
    "transfers": (transfers.PROMISE, transfers.check),
    "remittances": (remittances.PROMISE, remittances.check),
    "bills": (bills.PROMISE, bills.check),
    "debits": (debits.PROMISE, debits.check),
    "benefits": (benefits.PROMISE, benefits.check),
    "masks": (masks.PROMISE, masks.check),
    "stops": (stops.PROMISE, stops.check),
}
"""Name -> the promise in words, and the function that looks whether it was kept."""
IN_THE_END: Final = frozenset(
    {"approvals", "money", "transfers", "remittances", "bills", "debits", "benefits"}
    | {"holds", "quiet", "settlement", "days"}
)
"""Promises about a world that has come to rest; a world that is stopped before has not."""
_MOST_TOLD: Final = 3
"""Violations of one promise that are told."""


class Violation(msgspec.Struct, frozen=True):
    """A promise that a world broke: its name, what happened, to which RRN, at which step."""

    promise: str
    what: str
    rrn: str = ""
    step: int = 0


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a world. `fired` and `stakes` are counts by name."""

    seed: int
    digest: str = ""
    violations: list[Violation]
    steps: int = 0
    lasted_s: float = 0.0
    settled_after_s: float | None = None
    requests: int = 0
    approved: int = 0
    reversed_: int = 0
    crashes: int = 0
    fired: dict[str, int] = {}
    stakes: dict[str, int] = {}
    engine_pairs: list[tuple[str, str]] = []
    ledger_pairs: list[tuple[str, str]] = []


def check(history: History) -> list[Violation]:
    """Return the promises that a world broke, the first few times each."""
    found = []
    for name, (_, looked) in CHECKERS.items():
        if history.is_whole or name not in IN_THE_END:
            for finding in islice(looked(history), _MOST_TOLD):
                step = finding.step or _last_step(history, finding.rrn)
                found.append(Violation(name, str(finding), finding.rrn, step))
    return found


def _last_step(history: History, rrn: str) -> int:
    """Return when the ledger last did something about a transaction, else the last step of all."""
    if not rrn:
        return history.end.step
    keys = {row.key for row in history.end.rows if row.record.rrn == rrn}
    steps = (a.step for a in reversed(history.applied) if getattr(a.operation, "key", "") in keys)
    return next(steps, history.end.step)


@contextmanager
def many_worlds() -> Iterator[None]:
    """Keep what is loaded already out of the collections of garbage that many worlds bring."""
    was_frozen = gc.get_freeze_count() > 0
    gc.freeze()
    try:
        yield
    finally:
        if not was_frozen:
            gc.unfreeze()


def attempt(setting: Setting, on: Sequence[Kept] = ()) -> tuple[Verdict, History]:
    """Let a world happen and check it; `on` as in `World`."""
    history = World(setting, on).run()
    end = history.end
    settled_ns = end.settled_after_ns
    states = end.totals.by_state
    verdict = Verdict(
        seed=setting.seed,
        digest=history.digest,
        violations=check(history),
        steps=end.step,
        lasted_s=end.lasted_ns / 1e9,
        settled_after_s=None if settled_ns is None else settled_ns / 1e9,
        requests=len(history.told),
        approved=states.get(6, (0, 0))[0],
        reversed_=states.get(11, (0, 0))[0],
        crashes=history.crashes,
        fired=dict(sorted(history.fired.items())),
        stakes=at_stake(history),
        engine_pairs=sorted(engine_pairs(history)),
        ledger_pairs=sorted(ledger_pairs(history)),
    )
    return verdict, history
