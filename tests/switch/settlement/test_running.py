"""Days are cleared in order from the first on; what a case asks for comes on its day."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from switch.core.operations import Row
from switch.core.transaction import State
from switch.ledger.memory import MemoryLedger
from switch.ledger.settling.protocol import AlreadyClearedError, SettlementStore
from switch.settlement import running
from switch.settlement.cases import Note, On, encoded, resolve
from switch.settlement.clearing import Clearing, Entry
from switch.settlement.files import record
from switch.settlement.reconciling import Reconciler
from tests.switch.ledger import making
from tests.switch.settlement.village import (
    DAY,
    FIRST,
    MERCHANT,
    SECOND,
    MemoryStore,
    put,
    row,
    rules,
)


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


def test_the_entries_of_a_day_are_what_they_were_whatever_became_of_them() -> None:
    ledger, store = MemoryLedger(), _store()
    told: dict[int, list[Entry]] = {}
    kept: dict[int, Clearing] = {}

    def clear(day: int, *rows: Row) -> None:
        put(ledger, *rows)
        told[day] = []
        made, clearer = running.clear(ledger, store, rules(), day, told[day].append)
        running.keep(store, made, clearer)
        kept[day] = made

    doubt = row(2, 20_000, state=State.IN_DOUBT)
    void, expired = row(3, state=State.REVERSED), row(6, state=State.ADVISED, kind="refund")
    clear(DAY, row(1), doubt, void, row(4), row(5), expired)
    late, back = row(6, kind="refund"), row(4, state=State.REVERSED)
    clear(DAY + 1, row(2, 20_000, state=State.REVERSED), late, back, row(7, clearing_day=DAY + 1))
    # The late one is given back too, and one is about to be.
    clear(DAY + 2, row(6, kind="refund", state=State.REVERSED), row(5, state=State.REVERSING))
    put(ledger, row(1, state=State.REVERSED))
    for day, entries in told.items():
        made = running.kept(store, day)
        assert made is not None
        again = list(running.entries(ledger, store, rules(), made))
        assert [(e.row.key, e.sign) for e in again] == [(e.row.key, e.sign) for e in entries]
        assert [record(e, "8011") for e in again] == [record(e, "8011") for e in entries]
    counts = [(len(told[day]), kept[day].late, kept[day].returned) for day in sorted(told)]
    assert counts == [(3, 0, 0), (3, 1, 1), (1, 0, 1)]


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


def test_a_credit_on_its_way_over_the_cut_over_is_cleared_once_it_is_done() -> None:
    """Its debit is cleared, and the point keeps the money that passes until the credit is."""
    ledger, store = MemoryLedger(), _store()
    parent, debit = row(1, 9_000, "transfer", State.MOVING), row(2, 9_000, "transfer_debit")
    credit = row(3, 9_000, "transfer_credit", State.CREDITING, issuer=SECOND)
    put(ledger, parent, debit, credit)
    first = _clear(ledger, store, DAY)
    assert (first.count, first.carried, first.points[MERCHANT].passing_fen) == (1, 1, 9_000)
    put(ledger, replace(parent, state=State.APPROVED), replace(credit, state=State.APPROVED))
    second = _clear(ledger, store, DAY + 1)
    assert (second.late, second.carried, second.points[MERCHANT].passing_fen) == (1, 0, -9_000)
    assert first.positions[f"cardholders:{FIRST}"] == -9_000
    assert second.positions[f"cardholders:{SECOND}"] == 9_000
    third = _clear(ledger, store, DAY + 2)
    assert (third.count, third.carried, third.returned) == (0, 0, 0)


def test_a_transfer_taken_back_after_the_cut_over_gives_back_what_was_cleared_alone() -> None:
    ledger, store = MemoryLedger(), _store()
    parent, debit = row(1, 9_000, "transfer", State.MOVING), row(2, 9_000, "transfer_debit")
    credit = row(3, 9_000, "transfer_credit", State.CREDITING, issuer=SECOND)
    put(ledger, parent, debit, credit)
    _clear(ledger, store, DAY)
    for each in (parent, debit, credit):
        put(ledger, replace(each, state=State.REVERSED, plan=making.plan()))
    second = _clear(ledger, store, DAY + 1)
    assert (second.returned, second.late) == (1, 0)
    assert second.points[MERCHANT].passing_fen == -9_000
    assert second.positions[f"cardholders:{FIRST}"] == 9_000
    assert f"cardholders:{SECOND}" not in second.positions
    assert _clear(ledger, store, DAY + 2).count == 0


def test_an_adjustment_comes_on_its_day_and_on_no_other() -> None:
    ledger, store = MemoryLedger(), _store()
    put(ledger, row(1))
    _clear(ledger, store, DAY)
    reconciler = Reconciler(DAY, rules(), [], {"99910000": []})
    reconciler.take(ledger.rows(DAY, DAY))
    (case,) = reconciler.done().cases
    store.add_cases([(case.key, encoded(case))])
    done = resolve(case, "correct", Note(0, "Li", "", "booked late"), On(DAY, store.last_day()))
    (kept,) = store.cases()
    store.change_case(replace(kept, is_open=False, body=encoded(done)))
    second = _clear(ledger, store, DAY + 1)
    assert [each.rrn for each in second.adjustments] == [case.rrn]
    # What an issuer's books lack is between it and its cardholder: the banks are quits.
    assert second.positions == {f"cardholders:{FIRST}": -50_000, FIRST: 50_000}
    assert (second.interbank, second.points) == ({}, {})
    assert _clear(ledger, store, DAY + 2).adjustments == []
