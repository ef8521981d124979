"""Reconciliation three ways (switch/settlement): terminals' batches, the ledger, the issuers.

A batch that balanced agrees with the ledger by its totals; of the others every detail is compared.
An issuer's statement is compared with what the ledger has of that issuer on the clearing day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

import msgspec

from switch.core.batches.values import NOT_TOLD, Batch, Counting, Detail
from switch.core.operations import Row
from switch.core.transaction import State
from switch.settlement.cases import ANSWER_DAYS, Case, Note, after
from switch.settlement.movements import Movement, movements
from switch.settlement.rules import CREDIT, DEBIT, Rules

_DETAIL: Final = "201"
_BOTH: Final = 2
_SLIPPED: Final = frozenset({State.APPROVED, State.ADVISED, State.ADVICE_EXPIRED})
_MANUAL: Final = frozenset({State.REVERSAL_EXPIRED, State.ADVICE_EXPIRED})
Place = tuple[str, str, str]
"""Terminal, batch and STAN."""


Statement = Iterable[tuple[str, int]]
"""DE 37 and fen off the account (negative: onto it) of each transaction that an issuer booked."""


class Found(msgspec.Struct, frozen=True):
    """What reconciliation found, and over how much it looked."""

    cases: list[Case]
    batches: int
    balanced: int
    rows: int
    statements: int


class Reconciler:
    """Compares one clearing day; rows stream through, details and statements are held."""

    def __init__(
        self,
        day: int,
        rules: Rules,
        batches: Sequence[Batch],
        statements: Mapping[str, Statement],
    ) -> None:
        """Take the terminals' side and the issuers' (issuer -> entries)."""
        self.day = day
        self._rules = rules
        self._batches = {batch.key: batch for batch in batches}
        self._details: dict[Place, Detail] = {
            (batch.terminal, batch.number, detail.stan): detail
            for batch in batches
            if not batch.is_balanced and batch.told != NOT_TOLD
            for detail in batch.details
            if detail.kind == _DETAIL
        }
        self._statements = {issuer: dict(entries) for issuer, entries in statements.items()}
        self._cases: list[Case] = []
        self._legs: dict[Place, list[list[Movement]]] = {}
        self._rows = 0

    def take(self, rows: Iterable[Row]) -> None:
        """Compare rows of the days around, and of the days of the batches."""
        for row in rows:
            self._with_terminal(row)
            if row.record.clearing_day == self.day:
                self._rows += 1
                self._with_issuer(row)
                if row.state in _MANUAL:
                    self._add("manual", "ledger", row, "nobody acknowledged it")

    def done(self) -> Found:
        """Return what did not agree: each difference once, with its transaction."""
        for place, detail in self._details.items():
            self._add_detail(place, detail)
        self._cases = [self._with_legs(case) for case in self._cases]
        for batch in self._batches.values():
            if not batch.is_balanced and batch.told == NOT_TOLD:
                self._add_incomplete(batch)
        for issuer, entries in self._statements.items():
            for rrn, fen in entries.items():
                self._add_statement(issuer, rrn, fen)
        return Found(
            cases=self._cases,
            batches=len(self._batches),
            balanced=sum(batch.is_balanced for batch in self._batches.values()),
            rows=self._rows,
            statements=len(self._statements),
        )

    def _with_terminal(self, row: Row) -> None:
        leg = self._rules.kinds.get(row.record.kind)
        # A leg is in no batch; where its transfer is a case, it is what that moves.
        is_leg = leg is not None and leg.is_leg and len(row.linked) == 1
        key = row.linked[0] if is_leg else row.key
        batch = self._batches.get((key.terminal, key.batch))
        if batch is None or batch.is_balanced or batch.told == NOT_TOLD:
            return
        if leg is not None and is_leg:
            place = (key.terminal, key.batch, key.stan)
            self._legs.setdefault(place, []).append(movements(row, leg, self._rules))
            return
        detail = self._details.pop((key.terminal, key.batch, key.stan), None)
        is_slipped = row.state in _SLIPPED and self._rules.counts(row.record.kind)
        if detail is None and is_slipped:
            self._add("long", "terminal", row, "the ledger has it, the terminal has no slip")
        elif detail is not None and not is_slipped:
            why = f"the terminal has a slip, the ledger says {row.state.name}"
            self._add("short", "terminal", row, why)
        elif detail is not None and detail.amount_fen != row.record.amount_fen:
            why = f"the slip says {detail.amount_fen} fen"
            self._add("amount", "terminal", row, why)

    def _with_issuer(self, row: Row) -> None:
        entries = self._statements.get(row.record.issuer)
        kind = self._rules.kinds.get(row.record.kind)
        if entries is None or kind is None or kind.side not in {DEBIT, CREDIT}:
            return
        theirs, record = entries.pop(row.record.rrn, None), row.record
        sign = 1 if kind.side == DEBIT else -1
        ours = sign * record.amount_fen + record.fee_fen if row.state is State.APPROVED else 0
        if row.state in _MANUAL and row.state is not State.APPROVED:
            return  # nobody knows: it has a case already
        if (theirs or 0) == ours:
            return
        if not theirs:
            why = "the ledger has it, the issuer's statement not"
            self._add("issuer_short", "issuer", row, why)
        elif not ours:
            why = f"the issuer booked {theirs} fen, the ledger says {row.state.name}"
            self._add("issuer_long", "issuer", row, why)
        else:
            why = f"the issuer booked {theirs} fen, the ledger has {ours}"
            self._add("amount", "issuer", row, why)

    def _add(self, kind: str, found_by: str, row: Row, what: str) -> None:
        key, record = row.key, row.record
        moving = self._rules.kind(record.kind)
        knows = moving is not None and kind != "amount"
        self._cases.append(
            Case(
                kind=kind,
                found_by=found_by,
                rrn=record.rrn,
                terminal=key.terminal,
                batch=key.batch,
                stan=key.stan,
                merchant=key.merchant,
                issuer=record.issuer,
                acquirer=record.acquirer,
                shown_card=record.shown_card,
                transaction=record.kind,
                amount_fen=record.amount_fen,
                fee_fen=record.fee_fen,
                day=self.day,
                deadline=after(self.day, ANSWER_DAYS),
                what=what,
                movements=tuple(movements(row, moving, self._rules)) if moving and knows else (),
            )
        )

    def _with_legs(self, case: Case) -> Case:
        """Return a case of a transfer with what both its legs move; with one leg, a person must."""
        kind = self._rules.kinds.get(case.transaction)
        if kind is None or kind.is_leg or not kind.is_transfer or case.kind == "amount":
            return case
        legs = self._legs.get((case.terminal, case.batch, case.stan), [])
        moved = [each for leg in legs for each in leg] if len(legs) == _BOTH else []
        return msgspec.structs.replace(case, movements=tuple(moved))

    def _add_detail(self, place: Place, detail: Detail) -> None:
        terminal, number, stan = place
        batch = self._batches[terminal, number]
        self._cases.append(
            Case(
                kind="short",
                found_by="terminal",
                terminal=terminal,
                batch=number,
                stan=stan,
                merchant=batch.merchant,
                acquirer=batch.acquirer,
                shown_card=detail.shown_card,
                amount_fen=detail.amount_fen,
                day=self.day,
                deadline=after(self.day, ANSWER_DAYS),
                what="the terminal has a slip, the ledger has no such transaction",
            )
        )

    def _add_incomplete(self, batch: Batch) -> None:
        self._cases.append(
            Case(
                kind="incomplete",
                found_by="terminal",
                terminal=batch.terminal,
                batch=batch.number,
                merchant=batch.merchant,
                acquirer=batch.acquirer,
                day=self.day,
                deadline=after(self.day, ANSWER_DAYS),
                what="totals differ, and the terminal never ended its upload",
            )
        )

    def _add_statement(self, issuer: str, rrn: str, fen: int) -> None:
        self._cases.append(
            Case(
                kind="issuer_long",
                found_by="issuer",
                rrn=rrn,
                issuer=issuer,
                amount_fen=abs(fen),
                day=self.day,
                deadline=after(self.day, ANSWER_DAYS),
                what="the issuer has it, the ledger has no such transaction",
            )
        )


def noted(case: Case, at_ms: int, by: str) -> Case:
    """Return a case with the note that it was found."""
    note = Note(at_ms, by, "found", case.what)
    return msgspec.structs.replace(case, notes=(note,))


def counting_of(rules: Rules, foreign: tuple[str, ...] = ()) -> Counting:
    """Return how the rows of a batch are counted, for whoever checks a settlement."""
    of_side = {
        side: tuple(sorted(kind.id for kind in rules.kinds.values() if kind.settles == side))
        for side in (DEBIT, CREDIT)
    }
    return Counting(of_side[DEBIT], of_side[CREDIT], foreign)
