"""Reconciliation three ways (switch/settlement): terminals' batches, the ledger, the issuers.

A batch that balanced agrees with the ledger by its totals; of the others every detail is compared.
Issuers' statements are compared by `differences.issuers`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from switch.core.batches.values import NOT_TOLD, Batch, Counting, Detail
from switch.core.operations import Row
from switch.core.transaction import State
from switch.settlement.cases import Case, Note
from switch.settlement.differences.issuers import Issuers, Known, Statement, case_of
from switch.settlement.differences.terms import after, dated
from switch.settlement.differences.whole import left_of
from switch.settlement.movements import ADJUSTMENT, Movement, movements
from switch.settlement.rules import CREDIT, DEBIT, KindOf, Rules

_DETAIL: Final = "201"
_BOTH: Final = 2
_SLIPPED: Final = frozenset({State.APPROVED, State.ADVISED, State.ADVICE_EXPIRED})
_MANUAL: Final = frozenset({State.REVERSAL_EXPIRED, State.ADVICE_EXPIRED})
NOTHING_KNOWN: Final = Known()
Place = tuple[str, str, str]
"""Terminal, batch and STAN."""


class Found(msgspec.Struct, frozen=True):
    """What reconciliation found, and over how much it looked.

    `cases` are differences; `waiting` is decided by the statements of other days, or once it is
    final; `changed` are older cases before and after. `older` are batches of which the ledger
    counted more than lies within the look-back: terminal, number, how many are older.
    """

    cases: list[Case]
    waiting: list[Case]
    changed: list[tuple[Case, Case]]
    older: list[tuple[str, str, int]]
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
        known: Known = NOTHING_KNOWN,
    ) -> None:
        """Take the terminals' side and the issuers' (issuer -> lines), and what is known."""
        self.day = day
        self._rules = rules
        self._terms = known.terms
        self._issuers = Issuers(day, rules, statements, known)
        self._seen: Counter[tuple[str, str]] = Counter()
        self._batches = {batch.key: batch for batch in batches}
        self._details: dict[Place, Detail] = {
            (batch.terminal, batch.number, detail.stan): detail
            for batch in batches
            if not batch.is_balanced and batch.told != NOT_TOLD
            for detail in batch.details
            if detail.kind == _DETAIL
        }
        self._statements = len(statements)
        self._cases: list[Case] = []
        self._legs: dict[Place, list[list[Movement]]] = {}
        self._rows = 0

    def take(self, rows: Iterable[Row]) -> None:
        """Compare rows of the days around, and of the days of the batches."""
        for row in rows:
            self._with_terminal(row)
            self._issuers.take(row)
            if row.record.clearing_day == self.day:
                self._rows += 1
                if row.state in _MANUAL:
                    self._add("manual", "ledger", row, "nobody acknowledged it")

    def missing(self) -> list[str]:
        """Return the reference numbers that issuers named, of which no row has come yet."""
        return self._issuers.missing()

    def take_named(self, rows: Iterable[Row]) -> None:
        """Compare rows that were looked for by their numbers, of whatever day they are."""
        for row in rows:
            self._issuers.take(row)

    def done(self) -> Found:
        """Return what did not agree: each difference once, with its transaction."""
        for place, detail in self._details.items():
            self._add_detail(place, detail)
        self._cases = [self._with_legs(case) for case in self._cases]
        for batch in self._batches.values():
            if not batch.is_balanced and batch.told == NOT_TOLD:
                self._add_incomplete(batch)
        self._issuers.done()
        return Found(
            cases=self._cases + self._issuers.differences,
            waiting=self._issuers.waiting,
            changed=self._issuers.changed,
            older=self._older(),
            batches=len(self._batches),
            balanced=sum(batch.is_balanced for batch in self._batches.values()),
            rows=self._rows,
            statements=self._statements,
        )

    def _older(self) -> list[tuple[str, str, int]]:
        """Return batches of which fewer rows came than once were counted, whatever they are now."""
        found = []
        for (terminal, number), batch in self._compared():
            counted = sum(sums.debit_count + sums.credit_count for sums in batch.counted)
            if counted > self._seen[terminal, number]:
                found.append((terminal, number, counted - self._seen[terminal, number]))
        return found

    def _compared(self) -> Iterator[tuple[tuple[str, str], Batch]]:
        """Yield the batches whose details are compared one by one."""
        for key, batch in self._batches.items():
            if not batch.is_balanced and batch.told != NOT_TOLD:
                yield key, batch

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
        self._seen[batch.key] += self._rules.counts(row.record.kind)
        # Of a refund it is the other way round: who has one without a slip paid what nobody got.
        has, lacks = ("short", "long") if _is_return(leg) else ("long", "short")
        if detail is None and is_slipped:
            self._add(has, "terminal", row, "the ledger has it, the terminal has no slip")
        elif detail is not None and not is_slipped:
            why = f"the terminal has a slip, the ledger says {row.state.name}"
            self._add(lacks, "terminal", row, why)
        elif detail is not None and detail.amount_fen != row.record.amount_fen:
            why = f"the slip says {detail.amount_fen} fen, the ledger {row.record.amount_fen}"
            self._add_amount(row, detail.amount_fen, why)

    def _add(self, kind: str, found_by: str, row: Row, what: str) -> None:
        moving = self._rules.kind(row.record.kind)
        moved = left_of(row, self._rules)
        case = case_of(row, kind, self.day, self._terms.answer(self.day))
        is_credit = _is_credit(moving)
        self._cases.append(
            msgspec.structs.replace(
                case, found_by=found_by, what=what, movements=moved, is_credit=is_credit
            )
        )

    def _add_amount(self, row: Row, slip_fen: int, what: str) -> None:
        """Add a slip of another amount: what is too much or too little of it goes back or on.

        Only the principal: fees stay those that were charged.
        """
        case = case_of(row, "amount", self.day, self._terms.answer(self.day))
        moving, more_fen = self._rules.kind(row.record.kind), slip_fen - row.record.amount_fen
        moved: list[Movement] = []
        if moving is not None:
            record = msgspec.structs.replace(row.record, amount_fen=abs(more_fen), legs=())
            part = msgspec.structs.replace(row, record=record)
            plain = msgspec.structs.replace(self._rules, subsidy_fen=0)
            moved = movements(part, moving, plain)
            if more_fen < 0:
                moved = [Movement(m.payee, m.payer, m.fen, ADJUSTMENT) for m in moved]
        self._cases.append(
            msgspec.structs.replace(
                case,
                found_by="terminal",
                what=what,
                movements=tuple(moved),
                is_credit=_is_credit(moving) is (more_fen > 0),
            )
        )

    @property
    def _unheard(self) -> str:
        since = dated(after(self.day, -self._terms.look_back_days))
        return f"the terminal has a slip, the ledger has no such transaction since {since}"

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
                deadline=self._terms.answer(self.day),
                what=self._unheard,
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
                deadline=self._terms.answer(self.day),
                what="totals differ, and the terminal never ended its upload",
            )
        )


def _is_credit(kind: KindOf | None) -> bool:
    """Tell whether a kind gives the cardholder money."""
    return kind is not None and kind.side == CREDIT


def _is_return(kind: KindOf | None) -> bool:
    """Tell whether a terminal's slip of a kind means that the point gives money back."""
    return kind is not None and kind.settles == CREDIT


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
