"""What must be true of batches, clearings and cases (switch/cli), on any ledger.

Each rule is counted by what breaks it, as those of the transactions are; what cannot be read breaks
the first one and is looked at no further.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import msgspec

from switch.core.batches.values import BALANCED, UNBALANCED, Batch
from switch.ledger.protocol import Books, Where
from switch.ledger.settling.protocol import Kept, SettlementStore
from switch.settlement.cases import CLOSED, OF_ISSUERS, OPEN, STEPS, Case, Note, decoded, moves
from switch.settlement.clearing import Clearing
from switch.settlement.movements import CARDHOLDERS
from switch.settlement.running import day_after, kept

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
RULES: Final = (READABLE, AGREES, ONCE, ZERO, IN_A_ROW, CARRIED, DEADLINE, STEPPED, MOVED, ADJUSTED)
_ALWAYS: Final = 99_991_231


def check_settlement(books: Books, store: SettlementStore | None) -> list[tuple[str, int]]:
    """Return each rule, and how often it is broken; without a store nothing was settled yet."""
    broken = Counter(_of_batches(books))
    if store is not None:
        clearings = _clearings(store, broken)
        cases = _cases(store, broken)
        broken.update(_of_clearings(store, books, clearings))
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
