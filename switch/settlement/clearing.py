"""Clearing a day (switch/settlement): rows in, positions that sum to zero, and what is exceptional.

Pure over what it is given. A transaction is cleared once: on its clearing day where it has an
outcome by then, else on the day by which it has one. What was cleared and is reversed afterwards is
given back on the next day that is cleared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

import msgspec

from switch.core.errors import InvariantBroken
from switch.core.operations import Row
from switch.core.transaction import State
from switch.ledger.settling.protocol import Mark, MarkState
from switch.settlement.movements import (
    CARDHOLDERS,
    DISCOUNT,
    FEE,
    NETWORK,
    POINT,
    PRINCIPAL,
    SUBSIDY,
    Movement,
    movements,
    put_right,
)
from switch.settlement.rules import DEBIT, KindOf, Rules

PENDING: Final = frozenset(
    {State.FORWARDED, State.IN_DOUBT, State.REVERSING, State.REVERSAL_EXPIRED}
    | {State.ADVISED, State.ADVICE_EXPIRED, State.MOVING, State.CREDITING}
)
"""States of which nobody knows yet what the transaction comes to."""
GONE: Final = frozenset({State.REVERSED, State.DECLINED, State.UNSENT})
_REMITTANCE: Final = "remittance"
LOOK_BACK_DAYS: Final = 92
"""So long after it was cleared it is looked whether a transaction was reversed."""


class Entry(msgspec.Struct, frozen=True, gc=False):
    """A transaction that is cleared (`sign` 1) or given back (-1), and on which day of its own."""

    row: Row
    kind: KindOf
    sign: int


class ClassSum(msgspec.Struct, gc=False):
    """What one class of transactions between two banks comes to."""

    count: int = 0
    amount_fen: int = 0
    returned: int = 0
    returned_fen: int = 0
    fee_fen: int = 0


class PointLine(msgspec.Struct, gc=False):
    """A service point's day: what it is credited and debited, in fen."""

    acquirer: str = ""
    withdrawals: int = 0
    withdrawn_fen: int = 0
    sales: int = 0
    sold_fen: int = 0
    returns: int = 0
    returned_fen: int = 0
    discount_fen: int = 0
    subsidy_fen: int = 0
    adjusted_fen: int = 0
    remittances: int = 0
    remitted_fen: int = 0
    """Cash that was handed in and taken off the point's own card: told here, moved there."""
    passing_fen: int = 0
    """Debits of transfers whose credits are cleared on another day, or the other way round."""

    @property
    def net_fen(self) -> int:
        """What the point gets for the day."""
        return (
            self.withdrawn_fen
            + self.sold_fen
            - self.returned_fen
            - self.discount_fen
            + self.subsidy_fen
            + self.adjusted_fen
            + self.passing_fen
        )


class Adjustment(msgspec.Struct, frozen=True, gc=False):
    """A payment that a case asks for, by its number."""

    case: int
    rrn: str
    action: str
    movements: tuple[Movement, ...]
    acquirer: str = ""


class Clearing(msgspec.Struct, kw_only=True, gc=False):
    """The clearing of a day.

    `positions` are all accounts, `interbank` those of banks and network for what is cleared between
    them (off us), `inside` those of what stays in one bank. Both sum to zero, with everything.
    """

    day: int
    positions: dict[str, int]
    interbank: dict[str, int]
    inside: dict[str, int]
    classes: dict[str, ClassSum]
    points: dict[str, PointLine]
    count: int = 0
    late: int = 0
    returned: int = 0
    carried: int = 0
    adjustments: list[Adjustment] = []
    files: dict[str, str] = {}
    """Name -> SHA-256 of the day's files, whether they were written or not."""
    passed_over: list[str] | None = None
    """Of the day's own (DE 37) what had no outcome or waited since before; None: not kept."""
    late_of: list[str] = []
    returned_of: list[str] = []
    """What was cleared late and what was given back, in their order."""
    categories: dict[str, str] = {}
    """DE 18 of the terminals, as it was: the files have it."""

    @property
    def is_balanced(self) -> bool:
        """Whether everything sums to zero, all in all and between the banks."""
        sums = (self.positions, self.interbank, self.inside)
        return not any(sum(each.values()) for each in sums)


