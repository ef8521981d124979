"""Every day of a world settles: batches, a clearing that sums to zero, differences found once."""

from __future__ import annotations

from msgspec.structs import replace

from simulators.checkers.books.settlement import check
from simulators.world.setting import Setting
from simulators.world.world import World
from tests.simulators import recording


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
        if (history := World(Setting(seed=seed, minutes=2)).run()).end.batches
        and any(batch.is_balanced and batch.counted[0].debit_count for batch in history.end.batches)
    )
    assert not list(check(history))
    end = history.end
    batches = end.batches or []
    (batch, *_) = [each for each in batches if each.is_balanced and each.counted[0].debit_count]
    memory = end.memories[batch.terminal]
    lost = memory.slips.pop()
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
