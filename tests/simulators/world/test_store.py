"""The ledger's side of a world: batches in flight, outcomes that get lost, deaths in between."""

from __future__ import annotations

import pytest

from simulators.world.agenda import Agenda
from simulators.world.ledgers.kept import InMemory
from simulators.world.lines import Road
from simulators.world.plant import Plant
from simulators.world.store import Store
from simulators.world.weather.faults import Faults, stream
from switch.core.effects import Submit
from switch.core.outcomes import Opened, Outcome, Unknown
from tests.simulators import recording
from tests.simulators.acting import INTERBANK, POS
from tests.switch.ledger import making

_SECOND = 1_000_000_000


class _Owner:
    """A store and what its process is told."""

    def __init__(self, faults: Faults | None = None, seed: int = 0) -> None:
        self.agenda = Agenda(0)
        self.history = recording.blank()
        self.kept = InMemory()
        road = Road(self.agenda, faults or Faults(), stream(seed, "network"))
        self.store = Store("a", road, stream(seed, "ledger"), self.history, self.kept)
        self.store.plant = Plant(POS, INTERBANK)
        self.told: dict[int, Outcome] = {}
        self.broken: list[Exception] = []
        self.store.open(self.told.__setitem__, self._break)

    def _break(self, error: Exception) -> None:
        self.broken.append(error)
        self.store.die()

    def run(self, seconds: float) -> None:
        self.agenda.run_until(self.agenda.now_ns + int(seconds * _SECOND))

    @property
    def rows(self) -> int:
        return len(self.kept.rows())


def test_what_is_submitted_together_is_one_batch_and_answered_in_order() -> None:
    owner = _Owner()
    for number in (1, 2, 3):
        owner.store.submit(Submit(number, making.opening(number, number, 10_000)))
    assert not owner.store.is_idle
    owner.run(1)
    assert list(owner.told) == [1, 2, 3]
    assert owner.told[3] == Opened(0, 30_000)
    assert owner.store.is_idle


def test_an_unknown_outcome_was_kept_or_lost_or_is_kept_later() -> None:
    early, late = set(), set()
    for seed in range(30):
        owner = _Owner(Faults(ledger_unknown=1.0), seed)
        owner.store.submit(Submit(1, making.opening(1)))
        owner.run(0.02)
        assert owner.told == {1: Unknown()}
        early.add(owner.rows)
        owner.run(20)
        late.add((early, owner.rows)[1])
        assert owner.store.is_idle
    assert early == late == {0, 1}


def test_a_process_that_dies_hears_nothing_and_its_batch_may_be_kept_or_not() -> None:
    kept = set()
    for seed in range(20):
        owner = _Owner(seed=seed)
        owner.store.submit(Submit(1, making.opening(1)))
        owner.run(0.0001)
        owner.store.die()
        owner.run(5)
        assert not owner.told
        kept.add(owner.rows)
    assert kept == {0, 1}


def test_what_was_not_in_a_batch_yet_is_gone_with_the_process() -> None:
    owner = _Owner()
    owner.store.submit(Submit(1, making.opening(1)))
    owner.store.die()
    owner.run(5)
    assert not owner.rows


def test_what_was_acknowledged_stays() -> None:
    owner = _Owner()
    owner.store.submit(Submit(1, making.opening(1)))
    owner.run(1)
    owner.store.die()
    assert owner.rows == 1


def test_a_batch_that_breaks_an_invariant_stops_its_process() -> None:
    owner = _Owner()
    owner.store.submit(Submit(1, making.opening(1, amount_fen=-1)))
    owner.run(1)
    assert [str(error) for error in owner.broken] == ["an amount is negative"]
    assert not owner.told


@pytest.mark.parametrize("slow", [0.0, 1.0])
def test_a_slow_ledger_takes_its_time(slow: float) -> None:
    owner = _Owner(Faults(ledger_slow=slow, ledger_slow_ms=60_000), seed=1)
    owner.store.submit(Submit(1, making.opening(1)))
    owner.run(0.1)
    assert bool(owner.told) is not bool(slow)
    owner.run(60)
    assert owner.told
