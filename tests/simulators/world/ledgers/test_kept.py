"""The ledger in memory outlives processes; who shares it does not know that another one died."""

from __future__ import annotations

from simulators.world.ledgers.kept import InMemory
from switch.core.operations import TakeOver
from switch.core.outcomes import Enlisted, Opened, TakenOver
from tests.switch.ledger import making


def _left_open(kept: InMemory) -> object:
    """Have a process die with an open transaction, and another one come; return what it takes."""
    kept.open()
    assert isinstance(kept.submit([making.enlisting()])[0], Enlisted)
    assert isinstance(kept.submit([making.opening(1)])[0], Opened)
    kept.die(is_power_cut=False)
    kept.open()
    kept.submit([making.enlisting(b"other")])
    return kept.submit([TakeOver(making.attempt(1, 2), 2, 1_000, 10)])[0]


def test_what_a_process_leaves_the_next_one_takes() -> None:
    kept = InMemory()
    taken = _left_open(kept)
    assert isinstance(taken, TakenOver)
    assert len(taken.rows) == 1
    assert len(kept.rows()) == 1
    assert not kept.advices()
    assert kept.totals().held_fen == 50_000


def test_where_it_is_shared_the_lease_of_the_dead_one_has_still_to_end() -> None:
    taken = _left_open(InMemory(is_shared=True))
    assert isinstance(taken, TakenOver)
    assert not taken.rows