Sink = Callable[[Entry], None]


class Clearer:
    """Clears one day: entries go in, in whatever order, and the clearing comes out."""

    def __init__(
        self,
        day: int,
        rules: Rules,
        sink: Sink | None = None,
        waiting: frozenset[str] = frozenset(),
    ) -> None:
        """Begin with nothing; `sink` is told every entry (for files).

        `waiting` are the transactions that wait since an earlier day: a centre may have said
        another clearing day when they ended, and they are cleared once.
        """
        self.day = day
        self.marks: list[Mark] = []
        self._rules = rules
        self._sink = sink
        self._waiting = waiting
        self._passed: list[str] = []
        self._made = Clearing(
            day=day, positions={}, interbank={}, inside={}, classes={}, points={},
            passed_over=self._passed,
        )  # fmt: skip

    def take_own(self, rows: Iterable[Row]) -> None:
        """Take the rows of the days around; those of this clearing day are cleared."""
        for row in rows:
            record = row.record
            if record.clearing_day != self.day:
                continue
            if record.rrn in self._waiting:
                self._passed.append(record.rrn)
            elif row.state in PENDING:
                if self._rules.kind(row.record.kind) is not None:
                    self._passed.append(record.rrn)
                    self._mark(row, MarkState.CARRIED)
                    self._made.carried += 1
            elif row.state is State.APPROVED:
                self._enter(row, 1)
            elif row.state is State.REVERSED:
                self._mark(row, MarkState.VOID)

    def take_carried(self, rows: Iterable[Row]) -> None:
        """Take what had no outcome on its own day."""
        for row in rows:
            if row.state is State.APPROVED:
                if self._enter(row, 1):
                    self._made.late += 1
                    self._made.late_of.append(row.record.rrn)
                self._mark(row, MarkState.LATE)
            elif row.state in GONE:
                self._mark(row, MarkState.VOID)
            else:
                self._made.carried += 1

    def take_reversed(self, rows: Iterable[Row], marks: Mapping[str, Mark]) -> None:
        """Take reversed rows of earlier days: what was cleared is given back."""
        for row in rows:
            mark = marks.get(row.record.rrn)
            is_cleared = mark is None or mark.state is MarkState.LATE
            if row.state is not State.REVERSED or row.record.clearing_day >= self.day:
                continue
            if is_cleared:
                if self._enter(row, -1):
                    self._made.returned += 1
                    self._made.returned_of.append(row.record.rrn)
                self._mark(row, MarkState.RETURNED)

    def take_adjustments(self, adjustments: Iterable[Adjustment]) -> None:
        """Take what cases ask for."""
        for adjustment in adjustments:
            self._made.adjustments.append(adjustment)
            self._count_adjustment(adjustment)
            for movement in adjustment.movements:
                is_on_us = self._rules.is_on_us(movement.payer, movement.payee)
                self._move(movement, 1, self._made.inside if is_on_us else self._made.interbank)
                for account, sign in ((movement.payer, -1), (movement.payee, 1)):
                    if account.startswith(POINT):
                        fresh = PointLine(adjustment.acquirer)
                        line = self._made.points.setdefault(account[len(POINT) :], fresh)
                        line.adjusted_fen += sign * movement.fen

    def done(self) -> Clearing:
        """Return the clearing; InvariantBroken where it does not sum to zero."""
        made = self._made
        points = sum(line.net_fen for line in made.points.values())
        on_accounts = sum(fen for name, fen in made.positions.items() if name.startswith(POINT))
        if not made.is_balanced or points != on_accounts:
            raise InvariantBroken(f"the clearing of {self.day} does not sum to zero")
        return made

    def _mark(self, row: Row, state: MarkState) -> None:
        self.marks.append(Mark(row.record.rrn, self.day, state))

    def _enter(self, row: Row, sign: int) -> int:
        """Clear a row or give it back; tell whether it moves money at all."""
        kind = self._rules.kind(row.record.kind)
        if kind is None:
            return 0
        made, record = self._made, row.record
        is_on_us = self._rules.is_on_us(record.issuer, record.acquirer)
        between = made.inside if is_on_us else made.interbank
        for movement in movements(row, kind, self._rules):
            self._move(movement, sign, between)
            if not kind.is_pay_out:
                _book(self._line(row), row.key.merchant, kind, movement, sign)
        self._count(row, kind, sign, "on_us" if is_on_us else "off_us")
        made.count += 1
        terminal = row.key.terminal
        made.categories.setdefault(terminal, self._rules.categories.get(terminal, ""))
        if self._sink is not None:
            self._sink(Entry(row, kind, sign))
        return 1

    def _line(self, row: Row) -> PointLine:
        points = self._made.points
        line = points.get(row.key.merchant)
        if line is None:
            line = points[row.key.merchant] = PointLine(row.record.acquirer)
        return line

    def _count(self, row: Row, kind: KindOf, sign: int, side: str) -> None:
        record = row.record
        name = f"{record.issuer}/{record.acquirer}/{kind.id}/{side}"
        found = self._made.classes.setdefault(name, ClassSum())
        if sign > 0:
            found.count += 1
            found.amount_fen += record.amount_fen
        else:
            found.returned += 1
            found.returned_fen += record.amount_fen
        found.fee_fen += sign * record.fee_fen

    def _count_adjustment(self, adjustment: Adjustment) -> None:
        """Count what a case puts right as a class of its own, by what goes off the card."""
        for part in put_right(adjustment.movements, adjustment.acquirer):
            side = "on_us" if self._rules.is_on_us(part.issuer, part.acquirer) else "off_us"
            name = f"{part.issuer}/{part.acquirer}/{adjustment.action}/{side}"
            found = self._made.classes.setdefault(name, ClassSum())
            found.count += 1
            found.amount_fen += part.fen

    def _move(self, movement: Movement, sign: int, between: dict[str, int]) -> None:
        payer, payee, fen, _ = movement
        if payer == payee:
            return
        fen *= sign
        positions = self._made.positions
        positions[payer] = positions.get(payer, 0) - fen
        positions[payee] = positions.get(payee, 0) + fen
        if _is_bank(payer) and _is_bank(payee):
            between[payer] = between.get(payer, 0) - fen
            between[payee] = between.get(payee, 0) + fen


