"""The ledger's side of a world (simulators/world): commits that take time, and end in doubt.

One batch is in flight at a time, as in the shell. A commit may be slow, its outcome unknown while
it was kept, lost, or kept later; when the process dies, the batch in flight may be kept or not.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random
from typing import Final

import msgspec

from simulators.world.agenda import MS
from simulators.world.history import History
from simulators.world.ledgers.kept import Kept
from simulators.world.lines import Road
from simulators.world.plant import Plant
from switch.core.effects import Submit
from switch.core.errors import InvariantBroken
from switch.core.operations import Operation
from switch.core.outcomes import (
    Outcome,
    Unknown,
)

_TURN_NS: Final = 50_000
"""What is submitted within this time goes into one batch, as in one turn of a loop."""
_COMMIT_NS: Final = (MS // 5, 4 * MS)
_LATE_NS: Final = 10_000 * MS
"""How much later a batch of unknown outcome may still be carried out."""

_FATES: Final = ("kept", "lost", "late")
"""What may have become of a commit of unknown outcome."""

Answer = Callable[[int, Outcome], None]
Broken = Callable[[InvariantBroken], None]


class _Flying(msgspec.Struct, eq=False):
    batch: list[Submit]
    outcomes: list[Outcome] | None = None


class Store:
    """One switch's way to the ledger, for all the processes that it has, one after another."""

    def __init__(self, name: str, road: Road, chance: Random, history: History, kept: Kept) -> None:
        """Work on a ledger that others may work on too."""
        self.name = name
        self.plant: Plant
        self._agenda = road.agenda
        self._faults = road.faults
        self._chance = chance
        self._history = history
        self._kept = kept
        self._answer: Answer = _nobody
        self._broken: Broken = _unheard
        self._waiting: list[Submit] = []
        self._flying: _Flying | None = None
        self._late: list[_Flying] = []

    @property
    def is_idle(self) -> bool:
        """Whether nothing is submitted and undecided."""
        return not self._waiting and self._flying is None and not self._late

    def open(self, answer: Answer, broken: Broken) -> None:
        """Serve a new process; `broken` stops it."""
        self._kept.open()
        self._answer = answer
        self._broken = broken

    def submit(self, effect: Submit) -> None:
        """Take an operation into the next batch."""
        self._waiting.append(effect)
        if self._flying is None and len(self._waiting) == 1:
            self._agenda.after(_TURN_NS, self._commit)

    def die(self) -> None:
        """Lose the process: what was not submitted is gone, the batch in flight may be kept."""
        self._answer, self._broken = _nobody, _unheard
        self._waiting = []
        undecided = [*self._late, *([self._flying] if self._flying is not None else [])]
        self._flying, self._late = None, []
        for flying in undecided:
            is_kept = self._chance.random() < 0.5  # noqa: PLR2004 - as likely as not
            if is_kept:
                self._decide(flying)
            self._history.lost_answers(flying.outcomes or ())
            flying.outcomes = flying.outcomes or []
        self._kept.die(self._faults.happens(self._chance, "power_cut"))

    def _commit(self) -> None:
        if self._flying is not None or not self._waiting:
            return
        faults, chance, agenda = self._faults, self._chance, self._agenda
        flying = self._flying = _Flying(self._waiting)
        self._waiting = []
        likely, draw = faults.likelihood, chance.random
        lasts_ns = _COMMIT_NS[0] + int(draw() * (_COMMIT_NS[1] - _COMMIT_NS[0]))
        if draw() < likely["ledger_slow"] and faults.comes("ledger_slow"):
            lasts_ns += faults.lasts_ns(chance, "ledger_slow_ms")
        is_unknown = draw() < likely["ledger_unknown"] and faults.comes("ledger_unknown")
        fate, late_ns = _FATES[int(draw() * 3)], int(draw() * _LATE_NS)
        if is_unknown:
            agenda.after(lasts_ns, partial(self._fail, flying, fate, late_ns))
        else:
            agenda.after(lasts_ns // 2, partial(self._decide, flying))
            agenda.after(lasts_ns, partial(self._finish, flying))

    def _decide(self, flying: _Flying) -> None:
        """Carry a batch out; who hears of it is another question."""
        if flying.outcomes is not None:
            return
        asked = [effect.operation for effect in flying.batch]
        try:
            if self.plant.changes_operations:
                flying.outcomes = self._decide_changed(asked)
            else:
                flying.outcomes = self._did(asked, self._kept.submit(asked))
        except InvariantBroken as error:
            flying.outcomes = []
            self._broken(error)

    def _did(self, operations: list[Operation], outcomes: list[Outcome]) -> list[Outcome]:
        """Record what the ledger carried out."""
        now_ns, record = self._agenda.now_ns, self._history.ledger_did
        for operation, outcome in zip(operations, outcomes, strict=True):
            record(now_ns, operation, outcome)
        return outcomes

    def _decide_changed(self, asked: list[Operation]) -> list[Outcome]:
        """Ask the ledger what a plant makes of a batch; where that is nothing, pretend."""
        plant, kept = self.plant, self._kept
        changed = [plant.operation(operation) for operation in asked]
        real = [operation for operation in changed if operation is not None]
        found = iter(self._did(real, kept.submit(real)))
        return [
            plant.pretend(operation, kept.rows()) if real_one is None else next(found)
            for operation, real_one in zip(asked, changed, strict=True)
        ]

    def _finish(self, flying: _Flying) -> None:
        if flying is not self._flying:
            return
        self._next()
        for effect, outcome in zip(flying.batch, flying.outcomes or (), strict=True):
            self._answer(effect.ticket, outcome)

    def _fail(self, flying: _Flying, fate: str, late_ns: int) -> None:
        """Lose the outcome of a batch, which was kept, or lost, or is carried out later."""
        if flying is not self._flying:
            return
        self._next()
        if fate == "kept":
            self._decide(flying)
        elif fate == "late":
            self._late.append(flying)
            self._agenda.after(late_ns, lambda: self._carry_out_late(flying))
        self._history.counts[f"commit of unknown outcome, {fate}"] += 1
        self._history.note(self._agenda.now_ns, f"unknown, {fate}", b"", f"{len(flying.batch)}")
        for effect in flying.batch:
            self._answer(effect.ticket, Unknown())

    def _carry_out_late(self, flying: _Flying) -> None:
        if flying in self._late:
            self._late.remove(flying)
            self._decide(flying)

    def _next(self) -> None:
        self._flying = None
        if self._waiting:
            self._agenda.after(_TURN_NS, self._commit)


def _nobody(_ticket: int, _outcome: Outcome) -> None:
    """Answer a process that is dead."""


def _unheard(_error: InvariantBroken) -> None:
    """Stop a process that is dead."""
