"""Every day of a world settles: batches, a clearing that sums to zero, differences found once."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from simulators.checkers.books.settlement import check
from simulators.world import plants
from simulators.world.plant import Plant
from simulators.world.setting import Setting
from simulators.world.world import World
from switch.core.batches.values import SettleBatch
from switch.core.operations import Operation
from switch.core.transaction import State
from tests.simulators import recording


class _LegsCounted(Plant):
    """The ledger counts a transfer's debit, which is in no terminal's batch, and not it."""

    promise = "settlement"

    def operation(self, operation: Operation) -> Operation | None:
        if isinstance(operation, SettleBatch):
            counting = operation.counting
            debits = tuple(kind.replace("transfer", "transfer_debit") for kind in counting.debits)
            return replace(operation, counting=replace(counting, debits=debits))
        return operation


def test_the_planted_bug_is_seen() -> None:
    assert recording.sees(check, "miscounted-batch")


def test_healthy_worlds_keep_the_promise() -> None:
    assert recording.is_content(check)


def test_a_world_that_was_not_asked_to_settle_says_nothing() -> None:
    history = World(Setting(seed=1, minutes=1, settles=False)).run()
    assert history.end.batches is None
    assert not list(check(history))


def test_what_the_books_lack_or_have_twice_is_told() -> None:
    """A slip that is lost, an amount on an account, a batch of which nothing is counted."""
    history = next(
        history
        for seed in range(1, 30)
        if (history := World(Setting(seed=seed, minutes=2, remittances=False)).run()).end.batches
        and any(batch.is_balanced and batch.counted[0].debit_count for batch in history.end.batches)
    )
    assert not list(check(history))
    end = history.end
    batches = end.batches or []
    (batch, *_) = [each for each in batches if each.is_balanced and each.counted[0].debit_count]
    memory = end.memories[batch.terminal]
    lost = [slip for slip in memory.slips if slip.kind == "withdrawal"][-1]
    memory.slips.remove(lost)
    told = list(check(history))
    assert any("is balanced, and differs" in finding for finding in told)
    assert any("their slips come to" in finding for finding in told)
    memory.slips.append(lost)
    debits = [debit for side in end.issuers for debit in side.accounts.debits.values()]
    debit = next(debit for debit in debits if not debit.is_returned)
    debit.effect_fen -= 1
    assert any("are cleared" in finding for finding in check(history))
    debit.effect_fen += 1
    history.end = replace(end, batches=[each for each in batches if each is not batch])
    assert any("never settled" in finding for finding in check(history))


def test_transfers_that_do_not_count_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(plants.PLANTS, "legs-counted", _LegsCounted)
    history = World(Setting(seed=1, transfers=True, plant="legs-counted")).run()
    assert any("counts Sums" in str(finding) for finding in check(history))


def test_a_leg_that_is_not_cleared_is_told() -> None:
    history = World(Setting(seed=1, transfers=True)).run()
    assert not list(check(history))
    rows = history.end.rows
    for kind in ("transfer_debit", "transfer_credit"):
        leg = next(r for r in rows if r.record.kind == kind and r.state is State.APPROVED)
        history.end = replace(history.end, rows=[each for each in rows if each is not leg])
        told = [str(finding) for finding in check(history)]
        assert any("are cleared" in finding for finding in told)
        assert any("of transfers, of which 0 wait" in finding for finding in told)
