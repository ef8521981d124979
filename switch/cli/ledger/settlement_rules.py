"""What must be true of batches, clearings and cases (switch/cli), on any ledger.

Each rule is counted by what breaks it, as those of the transactions are; what cannot be read breaks
the first one and is looked at no further.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final

import msgspec

from switch.core.batches.values import BALANCED, UNBALANCED, Batch
from switch.core.operations import Row
from switch.core.transaction import State
from switch.ledger.protocol import Books, Where
from switch.ledger.settling.protocol import Kept, Mark, MarkState, SettlementStore
from switch.settlement.cases import CLOSED, OF_ISSUERS, OPEN, STEPS, Case, Note, decoded, moves
from switch.settlement.clearing import ClassSum, Clearing
from switch.settlement.movements import CARDHOLDERS
from switch.settlement.rules import Rules
from switch.settlement.running import ONCE_APPROVED, day_after, kept, pages

READABLE: Final = "what is kept of settlement can be read"
AGREES: Final = "a batch is balanced where both its sides are the same, and has ended then"
ONCE: Final = "a batch has every detail once, in order"
ZERO: Final = "a clearing sums to zero: all in all, between the banks, and inside them"
IN_A_ROW: Final = "no day between two cleared ones is left out"
CARRIED: Final = "what is carried is there, and of a day that was cleared"
DEADLINE: Final = "a case is open, and has a deadline, until it is closed"
STEPPED: Final = "a case stands where its steps led, each from a stage that it may follow"
MOVED: Final = "a step moves what its kind of case does, and an issuer's books nobody else's money"
ADJUSTED: Final = "what a case moves is in the clearing of its day, and nothing else"
CLEARED: Final = "what was approved is in the clearing of its day or a later one, and nothing else"
RULES: Final = (
    *(READABLE, AGREES, ONCE, ZERO, IN_A_ROW, CARRIED, CLEARED),
    *(DEADLINE, STEPPED, MOVED, ADJUSTED),
)
_ALWAYS: Final = 99_991_231


def check_settlement(
    books: Books, store: SettlementStore | None, rules: Rules
) -> list[tuple[str, int]]:
    """Return each rule, and how often it is broken; without a store nothing was settled yet.

    `rules` say which kinds are cleared.
    """
    broken = Counter(_of_batches(books))
    if store is not None:
        clearings = _clearings(store, broken)
        cases = _cases(store, broken)
        broken.update(_of_clearings(store, books, clearings))
        broken[CLEARED] = _Cleared(store, clearings, rules).count(books) if clearings else 0
        broken.update(_of_cases(cases))
        broken.update(_of_adjustments(store, clearings, cases))
    return [(rule, broken[rule]) for rule in RULES]


def _of_batches(books: Books) -> Iterator[str]:
    for batch in books.batches(0, _ALWAYS):
        if not _agrees(batch):
            yield AGREES
        places = [(detail.kind, detail.stan) for detail in batch.details]
        if any(one >= other for one, other in pairwise(places)):
            yield ONCE


def _agrees(batch: Batch) -> bool:
    """Tell whether the results are those of the sums; an error in a half says nothing of them."""
    halves = zip(batch.claimed, batch.counted, batch.results, strict=True)
    return (batch.is_ended or not batch.is_balanced) and all(
        result not in {BALANCED, UNBALANCED} or (result == BALANCED) is (claimed == counted)
        for claimed, counted, result in halves
    )


def _clearings(store: SettlementStore, broken: Counter[str]) -> dict[int, Clearing]:
    found = {}
    for day in store.days():
        try:
            clearing = kept(store, day)
        except msgspec.MsgspecError:
            clearing = None
        if clearing is None or clearing.day != day:
            broken[READABLE] += 1
        else:
            found[day] = clearing
    return found


def _cases(store: SettlementStore, broken: Counter[str]) -> list[tuple[Kept, Case]]:
    found = []
    for each in store.cases():
        try:
            case = decoded(each)
        except msgspec.MsgspecError:
            broken[READABLE] += 1
            continue
        if case.key == each.key:
            found.append((each, case))
        else:
            broken[READABLE] += 1
    return found


def _of_clearings(
    store: SettlementStore, books: Books, clearings: dict[int, Clearing]
) -> Iterator[str]:
    yield from (ZERO for clearing in clearings.values() if not clearing.is_balanced)
    yield from (IN_A_ROW for one, other in pairwise(store.days()) if day_after(one) != other)
    last = store.last_day()
    for mark in store.carried():
        if mark.day > last or not books.transactions(1, Where(rrn=mark.rrn)):
            yield CARRIED


class _Cleared:
    """Compares what clearings counted with what they should have, in one pass over the books.

    A clearing keeps sums and exceptions, no list of what it took. So what is its own is counted
    once more as it was then, by issuer, acquirer and kind, which a changed bank group leaves alone.
    A kind counts where it is cleared now, or was cleared on that day: it may be gone since.
    """

    def __init__(
        self, store: SettlementStore, clearings: Mapping[int, Clearing], rules: Rules
    ) -> None:
        self._marks = store.marks
        self._last = max(clearings)
        self._rules = rules
        self._passed = {rrn for each in clearings.values() for rrn in each.passed_over or ()}
        self._late = {rrn: day for day, each in clearings.items() for rrn in each.late_of}
        # Of one that kept no exceptions, or cannot be read, nobody can say what was its own.
        told = {day: each for day, each in clearings.items() if each.passed_over is not None}
        self._untold = frozenset(store.days()) - told.keys()
        self._done = {day: _counted(each) for day, each in told.items()}
        self._kinds = {
            day: {name.rpartition("/")[2] for name in done} for day, done in self._done.items()
        }
        self._found: dict[int, dict[str, ClassSum]] = {day: {} for day in told}

    def count(self, books: Books) -> int:
        """Return how many transactions are in no clearing, or in one without being there."""
        broken = 0
        for page in pages(books.rows(books.first_day(), _ALWAYS)):
            cleared = [row for row in page if self._is_to_be_cleared(row)]
            marks = self._marks([row.record.rrn for row in cleared if self._is_exception(row)])
            broken += sum(not self._take(row, marks.get(row.record.rrn)) for row in cleared)
        return broken + sum(self._differences())

    def _is_to_be_cleared(self, row: Row) -> bool:
        record = row.record
        day = record.clearing_day
        is_known = record.kind in self._kinds.get(day, ()) or self._rules.kind(record.kind)
        return record.rrn in self._late or (
            day <= self._last and row.state in ONCE_APPROVED and bool(is_known)
        )

    def _is_exception(self, row: Row) -> bool:
        return row.state is State.REVERSED or row.record.rrn in self._passed

    def _take(self, row: Row, mark: Mark | None) -> bool:
        """Count a row where it should be; tell whether there is such a place."""
        record = row.record
        is_void = mark is not None and mark.state is MarkState.VOID and row.state is State.REVERSED
        day = self._late.get(record.rrn)
        if day is None:
            if is_void:
                return True
            if record.rrn in self._passed:
                return mark is not None and self._is_pending(mark)
            day = record.clearing_day
        if day not in self._found:
            return day in self._untold
        name = f"{record.issuer}/{record.acquirer}/{record.kind}"
        _add(self._found[day], name, 1, record.amount_fen)
        return True

    def _is_pending(self, mark: Mark) -> bool:
        """Tell whether it waits, or was cleared on a day that says nothing, or only just now."""
        is_untold = mark.day in self._untold or mark.day > self._last
        return mark.state is MarkState.CARRIED or is_untold

    def _differences(self) -> Iterator[int]:
        for day, found in self._found.items():
            done = self._done[day]
            for name in found.keys() | done.keys():
                one, other = found.get(name, ClassSum()), done.get(name, ClassSum())
                if one != other:
                    yield abs(one.count - other.count) or 1


def _counted(clearing: Clearing) -> dict[str, ClassSum]:
    """Return what a clearing took by issuer, acquirer and kind; what cases asked for is no kind."""
    actions = {each.action for each in clearing.adjustments}
    sums: dict[str, ClassSum] = {}
    for side, each in clearing.classes.items():
        name = side.rpartition("/")[0]
        if name.rpartition("/")[2] not in actions:
            _add(sums, name, each.count, each.amount_fen)
    return sums


def _add(sums: dict[str, ClassSum], name: str, count: int, fen: int) -> None:
    total = sums.setdefault(name, ClassSum())
    total.count += count
    total.amount_fen += fen


def _of_cases(cases: list[tuple[Kept, Case]]) -> Iterator[str]:
    for each, case in cases:
        is_open = case.stage != CLOSED
        if each.is_open is not is_open or bool(case.deadline) is not is_open:
            yield DEADLINE
        stage: str | None = OPEN
        for note in case.notes:
            step = STEPS.get(note.action)
            if step is not None:
                stage = step.stage if stage in step.after else None
        if stage != case.stage:
            yield STEPPED
        yield from (MOVED for note in case.notes if not _moves_right(case, note))
        if case.kind in OF_ISSUERS and not _is_own(case):
            yield MOVED


def _moves_right(case: Case, note: Note) -> bool:
    expected = moves(case, note.action) if note.action in STEPS else ()
    return note.movements == expected and all(each.fen > 0 for each in note.movements)


def _is_own(case: Case) -> bool:
    """Tell whether what a case moves stays between its issuer and that one's cardholders."""
    own = {case.issuer, CARDHOLDERS + case.issuer}
    return all({each.payer, each.payee} == own for each in case.movements)


def _of_adjustments(
    store: SettlementStore, clearings: dict[int, Clearing], cases: list[tuple[Kept, Case]]
) -> Iterator[str]:
    """Compare what cases ask for on days that were cleared with what was cleared of them."""
    asked = Counter(
        (note.clearing_day, each.number, note.action, note.movements)
        for each, case in cases
        for note in case.notes
        if note.movements and note.clearing_day <= store.last_day()
    )
    done = Counter(
        (day, each.case, each.action, each.movements)
        for day, clearing in clearings.items()
        for each in clearing.adjustments
    )
    yield from (ADJUSTED for _ in ((asked - done) + (done - asked)).elements())
