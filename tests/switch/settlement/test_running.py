"""Days are cleared in order from the first on; what a case asks for comes on its day."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from switch.core.transaction import State
from switch.ledger.memory import MemoryLedger
from switch.ledger.settling.protocol import AlreadyClearedError, SettlementStore
from switch.settlement import running
from switch.settlement.cases import Note, encoded, resolve
from switch.settlement.clearing import Clearing
from switch.settlement.reconciling import Reconciler
from tests.switch.settlement.village import DAY, MERCHANT, MemoryStore, put, row, rules


def _store() -> SettlementStore:
    return MemoryStore()


def _clear(ledger: MemoryLedger, store: SettlementStore, day: int) -> Clearing:
    made, clearer = running.clear(ledger, store, rules(), day)
    running.keep(store, made, clearer)
    return made


def test_no_day_is_left_out() -> None:
    ledger, store = MemoryLedger(), _store()
    assert running.days_to_clear(ledger, store, DAY) == []
    put(ledger, row(1))
    assert running.days_to_clear(ledger, store, DAY + 1) == [DAY - 1, DAY, DAY + 1]
    _clear(ledger, store, DAY)
    assert running.days_to_clear(ledger, store, DAY + 2) == [DAY + 1, DAY + 2]
    with pytest.raises(AlreadyClearedError):
        _clear(ledger, store, DAY)


@pytest.mark.parametrize(
    ("day", "days", "then"), [(20140630, 1, 20140701), (20150101, -1, 20141231)]
)
def test_days_go_over_months_and_years(day: int, days: int, then: int) -> None:
    assert running.day_after(day, days) == then


def test_a_doubt_is_cleared_when_it_ends_and_a_late_reversal_gives_back() -> None:
    ledger, store = MemoryLedger(), _store()
    put(ledger, row(1), row(2, 20_000, state=State.ADVISED, kind="refund"))
    first = _clear(ledger, store, DAY)
    assert (first.count, first.carried) == (1, 1)
    put(ledger, row(2, 20_000, kind="refund"), row(1, state=State.REVERSED))
    second = _clear(ledger, store, DAY + 1)
    assert (second.late, second.returned, second.carried) == (1, 1, 0)
    assert second.positions[f"point:{MERCHANT}"] == -70_000
    third = _clear(ledger, store, DAY + 2)
    assert (third.count, third.returned) == (0, 0)
    assert running.kept(store, DAY) == first
    assert running.kept(store, DAY + 9) is None


def test_an_adjustment_comes_on_its_day_and_on_no_other() -> None:
    ledger, store = MemoryLedger(), _store()
    put(ledger, row(1))
    _clear(ledger, store, DAY)
    reconciler = Reconciler(DAY, rules(), [], {"99910000": []})
    reconciler.take(ledger.rows(DAY, DAY))
    (case,) = reconciler.done().cases
    store.add_cases([(case.key, encoded(case))])
    note = Note(0, "Li", "credit_adjustment", "the till agrees")
    done = resolve(case, "credit_adjustment", note, DAY, store.last_day())
    (kept,) = store.cases()
    store.change_case(replace(kept, is_open=False, body=encoded(done)))
    second = _clear(ledger, store, DAY + 1)
    assert [each.rrn for each in second.adjustments] == [case.rrn]
    assert second.positions[f"point:{MERCHANT}"] == -50_000
    assert _clear(ledger, store, DAY + 2).adjustments == []
