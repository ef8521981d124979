"""Reversals that a terminal owes (simulators): recorded before a request, due, repeated, given up.

What is given up stands among the unresolved, for reconciliation, and is said in a result.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from simulators.terminal_memory import (
    Job,
    Kind,
    Memory,
    Owed,
    Result,
    Reverses,
    Verdict,
)
from switch.core.moment import Moment, local

TRIES: Final = 3
"""How often a reversal is sent before it is left to reconciliation."""
DAY_IS_OVER: Final = "its day is over"
"""Why a reversal of an earlier day is left to reconciliation."""
_MS: Final = 1_000_000


class ReversalRules(msgspec.Struct, frozen=True, kw_only=True):
    """How long and how often a terminal reverses.

    `expires`: a record of an earlier day is sent as well (`never`), or not any more (`day_end`).
    """

    tries: int = TRIES
    expires: Literal["never", "day_end"] = "never"


class Debts:
    """The reversal records in a terminal's memory."""

    def __init__(
        self, terminal: str, memory: Memory, results: list[Result], rules: ReversalRules
    ) -> None:
        """Work on a terminal's memory; `results` is told what is given up."""
        self._terminal = terminal
        self._memory = memory
        self._results = results
        self._rules = rules

    def record(self, job: Job, fields: dict[int, str], at: Moment) -> Owed:
        """Store a reversal record, before its original is sent."""
        owed = Owed(
            fields=fields,
            amount_fen=job.amount_fen,
            shown_card=job.card.shown if job.card is not None else "",
            kind=job.kind,
            reverses=job.habits.reverses,
            delay_ns=job.habits.reversal_ms * _MS,
            day=local(at.utc_ms).day,
        )
        self._memory.owed.append(owed)
        return owed

    def next(self, at: Moment, *, flushes: bool, late_too: bool, rests: bool) -> Owed | None:
        """Return the reversal that must or may go now.

        Before a transaction (`flushes`) those by the rules go, and on demand the late ones
        (`late_too`); by itself a late one goes when it is due, unless the terminal `rests`.
        """
        self._forget_earlier_days(at)
        for owed in self._memory.owed:
            if owed.due_ns is None:
                continue
            is_late = owed.reverses is Reverses.LATE
            if is_late and owed.due_ns <= at.elapsed_ns and not rests:
                return owed
            if flushes and (not is_late or late_too):
                return owed
        return None

    def next_late_ns(self) -> int | None:
        """Return when a late reversal is due by itself, None for never."""
        late = (o.due_ns for o in self._memory.owed if o.reverses is Reverses.LATE)
        return min((due for due in late if due is not None), default=None)

    def owe(self, owed: Owed, reason: str, at: Moment) -> None:
        """Make a reversal due, as this terminal does it."""
        owed.reason = reason
        owed.due_ns = at.elapsed_ns
        if owed.reverses is Reverses.NEVER:
            self.leave(owed, "this terminal does not reverse")
        elif owed.reverses is Reverses.LATE:
            owed.due_ns += owed.delay_ns

    def try_again(self, owed: Owed, at: Moment) -> None:
        """Make a reversal due that was not answered, or give it up after so many tries."""
        if owed.tries >= self._rules.tries:
            self._give_up(owed, "the reversal was not answered")
        else:
            owed.due_ns = at.elapsed_ns

    def leave(self, owed: Owed, why: str) -> None:
        """Leave a transaction to reconciliation."""
        self._memory.owed.remove(owed)
        self._memory.leave(self._terminal, owed.fields, why)

    def _forget_earlier_days(self, at: Moment) -> None:
        if self._rules.expires == "never" or not self._memory.owed:
            return
        today = local(at.utc_ms).day
        for owed in [o for o in self._memory.owed if o.due_ns is not None and o.day < today]:
            self._give_up(owed, DAY_IS_OVER)

    def _give_up(self, owed: Owed, why: str) -> None:
        self.leave(owed, why)
        self._results.append(
            Result(
                kind=Kind.REVERSAL,
                verdict=Verdict.GIVEN_UP,
                stan=owed.stan,
                batch=owed.batch,
                amount_fen=owed.amount_fen,
                shown_card=owed.shown_card,
            )
        )
