"""Every day is cleared once, to zero: worlds of several days, and books that are tampered with."""

from __future__ import annotations

from msgspec.structs import replace

from simulators.checkers.books import settlement
from simulators.checkers.books.days import check
from simulators.terminals.debts import DAY_IS_OVER
from simulators.world.history import History
from simulators.world.setting import Setting
from simulators.world.trial import attempt
from switch.core.transaction import State
from switch.settlement.reconciling import Reconciler
from switch.settlement.rules import rules_of
from tests.simulators import recording


def _lived(seed: int) -> History:
    verdict, history = attempt(Setting(seed=seed, profile="days", days=2, minutes=1, terminals=3))
    assert not verdict.violations
    return history


def test_the_planted_bug_is_seen() -> None:
    assert recording.sees(check, "backdated")


def test_healthy_worlds_keep_the_promise() -> None:
    assert recording.is_content(check)


def test_each_day_has_its_evening_and_what_is_not_cleared_is_told() -> None:
    history = _lived(0)
    first, last = history.evenings
    assert first.open_from < last.open_from
    assert first.clearings
    assert last.clearings
    assert {batch.key for batch in first.batches} < {batch.key for batch in last.batches}
    taken = next(
        row
        for row in last.rows
        if row.state is State.APPROVED
        and row.record.kind == "rural_withdrawal"
        and row.record.clearing_day < last.open_from
    )
    last.rows.remove(taken)
    assert any("its books say" in finding for finding in check(history))


def test_a_day_that_is_cleared_twice_or_not_to_zero_is_told() -> None:
    history = _lived(0)
    last = history.evenings[-1]
    clearing = last.clearings[-1]
    last.clearings.append(clearing)
    assert any("cleared twice" in finding for finding in check(history))
    last.clearings.pop()
    account = next(iter(clearing.positions))
    clearing.positions[account] += 1
    assert any("was cleared with 1 fen" in finding for finding in check(history))
    history.evenings[0] = replace(history.evenings[0], failure="it does not sum to zero")
    assert list(check(history)) == ["it does not sum to zero"]


def test_a_batch_that_counted_otherwise_is_told() -> None:
    history = _lived(0)
    batch = next(each for each in history.evenings[0].batches if each.counted[0].debit_count)
    wrong = replace(batch.counted[0], debit_fen=batch.counted[0].debit_fen + 1)
    history.evenings[0].batches.remove(batch)
    history.evenings[0].batches.append(replace(batch, counted=(wrong, batch.counted[1])))
    assert any("did not count" in finding for finding in check(history))


def test_a_reversal_that_is_forgotten_over_night_is_one_difference() -> None:
    """The ledger has an approval, its terminal was switched off, and drops what it owed."""
    history, place = _forgetful()
    assert _times_found(history, place) == 1


def _forgetful() -> tuple[History, tuple[str, str, str]]:
    for seed in range(40):
        history = _lived(seed)
        left = [
            (entry.terminal, entry.batch, entry.stan)
            for memory in history.end.memories.values()
            for entry in memory.unresolved
            if entry.why == DAY_IS_OVER
        ]
        kept = {
            (row.key.terminal, row.key.batch, row.key.stan)
            for row in history.end.rows
            if row.state in settlement.SLIPPED
        }
        if found := [place for place in left if place in kept]:
            return history, found[0]
    raise LookupError("no terminal forgot an approval")


def _times_found(history: History, place: tuple[str, str, str]) -> int:
    times = 0
    rules = rules_of(history.configuration)
    for day in {batch.day for batch in history.end.batches or []}:
        batches = [batch for batch in history.end.batches or [] if batch.day == day]
        reconciler = Reconciler(day, rules, batches, {})
        reconciler.take(history.end.rows)
        cases = reconciler.done().cases
        times += sum((case.terminal, case.batch, case.stan) == place for case in cases)
    return times
