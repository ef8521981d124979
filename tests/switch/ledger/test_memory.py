"""The ledger in memory: atomic, and as unsure of a crash as its caller."""

from __future__ import annotations

from switch.core.operations import (
    Operation,
    TakeOver,
    Totals,
)
from switch.core.outcomes import (
    Opened,
    TakenOver,
    TotalsAre,
    Unknown,
)
from switch.core.transaction import State
from switch.ledger.memory import MemoryLedger
from switch.ledger.protocol import CapShown, Where
from tests.switch.ledger.making import (
    CARD,
    DAY,
    attempt,
    closing,
    enlisting,
    opening,
    reversing,
)


def test_a_crash_keeps_the_whole_batch_or_nothing_and_never_says_which() -> None:
    for is_kept in (False, True):
        ledger = MemoryLedger()
        outcomes = ledger.crash([opening(1), opening(2, 2)], is_kept=is_kept)
        assert outcomes == [Unknown(), Unknown()]
        assert len(ledger.transactions()) == 2 * is_kept


def test_a_restart_ends_all_leases() -> None:
    ledger = MemoryLedger()
    ledger.submit([enlisting(b"a"), opening(1)])
    ledger.restart()
    (_, taken) = ledger.submit([enlisting(b"b"), TakeOver(attempt(1, 2), 2, 0, 10)])
    assert isinstance(taken, TakenOver)
    assert len(taken.rows) == 1


def test_totals_are_those_of_the_moment_within_the_batch() -> None:
    ledger = MemoryLedger()
    ledger.submit([opening(1, 1, 10)])
    batch: list[Operation] = [closing(2, 1), Totals(attempt(3)), opening(4, 2, 30)]
    assert ledger.submit(batch)[1] == TotalsAre({State.APPROVED: (1, 10)}, 0, 10, 0)
    assert ledger.totals() == TotalsAre(
        {State.FORWARDED: (1, 30), State.APPROVED: (1, 10)}, 30, 10, 0
    )


def test_the_books_show_what_was_asked_for() -> None:
    ledger = MemoryLedger()
    assert ledger.submit([opening(1, 1, 10), opening(2, 2, 10, day=DAY + 1)])[0] == Opened(0, 10)
    ledger.submit([reversing(3, 1)])
    assert [row.key.stan for row in ledger.transactions()] == ["000002", "000001"]
    assert [row.key.stan for row in ledger.transactions(1)] == ["000002"]
    reversing_now = Where(state=State.REVERSING, terminal="50010001", day=DAY, rrn="416900000001")
    assert [row.key.stan for row in ledger.transactions(where=reversing_now)] == ["000001"]
    assert ledger.transactions(where=Where(day=DAY + 1)) == []
    assert ledger.caps(CARD) == [CapShown(DAY, 10, 0), CapShown(DAY + 1, 10, 0)]
    assert ledger.caps(b"other") == []
    assert [(advice.row.key.stan, advice.due_ms) for advice in ledger.advices()] == [
        ("000001", 1_000)
    ]
    ledger.close()