def _is_bank(account: str) -> bool:
    return account == NETWORK or not account.startswith((CARDHOLDERS, POINT))


def _book(line: PointLine, merchant: str, kind: KindOf, movement: Movement, sign: int) -> None:
    """Add a movement to the line of its service point, where it is one of its own."""
    account = POINT + merchant
    if account not in {movement.payer, movement.payee}:
        return
    fen = movement.fen * sign * (1 if movement.payee == account else -1)
    if movement.what == SUBSIDY:
        line.subsidy_fen += fen
    elif movement.what in {DISCOUNT, FEE}:
        line.discount_fen -= fen
    elif kind.is_transfer:
        line.passing_fen += fen
        if kind.fee == _REMITTANCE and kind.side == DEBIT:
            line.remittances += sign
            line.remitted_fen += fen
    elif movement.what == PRINCIPAL and kind.is_rural_withdrawal:
        line.withdrawn_fen += fen
        line.withdrawals += sign
    elif kind.side == DEBIT:
        line.sold_fen += fen
        line.sales += sign
    else:
        line.returned_fen -= fen
        line.returns += sign


def clear_day(
    clearer: Clearer,
    own: Iterable[Row],
    carried: Iterable[Row],
    reversed_: Iterator[list[Row]],
    marks_of: Callable[[list[str]], Mapping[str, Mark]],
) -> Clearing:
    """Clear a day from its parts; `reversed_` comes in pages, whose marks are looked up."""
    clearer.take_own(own)
    clearer.take_carried(carried)
    for page in reversed_:
        clearer.take_reversed(page, marks_of([row.record.rrn for row in page]))
    return clearer.done()
